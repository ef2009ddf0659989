"""Making tokens: what a code, refresh token or device turns into.

Codes and tokens are kept as hashes; each descends from one sign-in (``sid``) and one code (its family).
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from oauth2_provider.settings import oauth2_settings

from sso.models import AccessToken, RefreshToken
from sso.models.credentials import hashed
from sso.oauth.claims import BY_SCOPE, SCOPE_OF, claims_of, person_of, sid_for, subject_for
from sso.oauth.signing import issuer, sign
from sso.prepared import Row
from sso.services.audit import Action, Someone, entry
from sso.services.uses import note_use, told_by
from sso.writes import KeyOf, PreparedInsert, Write, at_once

STRENGTH = {name: name for name in ("epoch", "sid", "auth_time", "acr", "amr")}
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
    """What tokens are issued from: the row of a code, refresh token or device, and what shall follow from it.

    The row has the columns of STRENGTH and those of its person that sso.oauth.claims names.

    ``claims`` and ``id_claims`` name what was asked for one by one, at userinfo and in the ID token; ``granted`` is
    what a refresh token is good for when less is asked for now.
    """

    row: Row
    scopes: list[str]
    family: UUID
    end: datetime
    grant: str
    nonce: str = ""
    claims: str = ""
    id_claims: tuple[str, ...] = ()
    granted: str = ""


def hidden(raw: str) -> dict[str, str]:
    """Return the columns by which the token ``raw`` is found again; itself it is not kept."""
    return {"token": "", "token_checksum": hashed(raw)}


def access_token(
    client: Row, scopes: list[str], now: datetime, source: Source | None = None
) -> tuple[Write, dict[str, Any]]:
    """Return an access token to be stored, without ``source`` one of nobody's session, and the client's answer."""
    age = oauth2_settings.ACCESS_TOKEN_EXPIRE_SECONDS
    columns = {
        "application_id": client.pk,
        "scope": " ".join(scopes),
        "expires": now + timedelta(seconds=age),
    }
    if source:
        columns |= {
            "user_id": source.row.user_id,
            "token_family": source.family,
            "claims": source.claims,
            "epoch": source.row.epoch,
            "sid": source.row.sid,
        }
    if client.token_audience:
        columns["audience"] = audience_of(client, scopes, source)
        raw = sign(access_claims(client, scopes, now, source), client.algorithm, "at+jwt")
    else:
        raw = secrets.token_urlsafe(32)
    answer = {"access_token": raw, "token_type": "Bearer", "expires_in": age, "scope": columns["scope"]}
    return insert_access.of(**columns, **hidden(raw)), answer


def issue_for_program(client: Row, scopes: list[str], now: datetime, request) -> dict[str, Any]:
    """Store an access token of nobody's session; return the client's answer."""
    access, answer = access_token(client, scopes, now)
    told = {"scopes": scopes, "grant": "client_credentials"}
    at_once(entry(Action.TOKEN_ISSUED, client=client, request=request, **told), access)
    return answer


def issue_for_person(
    client: Row, source: Source, now: datetime, request, once: Write | None = None
) -> dict[str, Any]:
    """Store an access and a refresh token of one family; return the client's answer, with an ID token.

    ``once`` uses up what they come from, in the same breath. Raises UsedTwice when somebody else has.
    """
    told = {"scopes": source.scopes, "session": source.row.sid[:8], "grant": source.grant}
    issued = entry(Action.TOKEN_ISSUED, person=someone(source.row), client=client, request=request, **told)
    access, answer = access_token(client, source.scopes, now, source)
    answer["refresh_token"] = raw = secrets.token_urlsafe(32)
    if "openid" in source.scopes:
        answer["id_token"] = sign(id_claims(client, source, answer["access_token"], now), client.algorithm)
    refresh = insert_refresh.of(
        application_id=client.pk,
        access_token_id=KeyOf(0),
        scope=source.granted or answer["scope"],
        absolute_expiry=source.end,
        user_id=source.row.user_id,
        token_family=source.family,
        **{name: getattr(source.row, name) for name in STRENGTH},
        **hidden(raw),
    )
    if at_once(access, refresh, issued, once=once) is None:
        raise UsedTwice
    if scope := told_in_tokens(client, source):
        note_use(source.row.user_id, source.row.user_subject, client.pk, scope)
    return answer


def told_in_tokens(client: Row, source: Source) -> str:
    """Return the scopes of what the tokens themselves tell of the person, "" when that is only who signed in."""
    if told_by_scope(client, source):
        return told_by(" ".join(source.scopes), " ".join(source.id_claims))
    scopes = {SCOPE_OF[name] for name in source.id_claims}
    if client.token_audience and "organization" in source.scopes:
        scopes.add("organization")
    return " ".join(sorted(scopes))


def told_by_scope(client: Row, source: Source) -> list[str]:
    """Return the scopes whose claims stand in the ID token, too: most products look for them nowhere else."""
    return [scope for scope in source.scopes if scope in BY_SCOPE] if client.id_token_tells else []


def id_claims(client: Row, source: Source, access_token: str, now: datetime) -> dict[str, Any]:
    """The claims of the ID token (OpenID Connect Core §2, §3.1.3.6); a refreshed one has no nonce (§12.2)."""
    half = sha256(access_token.encode()).digest()[:16]
    claims = of_sign_in(client, source, now, oauth2_settings.ID_TOKEN_EXPIRE_SECONDS) | {
        "aud": client.client_id,
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
    }
    if source.nonce:
        claims["nonce"] = source.nonce
    told = told_by_scope(client, source)
    if told or source.id_claims:
        claims |= claims_of(person_of(source.row), told, source.id_claims)
    return claims


def access_claims(client: Row, scopes: list[str], now: datetime, source: Source | None) -> dict[str, Any]:
    """The claims of an access token that an API reads by itself (RFC 9068 §2.2): whose, and their posts and roles."""
    audience = audience_of(client, scopes, source)
    aud = audience if len(audience) > 1 else audience[0]
    about = {"aud": aud, "client_id": client.client_id, "scope": " ".join(scopes)}
    age = oauth2_settings.ACCESS_TOKEN_EXPIRE_SECONDS
    if source is None:
        return of_moment(now, age) | {"sub": client.client_id} | about
    claims = of_sign_in(client, source, now, age) | about
    if "organization" in scopes:
        claims |= claims_of(person_of(source.row), ["organization"])
    return claims


def audience_of(client: Row, scopes: list[str], source: Source | None) -> list[str]:
    """Return who may take a JWT of ``client``: its API, and we at userinfo when a person was asked for by "openid"."""
    return [client.token_audience, *([issuer()] if source and "openid" in scopes else [])]


def of_sign_in(client: Row, source: Source, now: datetime, age: int) -> dict[str, Any]:
    row = source.row
    claims = of_moment(now, age) | {
        "sub": subject_for(row.user_subject, client.subject_group),
        "auth_time": int((row.auth_time or now).timestamp()),
        "acr": row.acr,
        "amr": row.amr,
    }
    return claims | ({"sid": sid_for(row.sid, client.subject_group)} if row.sid else {})


def of_moment(now: datetime, age: int) -> dict[str, Any]:
    at = int(now.timestamp())
    return {"iss": issuer(), "iat": at, "exp": at + age, "jti": str(uuid4())}


def someone(row: Row) -> Someone:
    return Someone(row.user_id, row.user_username, row.user_full_name)
