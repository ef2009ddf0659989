from sso.services.clients import ensure_client, renew_secret, save_system
from sso.services.revocation import Reason, revoke
from sso.services.sessions import SID, end_session, is_in_force, opens_all
from sso.services.tokens import mail_token

__all__ = [
    "SID",
    "Reason",
    "end_session",
    "ensure_client",
    "is_in_force",
    "mail_token",
    "opens_all",
    "renew_secret",
    "revoke",
    "save_system",
]
