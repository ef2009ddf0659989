"""The token endpoint's three exchanges (RFC 6749 §4.1.3, §4.4, §6; RFC 7636; OpenID Connect Core §3.1.3).

Codes and tokens are kept as hashes; each descends from one sign-in (``sid``) and one code (its family). The toolkit's
own endpoint would ask for three times as many rows and take three times as long, and knows neither.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from oauth2_provider.models import set_token_value
from oauth2_provider.settings import oauth2_settings

from sso.models import AccessToken, Application, Grant, RefreshToken
from sso.oauth.scopes import scopes_for
from sso.oauth.signing import issuer, sign
from sso.prepared import PreparedInsert, PreparedLookup, Row
from sso.services.sessions import revoke_family

RETRY = timedelta(seconds=10)  # a client whose answer got lost may refresh with the same token again
STRENGTH = {name: name for name in ("sid", "auth_time", "acr", "amr")}
PERSON = {"user": "user_id", "subject": "user__subject", "is_active": "user__is_active"}
CODES = PreparedLookup(
    lambda code: Grant.objects.filter(code=code),
    pk="pk",
    client="application_id",
    scope="scope",
    expires="expires",
    redirect_uri="redirect_uri",
    code_challenge="code_challenge",
    nonce="nonce",
    used_at="used_at",
    family="token_family",
    **PERSON,
    **STRENGTH,
)
REFRESH_TOKENS = PreparedLookup(
    lambda checksum: RefreshToken.objects.filter(token_checksum=checksum),
    pk="pk",
    client="application_id",
    access="access_token_id",
    scope="access_token__scope",
    created="created",
    revoked="revoked",
    end="absolute_expiry",
    family="token_family",
    **PERSON,
    **STRENGTH,
)
insert_access, insert_refresh = PreparedInsert(AccessToken), PreparedInsert(RefreshToken)


class Failed(Exception):
    """The error of RFC 6749 §5.2 that the client is told."""

    def __init__(self, error: str, description: str = ""):
        super().__init__(error)
        self.error, self.description = error, description


class UsedTwice(Exception):
    """Somebody else redeemed the code or token between our look and our write."""


@dataclass(frozen=True)
class Source:
    """What tokens are issued from: the row of a code or refresh token, and what shall follow from it."""

    row: Row
    scopes: list[str]
    family: UUID
    end: Any
    nonce: str = ""


def hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def exchange(client: Row, form: dict[str, str]) -> dict[str, Any]:
    """Return the answer of the token endpoint to ``client``. Raises Failed."""
    kind = form.get("grant_type")
    if not kind:
        raise Failed("invalid_request", "grant_type is missing")
    if kind not in GRANTS:
        raise Failed("unsupported_grant_type")
    allowed, give = GRANTS[kind]
    if client.grant_type != allowed:
        raise Failed("unauthorized_client")
    return give(client, form)


def for_program(client: Row, form: dict[str, str]) -> dict[str, Any]:
    """A token of nobody's session (RFC 6749 §4.4)."""
    if client.client_type != Application.CLIENT_CONFIDENTIAL:
        raise Failed("unauthorized_client")
    asked = form.get("scope", "").split()
    scopes = scopes_for(client, " ".join(asked or client.allowed_scopes[:1]))
    if not set(asked) <= set(scopes):
        raise Failed("invalid_scope")
    return issue(client, scopes, timezone.now())[1]


def for_code(client: Row, form: dict[str, str]) -> dict[str, Any]:
    for name in ("code", "redirect_uri", "code_verifier"):
        if not form.get(name):
            raise Failed("invalid_request", f"{name} is missing")
    now = timezone.now()
    code = CODES.first(hashed(form["code"]))
    if code is None or code.client != client.pk:
        raise Failed("invalid_grant")
    if code.used_at:
        revoke_family(code.family)
        raise Failed("invalid_grant", "the code was used before")
    fits = form["redirect_uri"] == code.redirect_uri and proves(form["code_verifier"], code.code_challenge)
    if now >= code.expires or not code.is_active or not fits:
        raise Failed("invalid_grant")
    family = uuid4()
    end = (code.auth_time or now) + settings.SESSION_TOKENS_AGE
    source = Source(code, code.scope.split(), family, end, code.nonce)
    try:
        with transaction.atomic():
            if not Grant.objects.filter(pk=code.pk, used_at=None).update(used_at=now, token_family=family):
                raise UsedTwice
            return issue_for_person(client, source, now)
    except UsedTwice:
        revoke_family(Grant.objects.filter(pk=code.pk).values_list("token_family", flat=True).first())
        raise Failed("invalid_grant", "the code was used before") from None


def for_refresh_token(client: Row, form: dict[str, str]) -> dict[str, Any]:
    if not form.get("refresh_token"):
        raise Failed("invalid_request", "refresh_token is missing")
    now = timezone.now()
    token = REFRESH_TOKENS.first(hashed(form["refresh_token"]))
    if token is None or token.client != client.pk or token.access is None:
        raise Failed("invalid_grant")
    if token.revoked and (now - token.revoked > RETRY or not is_alive(token.family)):
        revoke_family(token.family)
        raise Failed("invalid_grant", "the token was used before")
    idle = timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
    if now >= token.created + idle or now >= token.end or not token.is_active:
        raise Failed("invalid_grant")
    granted = scopes_for(client, token.scope)  # what was granted and is still allowed
    scopes = form.get("scope", "").split() or granted
    if not scopes or not set(scopes) <= set(granted):
        raise Failed("invalid_scope")
    try:
        with transaction.atomic():
            rotate(token.pk, now)
            return issue_for_person(client, Source(token, scopes, token.family, token.end), now)
    except UsedTwice:
        raise Failed("invalid_grant") from None


GRANTS = {
    "authorization_code": (Application.GRANT_AUTHORIZATION_CODE, for_code),
    "refresh_token": (Application.GRANT_AUTHORIZATION_CODE, for_refresh_token),
    "client_credentials": (Application.GRANT_CLIENT_CREDENTIALS, for_program),
}


def proves(verifier: str, challenge: str) -> bool:
    """Say whether ``verifier`` is what ``challenge`` was made of by S256 (RFC 7636 §4.6)."""
    made = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return bool(challenge) and constant_time_compare(made, challenge)


def is_alive(family: UUID) -> bool:
    return RefreshToken.objects.filter(token_family=family, revoked=None).exists()


def rotate(pk: int, now) -> None:
    """Mark the refresh token as followed by another. Raises UsedTwice when it is gone."""
    mine = RefreshToken.objects.filter(pk=pk)
    if not mine.filter(revoked=None).update(revoked=now) and not mine.select_for_update().exists():
        raise UsedTwice


def issue(client: Row, scopes: list[str], now, **fields: Any) -> tuple[AccessToken, dict[str, Any]]:
    """Store an access token; return its row and the client's answer."""
    raw, age = secrets.token_urlsafe(32), oauth2_settings.ACCESS_TOKEN_EXPIRE_SECONDS
    scope = " ".join(scopes)
    row = AccessToken(application_id=client.pk, scope=scope, expires=now + timedelta(seconds=age), **fields)
    set_token_value(row, raw)
    insert_access(row)
    return row, {"access_token": raw, "token_type": "Bearer", "expires_in": age, "scope": scope}


def issue_for_person(client: Row, source: Source, now) -> dict[str, Any]:
    """Store an access and a refresh token of one family; return the client's answer, with an ID token."""
    person = {"user_id": source.row.user, "token_family": source.family}
    access, answer = issue(client, source.scopes, now, sid=source.row.sid, **person)
    raw = secrets.token_urlsafe(32)
    refresh = RefreshToken(
        application_id=client.pk,
        access_token_id=access.pk,
        absolute_expiry=source.end,
        **person,
        **{name: getattr(source.row, name) for name in STRENGTH},
    )
    set_token_value(refresh, raw)
    insert_refresh(refresh)
    answer["refresh_token"] = raw
    if "openid" in source.scopes:
        answer["id_token"] = sign(id_claims(client, source, answer["access_token"], now))
    return answer


def id_claims(client: Row, source: Source, access_token: str, now) -> dict[str, Any]:
    """The claims of the ID token (OpenID Connect Core §2, §3.1.3.6); a refreshed one has no nonce (§12.2)."""
    row, at = source.row, int(now.timestamp())
    half = sha256(access_token.encode()).digest()[:16]
    claims = {
        "iss": issuer(),
        "sub": str(row.subject),
        "aud": client.client_id,
        "iat": at,
        "exp": at + oauth2_settings.ID_TOKEN_EXPIRE_SECONDS,
        "auth_time": int((row.auth_time or now).timestamp()),
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        "jti": str(uuid4()),
        "sid": row.sid,
        "acr": row.acr,
        "amr": row.amr,
    }
    return claims | ({"nonce": source.nonce} if source.nonce else {})


def revoke(client: Row, token: str) -> None:
    """Revoke a token of ``client`` with all that descends from the same code (RFC 7009)."""
    for model in (RefreshToken, AccessToken):
        mine = model.objects.filter(application=client.pk, token_checksum=hashed(token))
        for family in list(mine.values_list("token_family", flat=True)):
            if family:
                RefreshToken.objects.filter(token_family=family).delete()
                AccessToken.objects.filter(token_family=family).delete()
        mine.delete()
