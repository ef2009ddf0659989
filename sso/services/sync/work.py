"""The way of every change: what the directory says → our copy of it → units → people → posts → roles."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from sso.directory import Snapshot, read_directory
from sso.directory.entries import Kind, PersonEntry
from sso.models import User
from sso.services.provisioning.noting import note_everybody, note_people
from sso.services.sync import guard
from sso.services.sync.keys import refuse_new_keys, take_over_keys
from sso.services.sync.mirror import Mirror
from sso.services.sync.people import sync_people
from sso.services.sync.posts import sync_posts
from sso.services.sync.roles import sync_roles
from sso.services.sync.units import sync_units

log = logging.getLogger(__name__)
ONE_WRITER = 0x53534F44  # key of PostgreSQL's advisory lock


@dataclass
class Report:
    """What was changed: one line for each thing, and how many of each kind.

    What was said of the ``older`` ones was left out, because it seems to be older than what is known.
    """

    lines: list[str] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    tell: Callable[[str], None] = lambda line: None
    older: set[UUID] = field(default_factory=set)

    def add(self, kind: str, what: object) -> None:
        self.lines.append(f"{kind}: {what}")
        self.counts[kind] += 1


@dataclass
class Work:
    """One change or many, on their way in. ``mode`` says what to do when too many would be put out."""

    report: Report
    mirror: Mirror
    mode: guard.Mode
    now: datetime = field(default_factory=timezone.now)
    today: date = field(default_factory=timezone.localdate)
    agreed: Collection[UUID] = ()  # who is put out whatever the mode: somebody has said yes
    is_first: bool = False  # nobody of the directory was known before
    users: dict[UUID, User] = field(default_factory=dict)  # whom it is about, by key
    people: list[PersonEntry] = field(default_factory=list)  # what the directory says of them


def sync(
    snapshot: Snapshot, *, confirmed: bool = False, dry_run: bool = False, tell: Callable[[str], None] = print
) -> Report:
    """Make our rows what ``snapshot`` says, all or nothing, and return what changed.

    Raises DirectoryIncomplete when it cannot be the whole directory, NeedsConfirmation when more than 20
    people or 2 % would be disabled and it is not ``confirmed``.
    """
    mode = guard.Mode.CONFIRMED if confirmed or dry_run else guard.Mode.ASK
    with transaction.atomic():
        report = apply(snapshot, is_whole=True, mode=mode, tell=tell)
        transaction.set_rollback(dry_run)
    if not dry_run:
        log.info("Directory read: %s", dict(report.counts) or "no changes")
    return report


def sync_now(
    *,
    confirmed: bool = False,
    dry_run: bool = False,
    same_people: bool = False,
    tell: Callable[[str], None] = print,
) -> Report:
    """Read the directory and ``sync`` it, while nobody else brings changes in: what was read must not grow old.

    With ``same_people`` those who are called as before but have other keys are taken for the same.
    """
    with transaction.atomic():
        one_writer()
        tell("Reading the directory …")
        snapshot = read_directory()
        found = [len(snapshot.units), len(snapshot.people), len(snapshot.roles)]
        tell("  {} units, {} people, {} role groups".format(*found))
        if same_people:
            guard.refuse_incomplete(snapshot)
            for dn in take_over_keys(snapshot):
                tell(f"  another key: {dn}")
        report = sync(snapshot, confirmed=confirmed, dry_run=dry_run, tell=tell)
        if dry_run:
            transaction.set_rollback(True)
        return report


@transaction.atomic
def apply(
    said: Snapshot,
    gone: Iterable[UUID] = (),
    *,
    is_whole: bool = False,
    mode: guard.Mode = guard.Mode.HOLD,
    agreed: Collection[UUID] = (),
    tell: Callable[[str], None] = lambda line: None,
) -> Report:
    """Take in the entries that were added or changed and those that have gone, and return what changed.

    In ``Mode.HOLD`` people who would be put out beyond the limit stay, marked, until somebody says yes; ``agreed``
    are the keys of those for whom somebody has.
    """
    report = Report(tell=tell)
    one_writer()
    if is_whole:
        guard.refuse_incomplete(said)
        refuse_new_keys(said, {entry.key for entry in (*said.entries(), *said.unread)})
    tell("What has changed …")
    mirror = Mirror.load(said, set(gone), is_whole, mode is guard.Mode.CONFIRMED)
    is_first = not User.objects.filter(origin=User.Origin.DIRECTORY).exists()
    work = Work(report, mirror, mode, agreed=agreed, is_first=is_first)
    mirror.take_in(said, work.now)
    mirror.take_up(agreed, work.now)
    report.older = mirror.older
    for complaint in said.complaints:
        report.add("entry left out", complaint)
    for dn in mirror.kept:
        report.add(
            "lock kept", f"{dn}: hidden from us, or what the directory shows is older than what is known"
        )
    if mirror.is_quiet:
        return report
    if mirror.concerns(Kind.UNIT):
        tell("Units …")
        sync_units(work)
    mirror.wake()
    mirror.bind()
    tell("People …")
    sync_people(work)
    tell("Posts …")
    sync_posts(work)
    if (
        mirror.concerns(Kind.ROLE)
        or mirror.has_newcomers
        or any(row.kind == Kind.PERSON for row in mirror.gone)
    ):
        tell("Roles …")
        sync_roles(work)
    mirror.save()
    note_changes(work)
    return report


def note_changes(work: Work) -> None:
    """Have systems that keep accounts of their own hear of it. A unit or role may be about anybody."""
    counts = work.report.counts
    if any(
        counts[kind] for kind in ("unit added", "unit changed", "unit ended", "role given", "role taken back")
    ):
        note_everybody()
    elif counts:
        note_people(work.users.values())


def one_writer() -> None:
    """Wait until nobody else brings the directory in. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_WRITER])
