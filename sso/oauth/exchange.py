"""The token endpoint's exchanges (RFC 6749 §4.1.3, §4.4, §6; RFC 7636; OpenID Connect Core §3.1.3).

The toolkit's own endpoint would ask for three times as many rows and take three times as long, and knows neither
sessions nor families of tokens.
"""

import base64
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from oauth2_provider.settings import oauth2_settings

from sso.models import AccessToken, Application, Grant, RefreshToken
from sso.models.credentials import hashed
from sso.oauth.claims import PERSON, person_of
from sso.oauth.clients import OF_ITS_CLIENT
from sso.oauth.devices import for_device
from sso.oauth.issuing import (
    STRENGTH,
    Failed,
    Source,
    UsedTwice,
    issue_for_person,
    issue_for_program,
    someone,
)
from sso.oauth.scopes import scopes_for, still_allowed
from sso.oauth.wanted import of_code, told_of
from sso.prepared import PreparedLookup, Row
from sso.services.audit import Action, record
from sso.services.revocation import end_family
from sso.services.rules import At, may_enter
from sso.writes import PreparedUpdate

RETRY = timedelta(seconds=10)  # a client whose answer got lost may refresh with the same token again
CODES = PreparedLookup(
    lambda code: Grant.objects.in_force().filter(code=code, application__is_enabled=True),
    pk="pk",
    scope="scope",
    expires="expires",
    redirect_uri="redirect_uri",
    code_challenge="code_challenge",
    nonce="nonce",
    claims="claims",
    used_at="used_at",
    family="token_family",
    **PERSON,
    **STRENGTH,
    **OF_ITS_CLIENT,
)
REFRESH_TOKENS = PreparedLookup(
    lambda checksum: RefreshToken.objects.in_force().filter(
        token_checksum=checksum, application__is_enabled=True
    ),
    pk="pk",
    access="access_token_id",
    scope="scope",
    claims="access_token__claims",
    created="created",
    revoked="revoked",
    end="absolute_expiry",
    family="token_family",
    **PERSON,
    **STRENGTH,
    **OF_ITS_CLIENT,
)
PRESENTED = {"authorization_code": ("code", CODES), "refresh_token": ("refresh_token", REFRESH_TOKENS)}
use_up_code = PreparedUpdate(lambda pk: Grant.objects.filter(pk=pk, used_at=None), "used_at", "token_family")
end_refresh_token = PreparedUpdate(lambda pk: RefreshToken.objects.filter(pk=pk, revoked=None), "revoked")


def presented_in(form: dict[str, str]) -> Row | None:
    """Return the code or refresh token that stands in ``form``, with its client; None when there is none in force."""
    name, lookup = PRESENTED.get(form.get("grant_type"), (None, None))
    return lookup.first(hashed(form[name])) if form.get(name) else None


def exchange(client: Row, form: dict[str, str], request, presented: Row | None) -> dict[str, Any]:
    """Return the answer of the token endpoint to ``client``. Raises Failed."""
    kind = form.get("grant_type")
    if not kind:
        raise Failed("invalid_request", "grant_type is missing")
    if kind not in GRANTS:
        raise Failed("unsupported_grant_type")
    allowed, give = GRANTS[kind]
    if client.grant_type not in allowed:
        raise Failed("unauthorized_client")
    if client.token_audience and form.get("resource", client.token_audience) != client.token_audience:
        raise Failed("invalid_target", "access tokens of this client are for another resource")  # RFC 8707 §2
    return give(client, form, request, presented)


def for_program(client: Row, form: dict[str, str], request, _presented) -> dict[str, Any]:
    """A token of nobody's session (RFC 6749 §4.4)."""
    if client.client_type != Application.CLIENT_CONFIDENTIAL:
        raise Failed("unauthorized_client")
    asked = form.get("scope", "").split()
    scopes = scopes_for(client, " ".join(asked or client.allowed_scopes[:1]))
    if not set(asked) <= set(scopes):
        raise Failed("invalid_scope")
    return issue_for_program(client, scopes, timezone.now(), request)


def for_code(client: Row, form: dict[str, str], request, code: Row | None) -> dict[str, Any]:
    for name in ("code", "redirect_uri"):
        if not form.get(name):
            raise Failed("invalid_request", f"{name} is missing")
    now = timezone.now()
    if code is None or code.its_pk != client.pk:
        raise Failed("invalid_grant")
    if code.used_at:
        misused(client, code, code.family, request)
        raise Failed("invalid_grant", "the code was used before")
    if code.code_challenge and not form.get("code_verifier"):
        raise Failed("invalid_request", "code_verifier is missing")
    fits = form["redirect_uri"] == code.redirect_uri and proves(
        form.get("code_verifier"), code.code_challenge
    )
    if now >= code.expires or not code.user_is_active or not fits or not is_let_in(client, code):
        raise Failed("invalid_grant")
    scopes = still_allowed(code.scope, client.allowed_scopes)
    if not scopes:
        raise Failed("invalid_scope")
    family, wanted = uuid4(), of_code(code.claims)
    source = Source(
        code,
        scopes,
        family,
        (code.auth_time or now) + settings.SESSION_TOKENS_AGE,
        "authorization_code",
        nonce=code.nonce,
        claims=" ".join(told_of(wanted.userinfo, client.allowed_scopes)),
        id_claims=tuple(told_of(wanted.id_token, client.allowed_scopes)),
    )
    try:
        return issue_for_person(client, source, now, request, use_up_code.of(code.pk, now, family))
    except UsedTwice:
        family = Grant.objects.filter(pk=code.pk).values_list("token_family", flat=True).first()
        misused(client, code, family, request)
        raise Failed("invalid_grant", "the code was used before") from None


def for_refresh_token(client: Row, form: dict[str, str], request, token: Row | None) -> dict[str, Any]:
    if not form.get("refresh_token"):
        raise Failed("invalid_request", "refresh_token is missing")
    now = timezone.now()
    if token is None or token.its_pk != client.pk or token.access is None:
        raise Failed("invalid_grant")
    if token.revoked and (now - token.revoked > RETRY or not is_alive(token.family)):
        misused(client, token, token.family, request)
        raise Failed("invalid_grant", "the token was used before")
    idle = timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
    if (
        now >= token.created + idle
        or now >= token.end
        or not token.user_is_active
        or not is_let_in(client, token)
    ):
        raise Failed("invalid_grant")
    granted = scopes_for(client, token.scope)  # what was granted and is still allowed
    scopes = form.get("scope", "").split() or granted
    if not scopes or not set(scopes) <= set(granted):
        raise Failed("invalid_scope")
    claims = " ".join(told_of(token.claims.split(), client.allowed_scopes))
    source = Source(
        token, scopes, token.family, token.end, "refresh_token", claims=claims, granted=" ".join(granted)
    )
    try:
        if token.revoked is None:
            return issue_for_person(client, source, now, request, end_refresh_token.of(token.pk, now))
    except UsedTwice:
        pass  # by the same client at the same moment, which is no misuse either
    return once_more(token.pk, client, source, now, request)


OF_PEOPLE = {Application.GRANT_AUTHORIZATION_CODE, Application.GRANT_DEVICE_CODE}
GRANTS = {
    "authorization_code": ({Application.GRANT_AUTHORIZATION_CODE}, for_code),
    "refresh_token": (OF_PEOPLE, for_refresh_token),
    Application.GRANT_DEVICE_CODE: ({Application.GRANT_DEVICE_CODE}, for_device),
    "client_credentials": ({Application.GRANT_CLIENT_CREDENTIALS}, for_program),
}


def proves(verifier: str | None, challenge: str) -> bool:
    """Say whether ``verifier`` is what ``challenge`` was made of by S256 (RFC 7636 §4.6).

    A code without a challenge is for a system that has no verifier: one that brings it had its request changed on the
    way (RFC 9700 §4.8.2).
    """
    if not challenge:
        return not verifier
    return constant_time_compare(challenge_of(verifier or ""), challenge)


def challenge_of(verifier: str) -> str:
    """Return what is sent ahead of ``verifier`` (RFC 7636 §4.2, S256)."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def is_let_in(client: Row, row: Row) -> bool:
    """Say whether the person of ``row`` may enter the system by its rule, as far as it can be asked here."""
    return not client.rule or may_enter(person_of(row), client.rule, At(acr=row.acr))


def is_alive(family: UUID) -> bool:
    return RefreshToken.objects.filter(token_family=family, revoked=None).exists()


@transaction.atomic
def once_more(pk: int, client: Row, source: Source, now, request) -> dict[str, Any]:
    """Issue tokens from a refresh token that another has followed already. Raises Failed when it has been ended."""
    if not RefreshToken.objects.filter(pk=pk).select_for_update().exists():
        raise Failed("invalid_grant")
    return issue_for_person(client, source, now, request)


@transaction.atomic
def misused(client: Row, row: Row, family, request) -> None:
    """Somebody used a code or token a second time: end all that came of it."""
    record(Action.TOKEN_MISUSED, person=someone(row), client=client, request=request, session=row.sid[:8])
    end_family(family)


@transaction.atomic
def revoke(client: Row, token: str, request) -> None:
    """Revoke a token of ``client`` with all that descends from the same code (RFC 7009)."""
    for model in (RefreshToken, AccessToken):
        mine = model.objects.filter(application=client.pk, token_checksum=hashed(token))
        for found in mine.select_related("user"):
            record(Action.TOKEN_ENDED, person=found.user, client=client, request=request)
            end_family(found.token_family)
        mine.delete()
