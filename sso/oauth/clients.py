"""Which registered system is calling: by HTTP Basic or by fields of the form (RFC 6749 §2.3.1)."""

import base64
import binascii
from urllib.parse import unquote_plus

from sso.hashers import LongSecretHasher
from sso.models import Application


def client_of(request, form: dict[str, str]) -> Application | None:
    """Return the confidential client that has proved its secret, else None."""
    header = request.headers.get("Authorization", "")
    if header[:6].lower() == "basic ":
        client_id, secret = basic(header[6:])
    else:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if not client_id or not secret or not client_id.isprintable():
        return None
    rows = Application.objects.only("client_id", "client_secret", "client_type", "serves_scopes")
    client = rows.filter(client_id=client_id, is_enabled=True).order_by().first()
    if client is None or client.client_type != Application.CLIENT_CONFIDENTIAL:
        return None
    return client if is_secret(secret, client.client_secret) else None


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
