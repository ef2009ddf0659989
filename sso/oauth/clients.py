"""Which registered system is calling: by HTTP Basic or by fields of the form (RFC 6749 §2.3.1)."""

import base64
import binascii
from urllib.parse import unquote_plus

from sso.hashers import LongSecretHasher
from sso.models import Application
from sso.prepared import PreparedLookup, Row

ENABLED = PreparedLookup(
    lambda client_id: Application.objects.filter(client_id=client_id, is_enabled=True),
    pk="pk",
    client_id="client_id",
    client_secret="client_secret",  # noqa: S106 (a column's name)
    client_type="client_type",
    grant_type="authorization_grant_type",
    allowed_scopes="allowed_scopes",
    serves_scopes="serves_scopes",
)


def client_of(request, form: dict[str, str], *, or_public: bool = False) -> Row | None:
    """Return the confidential client that has proved its secret, else None.

    With ``or_public`` a public client is taken at its word: it proves itself by PKCE or the refresh token.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if header[:6].lower() == "basic ":
        client_id, secret = basic(header[6:])
    else:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if not client_id or not client_id.isprintable():
        return None
    client = ENABLED.first(client_id)
    if client is None:
        return None
    if client.client_type == Application.CLIENT_PUBLIC:
        return client if or_public and not secret else None
    return client if secret and is_secret(secret, client.client_secret) else None


def basic(credentials: str) -> tuple[str, str]:
    try:
        client_id, _colon, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)


def is_secret(secret: str, stored: str) -> bool:
    """Say whether ``secret`` is the one kept as ``stored``, which is always hashed."""
    hasher = LongSecretHasher()
    return stored.startswith(f"{hasher.algorithm}$") and hasher.verify(secret, stored)
