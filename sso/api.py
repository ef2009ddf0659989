"""All that others may import from identity."""

from sso.models import Application, Delegation, Post, Role, Unit, User
from sso.permissions import acting_for, is_clerk, is_leader, is_system_admin, is_unit_admin, require
from sso.prepared import prepared
from sso.services import ensure_client, mail_token, revoke_everything
from sso.text import canon_tone, collation_key, fold, name_key, nfc

__all__ = [
    "Application",
    "Delegation",
    "Post",
    "Role",
    "Unit",
    "User",
    "acting_for",
    "canon_tone",
    "collation_key",
    "ensure_client",
    "fold",
    "is_clerk",
    "is_leader",
    "is_system_admin",
    "is_unit_admin",
    "mail_token",
    "name_key",
    "nfc",
    "prepared",
    "require",
    "revoke_everything",
]
