"""Which registered system is calling: by HTTP Basic, by fields of the form (RFC 6749 §2.3.1) or by a signature."""

import base64
from urllib.parse import unquote_plus

from django.utils import timezone

from sso.hashers import LongSecretHasher
from sso.models import Application
from sso.oauth.assertions import KIND, is_proven, name_in
from sso.oauth.issuing import Failed
from sso.prepared import PreparedLookup, Row
from sso.services.audit import Action, Cause, record

COLUMNS = {
    "pk": "pk",
    "client_id": "client_id",
    "name": "name",
    "client_secret": "client_secret",
    "client_type": "client_type",
    "grant_type": "authorization_grant_type",
    "allowed_scopes": "allowed_scopes",
    "serves_scopes": "serves_scopes",
    "subject_group": "subject_group",
    "algorithm": "algorithm",
    "token_audience": "token_audience",
    "id_token_tells": "id_token_tells",
    "public_keys": "public_keys",
    "rule": "rule",
    "secret_ends_at": "secret_ends_at",
    "former_secret": "former_secret",
    "former_secret_ends_at": "former_secret_ends_at",
}
ENABLED = PreparedLookup(
    lambda client_id: Application.objects.filter(client_id=client_id, is_enabled=True), **COLUMNS
)
# The same as the last columns of what was issued to it, so that both are found by one question.
OF_ITS_CLIENT = {f"its_{name}": f"application__{path}" for name, path in COLUMNS.items()}


def its_client(row: Row | None) -> Row | None:
    """Return the client of a row that has the columns of OF_ITS_CLIENT."""
    return row and ENABLED.row(*row[-len(COLUMNS) :])


def client_of(
    request, form: dict[str, str], *, or_public: bool = False, expected: Row | None = None
) -> Row | None:
    """Return the confidential client that has proved its secret, else None. Raises Failed for two proofs at once.

    With ``or_public`` a public client is taken at its word: it proves itself by PKCE or the refresh token.
    ``expected`` is the one to which what it presents was issued: it need not be looked for again.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    is_basic = header[:6].lower() == "basic "
    if is_basic + ("client_secret" in form) + ("client_assertion" in form) > 1:  # RFC 6749 §2.3
        raise Failed("invalid_request", "the client proves itself in more than one way")
    assertion = form.get("client_assertion", "") if form.get("client_assertion_type") == KIND else ""
    if assertion:
        client_id, secret = name_in(assertion), ""
        if form.get("client_id", client_id) != client_id:
            return None
    elif is_basic:
        client_id, secret = basic(header[6:])
        if form.get("client_id", client_id) != client_id:
            return None
    else:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if not client_id or not client_id.isprintable():
        return None
    client = expected if expected and expected.client_id == client_id else ENABLED.first(client_id)
    if client is None:
        return None
    if client.public_keys or assertion:
        if assertion and is_proven(assertion, client_id, client.public_keys):
            return client
    elif client.client_type == Application.CLIENT_PUBLIC:
        return client if or_public and not secret else None
    elif secret and proves_itself(client, secret):
        return client
    record(Action.REFUSED, client=client, request=request, cause=Cause.WRONG_SECRET)
    return None


def proves_itself(client: Row, secret: str) -> bool:
    """Say whether ``secret`` is the client's, or the one before it while both are valid."""
    if is_secret(secret, client.client_secret):
        return client.secret_ends_at is None or timezone.now() < client.secret_ends_at
    end = client.former_secret_ends_at
    return end is not None and timezone.now() < end and is_secret(secret, client.former_secret)


def basic(credentials: str) -> tuple[str, str]:
    try:
        client_id, _colon, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:  # not ASCII, not base64, or not UTF-8
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)


def is_secret(secret: str, stored: str) -> bool:
    """Say whether ``secret`` is the one kept as ``stored``, which is always hashed."""
    hasher = LongSecretHasher()
    return stored.startswith(f"{hasher.algorithm}$") and hasher.verify(secret, stored)
