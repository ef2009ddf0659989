"""Tokens that the suite issues itself."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.crypto import get_random_string
from oauth2_provider.models import set_token_value

from sso.models import AccessToken, Application, User

MAIL_CLIENT = "intranet-mail"
MAIL_TOKEN_AGE = timedelta(minutes=5)


def mail_token(user: User) -> str:
    """Return a fresh token of scope "mail" that opens the mailbox of ``user`` for five minutes.

    Only its hash is kept. Raises PermissionDenied for a disabled person.
    """
    if not user.is_active:
        raise PermissionDenied
    raw = get_random_string(43)
    expires = timezone.now() + MAIL_TOKEN_AGE
    token = AccessToken(user=user, application=mail_client(), scope="mail", expires=expires)
    set_token_value(token, raw)
    token.save(force_insert=True)
    return raw


def mail_client() -> Application:
    """The suite's own row, made when it is first needed; it has no sign-in and no tile."""
    fields = {
        "name": "Intranet mail",
        "client_type": Application.CLIENT_CONFIDENTIAL,
        "authorization_grant_type": Application.GRANT_CLIENT_CREDENTIALS,
        "allowed_scopes": ["mail"],
    }
    return Application.objects.get_or_create(client_id=MAIL_CLIENT, defaults=fields)[0]
