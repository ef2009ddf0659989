"""All that others may import from identity."""

from sso.directory.connection import is_bare
from sso.forms.days import DayField
from sso.models import Application, Delegation, Post, Role, Unit, User
from sso.names import look_up
from sso.permissions import (
    acting_for,
    is_clerk,
    is_leader,
    is_system_admin,
    is_unit_admin,
    looks_after,
    require,
)
from sso.prepared import prepared
from sso.services import SID, Reason, ensure_client, is_in_force, mail_token, opens_all, revoke
from sso.services.rules import may_enter
from sso.signals import (
    access_ended,
    accounts_held,
    accounts_watched,
    delegation_changed,
    directory_watched,
    emergency_account_used,
    factors_changed,
    password_reset,
    signed_in_from_new_device,
)
from sso.text import canon_tone, collation_key, fold, name_key, nfc
from sso.watch import watch

__all__ = [
    "SID",
    "Application",
    "DayField",
    "Delegation",
    "Post",
    "Reason",
    "Role",
    "Unit",
    "User",
    "access_ended",
    "accounts_held",
    "accounts_watched",
    "acting_for",
    "canon_tone",
    "collation_key",
    "delegation_changed",
    "directory_watched",
    "emergency_account_used",
    "ensure_client",
    "factors_changed",
    "fold",
    "is_bare",
    "is_clerk",
    "is_in_force",
    "is_leader",
    "is_system_admin",
    "is_unit_admin",
    "look_up",
    "looks_after",
    "mail_token",
    "may_enter",
    "name_key",
    "nfc",
    "opens_all",
    "password_reset",
    "prepared",
    "require",
    "revoke",
    "signed_in_from_new_device",
    "watch",
]
