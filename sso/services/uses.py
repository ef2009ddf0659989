"""Which systems hold tokens of a person, what they have read, and when."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from oauth2_provider.settings import oauth2_settings

from sso.models import Application, Consent, RefreshToken, SystemUse, User
from sso.oauth.claims import SCOPE_OF
from sso.permissions import require
from sso.prepared import planned_cursor
from sso.services.revocation import Reason, end_system

EXACT_SECONDS = 600  # a further reading within this time is not written down again
MOST = 20_000  # readings that a process remembers to have written
UPSERT = """
INSERT INTO sso_systemuse (user_id, application_id, scope, first_at, last_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (user_id, application_id, scope) DO UPDATE SET last_at = excluded.last_at
"""
_written: OrderedDict[tuple, float] = OrderedDict()
_lock = Lock()


def note_use(person: int, subject: UUID, system: int, scope: str) -> None:
    """Write down that ``system`` (its key) has just read of ``person`` (key and subject) what ``scope`` tells."""
    key, now = (subject, system, scope), time.monotonic()
    with _lock:
        if now - _written.get(key, -EXACT_SECONDS) < EXACT_SECONDS:
            return
        _written[key] = now
        _written.move_to_end(key)
        while len(_written) > MOST:
            _written.popitem(last=False)
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    with planned_cursor() as cursor:
        cursor.execute(UPSERT, [person, system, scope[:300], at, at])


def told_by(scope: str, claims: str) -> str:
    """Return ``scope`` with the scopes that would tell the single ``claims``, which were asked for besides."""
    if not claims:
        return scope
    return " ".join(dict.fromkeys([*scope.split(), *sorted(SCOPE_OF[name] for name in claims.split())]))


@dataclass
class Held:
    """What one system has of a person: whether it holds tokens now, what it may read, what it has read and when."""

    system: Application
    sids: set[str] = field(default_factory=set)  # of the sessions that its tokens come from
    scopes: set[str] = field(default_factory=set)
    since: datetime | None = None
    consented_at: datetime | None = None
    uses: list[SystemUse] = field(default_factory=list)

    @property
    def has_tokens(self) -> bool:
        return bool(self.sids)

    @property
    def last_at(self) -> datetime | None:
        return max((use.last_at for use in self.uses), default=None)


def systems_of(person: User) -> list[Held]:
    """Return the systems that hold tokens of ``person``, have their consent or have read something. Three queries."""
    found: dict[int, Held] = {}

    def of(row) -> Held:
        return found.setdefault(row.application_id, Held(row.application))

    for token in living_tokens(person).select_related("application", "access_token"):
        held = of(token)
        held.sids.add(token.sid)
        held.scopes |= set(told_by(token.scope, token.access_token.claims).split())
        held.since = min(filter(None, (held.since, token.auth_time or token.created)))
    for consent in Consent.objects.filter(user=person).select_related("application"):
        of(consent).consented_at = consent.given_at
        of(consent).scopes |= set(consent.scopes)
    for use in SystemUse.objects.filter(user=person).select_related("application").order_by("-last_at"):
        of(use).uses.append(use)
    return sorted(found.values(), key=lambda held: (not held.has_tokens, held.system.name))


def living_tokens(person: User):
    """The refresh tokens of ``person`` that a system could still use."""
    now = timezone.now()
    idle = timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
    mine = RefreshToken.objects.in_force().filter(user=person, revoked=None, access_token__isnull=False)
    return mine.filter(
        Q(absolute_expiry=None) | Q(absolute_expiry__gt=now),
        created__gt=now - idle,
        application__is_enabled=True,
    )


def end_system_of(person: User, system: Application, *, by: User) -> None:
    """The person takes back what ``system`` holds: tokens and consent."""
    require(person.pk == by.pk)
    end_system(system, Reason.ENDED_HERE, person=person, by=by)
