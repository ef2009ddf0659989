from sso.models.people import Delegation, Post, Role, Unit, User
from sso.models.tokens import AccessToken, Application, Consent, DeviceGrant, Grant, IDToken, RefreshToken

__all__ = [
    "AccessToken",
    "Application",
    "Consent",
    "Delegation",
    "DeviceGrant",
    "Grant",
    "IDToken",
    "Post",
    "RefreshToken",
    "Role",
    "Unit",
    "User",
]
