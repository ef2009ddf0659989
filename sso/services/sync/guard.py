"""What is refused or held: a directory that cannot be whole, and too many leaving at once."""

from datetime import timedelta
from enum import Enum, auto

from django.db.models import Exists, OuterRef

from sso.directory import DirectoryIncomplete, Snapshot
from sso.directory.entries import Kind
from sso.models import DirectoryEntry, Post, Role, Unit, User
from sso.services.sync.writing import set_all

MOST_LEAVERS = 20
MOST_LEAVERS_SHARE = 0.02
AT_ONCE = timedelta(minutes=10)  # what is put out within is counted together


class NeedsConfirmation(Exception):
    """So much would be disabled or ended that a human has to say yes first."""


class Mode(Enum):
    """What happens when more would be put out than goes without a question."""

    ASK = auto()  # nothing at all: NeedsConfirmation
    HOLD = auto()  # everything else; they are marked and wait
    CONFIRMED = auto()  # somebody has said yes


def directory_people():
    return User.objects.filter(origin=User.Origin.DIRECTORY)


def most_leavers(people: int) -> int:
    """How many of ``people`` may be put out without a question. One person always may."""
    return max(1, min(MOST_LEAVERS, int(people * MOST_LEAVERS_SHARE)))


def refuse_incomplete(snapshot: Snapshot) -> None:
    """Raise DirectoryIncomplete for a directory that is empty, half read, or not readable to us any more."""
    units, people, roles = snapshot.units, snapshot.people, snapshot.roles
    if not units or not people:
        raise DirectoryIncomplete(
            f"The directory shows {len(units)} units and {len(people)} people below the base."
        )
    unread = len(snapshot.complaints)
    if unread > max(MOST_LEAVERS, MOST_LEAVERS_SHARE * (len(people) + unread)) or unread > len(people):
        first = snapshot.complaints[0]
        raise DirectoryIncomplete(f"{unread} entries cannot be read, the first: {first}. Lost rights?")
    refuse_many_tops(units)
    if not roles and Role.objects.filter(source=Role.Source.DIRECTORY).exists():
        raise DirectoryIncomplete("The directory shows no roles any more. Lost rights?")
    refuse_hidden(people)


def refuse_hidden(people) -> None:
    """Raise DirectoryIncomplete when more than half of those shown have lost what they had: it is hidden from us."""
    shown = {person.key: person for person in people}
    held = (
        directory_people()
        .active()
        .annotate(has_post=Exists(Post.objects.current().filter(user=OuterRef("pk"))))
    )
    before = [row for row in held.values_list("entry_uuid", "email", "has_post") if row[0] in shown]
    for what, known, now in [
        ("mail address", {key for key, mail, _has in before if mail}, lambda person: person.mail),
        ("post", {key for key, _mail, has in before if has}, lambda person: person.posts != ()),
    ]:
        lost = sum(not now(shown[key]) for key in known)
        if lost * 2 > len(known):
            raise DirectoryIncomplete(f"{lost} of {len(known)} people have no {what} any more. Lost rights?")


def refuse_many_tops(units) -> None:
    """Raise DirectoryIncomplete when it is not clear which unit stands above all others."""
    shown = {unit.dn for unit in units}
    tops = [unit for unit in units if unit.parent_dn not in shown]
    known = Unit.objects.filter(parent=None, entry_uuid__in=[unit.key for unit in tops])
    if len(tops) != 1 and not known.exists():
        codes = [unit.code for unit in tops[:5]]
        raise DirectoryIncomplete(
            f"One unit must stand above all others; {len(tops)} have none above: {codes}."
        )


def allow(work, rows: list[DirectoryEntry], kind: Kind) -> list[DirectoryEntry]:
    """Return those of ``rows`` that may be put out now; the others are marked as held. Raises NeedsConfirmation."""
    agreed, others = [], []
    for row in rows:
        has_yes = work.mode is Mode.CONFIRMED or row.key in work.agreed
        (agreed if has_yes else others).append(row)
    mark(work, agreed, out_at=None, held_at=None)
    return agreed + (few(work, others, kind) if others else [])


def few(work, rows: list[DirectoryEntry], kind: Kind) -> list[DirectoryEntry]:
    """Return ``rows`` when they are so few that nobody must say yes; else mark and leave them."""
    new = [row for row in rows if row.held_at is None]
    people = directory_people().active().count()
    if work.mode is Mode.ASK:
        most = min(MOST_LEAVERS, MOST_LEAVERS_SHARE * people) if kind == Kind.PERSON else MOST_LEAVERS
        if len(rows) > most or len(new) < len(rows):
            what = f"{len(rows)} of {people} people" if kind == Kind.PERSON else f"{len(rows)} units"
            raise NeedsConfirmation(f"{what} would be put out.")
        return rows
    lately = DirectoryEntry.objects.filter(kind=kind).put_out_within(AT_ONCE).count()
    if new and lately + len(new) > (most_leavers(people) if kind == Kind.PERSON else MOST_LEAVERS):
        mark(work, new, held_at=work.now)
        for row in new:
            work.report.add("held", row.dn)
        return []
    mark(work, new, out_at=work.now)
    return new


def mark(work, rows: list[DirectoryEntry], **moments) -> None:
    """Set ``moments`` on rows of our copy."""
    for row in rows:
        if set_all(row, moments):
            work.mirror.changed.add(row.key)
