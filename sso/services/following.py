"""Following the directory for ever: each change in it is applied at once, whatever happens in between."""

import fcntl
import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import ldap
from django.conf import settings
from django.db import (
    DatabaseError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
    transaction,
)
from django.utils import timezone

from sso.directory import (
    DirectoryIncomplete,
    DirectoryUnavailable,
    LineBroken,
    Snapshot,
    read_directory,
    read_entries,
)
from sso.directory.connection import AVOID_SECONDS, Server, is_first, reason_of
from sso.directory.entries import FILTER, WANTED, Kind
from sso.directory.following import Changes, CookieRefused, Feed, line
from sso.models import DirectoryEntry, DirectoryFollowed
from sso.services.sync import Report, apply
from sso.services.sync.keys import refuse_new_keys

log = logging.getLogger(__name__)
LISTEN_SECONDS = 1  # between looks at the clock
BEAT_SECONDS = 5  # of silence, after which the directory is asked whether it is there
BEAT_PATIENCE = 3
AGAIN_SECONDS = 1  # after a fault
REMIND = timedelta(minutes=10)  # of a fault that lasts
MANY_LINES = 20  # of changes, which are then only counted in the log
AWAY = (OperationalError, InterfaceError, InternalError)  # or full, or read-only while another takes over
ONLY_ONE = 0x53534F46  # key of PostgreSQL's advisory lock


class Follower:
    """Follows until the process ends. Nothing is kept here but what has been said in the log."""

    def __init__(self):
        self.fault, self.fault_since, self.told_at = "", None, None
        self.heard_at = timezone.now()
        self.is_known = False  # whether the log says that the directory is followed
        self.held: set = set()
        self.held_told_at = None
        self.is_waiting = False
        self.is_over = False  # set by who wants it to end, which it does after the change in hand

    def run(self) -> None:
        """Follow until ``is_over``."""
        while not self.is_over:
            try:
                with only_one() as is_free:
                    if is_free:
                        self.is_waiting = False
                        self.listen()
                    else:
                        self.wait_for_the_other()
            except (LineBroken, DirectoryIncomplete) as error:
                self.trouble(str(error))
            except DirectoryUnavailable as error:
                self.trouble(str(error), DirectoryFollowed.DOWN)
            except AWAY as error:
                with suppress(DatabaseError):
                    connection.close()
                self.trouble(f"The database cannot serve: {' '.join(str(error).split())}.")
            except ldap.LDAPError as error:
                self.trouble(reason_of(error))
            except Exception as error:
                log.exception("Something that nobody has thought of.")
                self.trouble(repr(error))
            self.rest(AGAIN_SECONDS)

    def rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self.is_over and time.monotonic() < end:
            time.sleep(min(LISTEN_SECONDS, seconds))

    # --- listening ---

    def listen(self) -> None:
        """Hear of changes and apply them until something goes wrong; for a while only of a directory in reserve."""
        followed = followed_now()
        with line() as server:
            try:
                feed = Feed(server, followed.cookie)
                missed = feed.missed()
            except CookieRefused as error:
                log.warning("The directory cannot go on from where we were, all of it is read: %s", error)
                DirectoryFollowed.objects.update(cookie="")
                return
            except ldap.UNAVAILABLE_CRITICAL_EXTENSION:
                pass
            else:
                self.take(missed)
                self.recovered("live")
                return self.go_on(server, feed)
        self.read_all()

    def go_on(self, server: Server, feed: Feed) -> None:
        end = float("inf") if is_first(server) else time.monotonic() + AVOID_SECONDS
        while not self.is_over and time.monotonic() < end:
            changes = feed.next(LISTEN_SECONDS)
            if changes is not None:
                self.take(changes)
            if timezone.now() - self.heard_at > timedelta(seconds=BEAT_SECONDS):
                self.beat(server)

    def read_all(self) -> None:
        """Read a directory that does not tell its changes; whether it does so is asked anew each time."""
        if DirectoryFollowed.load().mode != "periodic":
            log.warning("The directory tells no changes; it is read every %s s.", settings.DIRECTORY_SECONDS)
        report = apply(read_directory(), is_whole=True)
        note(changed_at=timezone.now() if report.lines else None)
        self.tell(report)
        self.recovered("periodic")
        self.rest(settings.DIRECTORY_SECONDS)

    def take(self, changes: Changes) -> None:
        """Apply ``changes`` and note how far we are, both or neither."""
        try:
            report = applied(changes)
        except (DirectoryIncomplete, *AWAY):
            raise
        except Exception:
            if changes.is_whole:
                raise
            log.exception("%s changes could not be applied together.", len(changes))
            report = one_by_one(changes)
        self.heard_at = timezone.now()
        self.tell(report)

    def beat(self, server: Server) -> None:
        """Ask the directory whether it is there, and apply what the clock has brought about."""
        message = server.search_ext(settings.LDAP_BASE, ldap.SCOPE_BASE, "(objectClass=*)", ["1.1"])
        server.result3(message, timeout=BEAT_PATIENCE)
        report = apply(Snapshot())
        note(changed_at=timezone.now() if report.lines else None)
        self.heard_at = timezone.now()
        self.tell(report)

    def wait_for_the_other(self) -> None:
        if not self.is_waiting:
            log.info("Another process follows the directory; this one waits for its end.")
        self.is_waiting = True

    # --- words for the operator ---

    def tell(self, report: Report) -> None:
        if len(report.lines) > MANY_LINES:
            log.info("Directory: %s", dict(report.counts))
        else:
            for line in report.lines:
                log.info("Directory: %s", line)
        self.tell_held()

    def tell_held(self) -> None:
        held = set(DirectoryEntry.objects.held().values_list("dn", flat=True))
        now = timezone.now()
        if held and (held - self.held or now - self.held_told_at > REMIND):
            self.held_told_at = now
            log.error(
                "%s people or units would be put out, more than goes without a question: %s. They stay until "
                "somebody has looked: on the page of the directory, or manage.py sync_directory --dry-run, then --yes.",
                len(held),
                "; ".join(sorted(held)[:3]),
            )
        self.held = held

    def trouble(self, text: str, mode: str = "") -> None:
        """Say what is wrong, when it begins and then now and again; the sign-in page reads it off ``mode``."""
        if self.is_over:  # the signal has cut short what was going on
            return
        now = timezone.now()
        self.fault_since = self.fault_since or now
        if text != self.fault or now - self.told_at > REMIND:
            log.error("The directory is not followed: %s Trying again every %s s.", text, AGAIN_SECONDS)
            self.fault, self.told_at = text, now
        with suppress(DatabaseError):
            DirectoryFollowed.objects.filter(pk=1).update(fault=text, fault_since=self.fault_since, mode=mode)

    def recovered(self, mode: str) -> None:
        followed = DirectoryFollowed.load()
        if self.fault:
            span = timezone.now() - self.fault_since
            log.warning("The directory is followed again, after %.0f s.", span.total_seconds())
        elif followed.mode != mode or not self.is_known:
            log.info("The directory is followed (%s).", mode)
        self.fault, self.fault_since, self.is_known = "", None, True
        note(mode=mode, fault="", fault_since=None)


# --- applying -------------------------------------------------------------------------------------


@transaction.atomic
def applied(changes: Changes) -> Report:
    """Apply ``changes`` and note how far we are. Returns what changed."""
    gone = set(changes.gone)
    if changes.present is not None:
        gone |= absent(changes)
    report = brought_in(changes.said, gone, is_whole=changes.is_whole, tell=log.debug)
    if report.lines:
        note(cookie=changes.cookie, changed_at=timezone.now(), lag_seconds=lag_of(changes.cookie))
    else:
        note(cookie=changes.cookie)
    return report


def brought_in(said: Snapshot, gone: set[UUID], **options) -> Report:
    """As ``apply``, but what seems older than what is known is read again: then it is true, whatever its number."""
    report = apply(said, gone, **options)
    if report.older:
        again = apply(read_entries(report.older))
        report.lines += again.lines
        report.counts += again.counts
    return report


def absent(changes: Changes) -> set[UUID]:
    """Return the keys of what the directory had and has no more, after it has told all that it has.

    Raises DirectoryIncomplete when all people or all units would be gone, or many have other keys.
    """
    known = dict(DirectoryEntry.objects.shown().values_list("key", "kind"))
    here = {entry.key for entry in (*changes.said.entries(), *changes.said.unread)} | changes.present
    refuse_new_keys(changes.said, here)
    if {Kind.UNIT, Kind.PERSON} & set(known.values()) - {kind for key, kind in known.items() if key in here}:
        raise DirectoryIncomplete("The directory shows no people or no units any more. Lost rights?")
    return known.keys() - here


def one_by_one(changes: Changes) -> Report:
    """Apply each change for itself; what the database does not take is left out and named."""
    whole = Report()
    pieces = [(one(entry), set()) for entry in changes.said.entries()]
    pieces += [(Snapshot(unread=[entry]), set()) for entry in changes.said.unread]
    pieces += [(Snapshot(), {key}) for key in changes.gone]
    for said, gone in pieces:
        try:
            report = brought_in(said, gone)
        except AWAY:
            raise
        except Exception as error:
            what = next((entry.dn for entry in said.entries()), str(gone or said.unread))
            log.error("Left out, because it could not be applied: %s: %s", what, error)
            continue
        whole.lines += report.lines
        whole.counts += report.counts
    note(cookie=changes.cookie, changed_at=timezone.now())
    return whole


def one(entry) -> Snapshot:
    snapshot = Snapshot()
    snapshot.take(entry)
    return snapshot


def lag_of(cookie: str) -> float | None:
    """Return how many seconds ago the change was made that ``cookie`` marks; None when it does not say."""
    with suppress(ValueError, IndexError):
        made = datetime.strptime(cookie.split("csn=")[1][:21], "%Y%m%d%H%M%S.%f").replace(tzinfo=UTC)
        return round((timezone.now() - made).total_seconds(), 3)
    return None


def note(*, changed_at: datetime | None = None, **values) -> None:
    DirectoryFollowed.note(**values, **({"changed_at": changed_at} if changed_at else {}))


def followed_now() -> DirectoryFollowed:
    """How far we are; a cookie that belongs to another base or to other attributes is forgotten."""
    followed = DirectoryFollowed.load()
    source = hashlib.sha256("|".join([settings.LDAP_BASE, FILTER, *WANTED]).encode()).hexdigest()
    if followed.source != source:
        followed.source, followed.cookie = source, ""
        followed.save(update_fields=["source", "cookie"])
    return followed


@contextmanager
def only_one() -> Iterator[bool]:
    """Say whether nobody else follows; nobody else does as long as this lasts, or as the process lives."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONLY_ONE])
            (is_free,) = cursor.fetchone()
        try:
            yield is_free
        finally:
            with suppress(DatabaseError), connection.cursor() as cursor:
                if is_free:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [ONLY_ONE])
        return
    with open(f"{connection.settings_dict['NAME']}.follower", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_free = True
        except BlockingIOError:
            is_free = False
        yield is_free
