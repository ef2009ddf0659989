"""How and when the person of this session signed in."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from allauth.account.internal.flows.login import get_authentication_records

from sso.adapter import SID

METHODS = {"password": "pwd", "mfa": "mfa"}  # amr values of RFC 8176
ASKED = "oauth.asked"  # when each request with prompt=login was first seen in this session
MOST_ASKED = 10


@dataclass(frozen=True)
class Strength:
    """What tokens say of the session they come from. ``acr`` "1" is a password, "2" more than that."""

    sid: str
    auth_time: datetime
    acr: str
    amr: list[str]


def strength_of(request) -> Strength | None:
    """Return the strength of this very session, None when it was not made by our sign-in."""
    records = get_authentication_records(request, request.user)
    sid = request.session.get(SID)
    if not records or not sid:
        return None
    amr = sorted({METHODS.get(record["method"], record["method"]) for record in records})
    at = datetime.fromtimestamp(max(record["at"] for record in records), UTC)
    return Strength(sid, at, "2" if "mfa" in amr else "1", amr)


def is_fresh(request, asked, strength: Strength) -> bool:
    """Say whether the sign-in is as recent as the system asked for with prompt=login or max_age."""
    if "login" in asked.prompt or asked.max_age == 0:
        return strength.auth_time.timestamp() > first_asked_at(request)
    return asked.max_age is None or time.time() - strength.auth_time.timestamp() <= asked.max_age


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
