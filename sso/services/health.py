"""How the following of the directory stands, and a human's yes to what it holds back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.core.cache import caches
from django.db import transaction
from django.utils import timezone

from sso.directory import Snapshot, known_since, note_answer
from sso.models import DirectoryEntry, DirectoryFollowed, User
from sso.models.tokens import Acr
from sso.permissions import is_system_admin, require
from sso.prepared import PreparedGet
from sso.services.audit import Action, record
from sso.services.following import BEAT_PATIENCE, BEAT_SECONDS
from sso.services.sync.work import Report, apply, one_writer
from sso.signals import directory_watched

SILENCE = timedelta(seconds=3 * (BEAT_SECONDS + BEAT_PATIENCE))
PATIENCE = timedelta(minutes=2)  # a directory or a service that is started anew is no trouble
UNHEARD = timedelta(minutes=15)  # after that nobody's strong sign-in tells that they are not locked
HELD, STOPPED = "held", "stopped"
KNOWN, KNOWN_SECONDS = "sso.health.down_since", 1
FOLLOWED = PreparedGet(DirectoryFollowed, lambda key: DirectoryFollowed.objects.filter(pk=key), mark=-1)


class CannotLetGo(Exception):
    """What is held is not what was shown, or the directory is not followed, so that what we know may be old."""


@dataclass(frozen=True)
class Health:
    """``stopped_at`` is None while the directory is followed, and when it never was."""

    followed: DirectoryFollowed
    stopped_at: datetime | None
    held: list[DirectoryEntry]

    @property
    def mark(self) -> str:
        """What names exactly those who are held, so that a yes is said to nobody else."""
        return mark_of(self.held)

    def troubles(self, now: datetime) -> set[str]:
        """Return what system admins must know: HELD, STOPPED."""
        is_long = self.stopped_at is not None and now - self.stopped_at > PATIENCE
        return ({HELD} if self.held else set()) | ({STOPPED} if is_long else set())


def health() -> Health:
    """Return how it stands now."""
    followed = DirectoryFollowed.load()
    silence = SILENCE
    if followed.mode == "periodic":
        silence += timedelta(seconds=2 * settings.DIRECTORY_SECONDS)
    is_silent = followed.heard_at is not None and timezone.now() - followed.heard_at > silence
    stopped_at = followed.fault_since if followed.fault else followed.heard_at if is_silent else None
    return Health(followed, stopped_at, list(DirectoryEntry.objects.held().order_by("kind", "dn")))


def down_since() -> datetime | None:
    """Return since when no password can be looked at, as the last try or the follower knows it, else None.

    The directory is not asked, and the database once a second in each process.
    """
    return caches["process"].get_or_set(KNOWN, _down_since, KNOWN_SECONDS)


def _down_since() -> datetime | None:
    followed = FOLLOWED.first(1)
    if followed and followed.mode == DirectoryFollowed.DOWN:
        return known_since(followed.fault_since)
    tried = known_since()
    if tried and followed and followed.heard_at and followed.heard_at > tried:
        note_answer()  # the follower has heard it since
        return None
    return tried


def unheard_since(person: User, acr: str) -> datetime | None:
    """Return since when it is not known whether ``person`` was locked in the directory, when that is too long.

    It is for what wants a sign-in of the strength ``acr``, more than a password.
    """
    if acr <= Acr.PASSWORD or person.origin != User.Origin.DIRECTORY:
        return None
    followed = FOLLOWED.first(1)
    if followed is None or followed.heard_at is None:  # it is read by hand
        return None
    longest = max(UNHEARD, timedelta(seconds=3 * settings.DIRECTORY_SECONDS))
    return followed.heard_at if timezone.now() - followed.heard_at > longest else None


def watch_directory() -> set[str]:
    """Tell how it stands to whoever listens; return the troubles."""
    troubles = health().troubles(timezone.now())
    directory_watched.send(DirectoryFollowed, troubles=troubles)
    return troubles


@transaction.atomic
def let_go(seen: str, reason: str, *, by: User, request=None) -> Report:
    """Carry out what is held, of those whom ``by`` has ``seen`` (``Health.mark``), and return what changed.

    Raises CannotLetGo.
    """
    require(is_system_admin(by))
    one_writer()
    now = health()
    if not now.held or now.mark != seen or now.stopped_at is not None:
        raise CannotLetGo
    keys = {row.key for row in now.held}
    report = apply(Snapshot(), {row.key for row in now.held if row.gone_at}, agreed=keys)
    names = [row.dn for row in now.held]
    record(Action.HELD_LET_GO, by=by, request=request, cause=reason, count=len(names), entries=names)
    return report


def mark_of(rows: Iterable[DirectoryEntry]) -> str:
    lines = sorted(f"{row.key} {row.held_at.isoformat()} {row.gone_at}" for row in rows)
    return sha256("\n".join(lines).encode()).hexdigest()
