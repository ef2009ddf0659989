from sso.services.clients import ensure_client, renew_secret, save_system
from sso.services.sessions import end_session, revoke_everything
from sso.services.tokens import mail_token

__all__ = ["end_session", "ensure_client", "mail_token", "renew_secret", "revoke_everything", "save_system"]
