from sso.models.accounts import Guest, PasswordReset
from sso.models.audit import AuditEntry, AuditSeal
from sso.models.delegations import Delegation
from sso.models.devices import Revocation, Session, SystemUse
from sso.models.directory import DirectoryEntry, DirectoryFollowed
from sso.models.factors import FactorReset, Invitation, SignInMemory, Spent, TrustedBrowser
from sso.models.history import UnitPast
from sso.models.keys import PushedRequest, SigningKey
from sso.models.people import Post, Role, Unit, User
from sso.models.provisioning import ProvisionedAccount, ProvisionedGroup, ProvisioningTarget
from sso.models.systems import LogoutNotice, SystemRequest
from sso.models.tokens import AccessToken, Application, Consent, DeviceGrant, Grant, IDToken, RefreshToken

__all__ = [
    "AccessToken",
    "Application",
    "AuditEntry",
    "AuditSeal",
    "Consent",
    "Delegation",
    "DeviceGrant",
    "DirectoryEntry",
    "DirectoryFollowed",
    "FactorReset",
    "Grant",
    "Guest",
    "IDToken",
    "Invitation",
    "LogoutNotice",
    "PasswordReset",
    "Post",
    "ProvisionedAccount",
    "ProvisionedGroup",
    "ProvisioningTarget",
    "PushedRequest",
    "RefreshToken",
    "Revocation",
    "Role",
    "Session",
    "SignInMemory",
    "SigningKey",
    "Spent",
    "SystemRequest",
    "SystemUse",
    "TrustedBrowser",
    "Unit",
    "UnitPast",
    "User",
]
