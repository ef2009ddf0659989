"""How and when the person of this session signed in."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from allauth.account.internal.flows.login import get_authentication_records

from sso.models.tokens import Acr
from sso.services.sessions import SID

# The amr values (RFC 8176 §2) of each thing that was shown. A passkey always came with the user's verification, but
# whether by PIN or finger, and whether its key lies in hardware, is not told.
METHODS = {"password": {"pwd"}, "totp": {"otp"}, "recovery_codes": {"otp"}, "webauthn": {"pop", "user"}}
SECOND_STEPS = {"totp", "recovery_codes"}
ASKED = "oauth.asked"  # when each request with prompt=login was first seen in this session
MOST_ASKED = 10


@dataclass(frozen=True)
class Strength:
    """What tokens say of the session they come from."""

    sid: str
    auth_time: datetime
    acr: str
    amr: list[str]


def shown_in(request, after: float = 0) -> list[tuple[str, float]]:
    """Return what this session's person has shown since ``after``, such as ("password", 1764000000.5)."""
    records = get_authentication_records(request, request.user)
    return [
        (record.get("type") or record["method"], record["at"]) for record in records if record["at"] > after
    ]


def strength_of(request, after: float = 0) -> Strength | None:
    """Return the strength of this very session by what was shown since ``after``, None when that is nothing."""
    shown = [(kind, at) for kind, at in shown_in(request, after) if kind in METHODS]
    sid = request.session.get(SID)
    if not shown or not sid:
        return None
    kinds = {kind for kind, _at in shown}
    acr = acr_of(kinds)
    amr = set().union(*(METHODS[kind] for kind in kinds)) | ({"mfa"} if acr > Acr.PASSWORD else set())
    return Strength(sid, datetime.fromtimestamp(max(at for _kind, at in shown), UTC), acr, sorted(amr))


def acr_of(kinds: set[str]) -> str:
    if "webauthn" in kinds:
        return Acr.PASSKEY.value
    return Acr.TWO_STEPS.value if "password" in kinds and kinds & SECOND_STEPS else Acr.PASSWORD.value


def asked_since(request, asked) -> float:
    """Return since when the person must have signed in for this request: by prompt=login or max_age, else 0."""
    if "login" in asked.prompt or asked.max_age == 0:
        return first_asked_at(request)
    return 0 if asked.max_age is None else time.time() - asked.max_age


def first_asked_at(request) -> float:
    """Return when this request was first seen in this session, which is remembered."""
    marks = request.session.get(ASKED, {})
    digest = digest_of(request)
    if digest not in marks:
        newest = sorted(marks.items(), key=lambda mark: mark[1])[-MOST_ASKED + 1 :]
        request.session[ASKED] = marks = dict(newest) | {digest: time.time()}
    return marks[digest]


def forget_asked(request) -> None:
    """A request was answered; the same one asked again wants a new sign-in again."""
    marks = request.session.get(ASKED, {})
    if marks.pop(digest_of(request), None):
        request.session[ASKED] = marks


def digest_of(request) -> str:
    return sha256(request.META["QUERY_STRING"].encode()).hexdigest()
