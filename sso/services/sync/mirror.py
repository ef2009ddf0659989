"""Our copy of what the directory says: what differs from it has changed, and what names in it mean is known by it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from sso.directory import Snapshot
from sso.directory.entries import FOR_EVER, Entry, Facts, Kind, PersonEntry, RoleEntry, made
from sso.models import DirectoryEntry, Unit, User
from sso.services.sync.writing import BATCH, write

FIELDS = ["dn", "csn", "facts", "refs", "is_waiting", "turns_at", "gone_at", "out_at", "held_at"]
LOCKED, CHANGED = "pwdAccountLockedTime", "pwdChangedTime"
Row = DirectoryEntry


class Mirror:
    """The rows of the entries that one piece of work is about; with ``is_whole`` all of them.

    ``entries`` are to be looked at, ``gone`` are shown no more, ``shut`` cannot be read except that they are locked,
    and of ``hinted`` people the password may be another although its time is the same. What is said of the ``older``
    ones was true before what is known of them: somebody has read a newer state, or the directory's clock went back.
    """

    def __init__(self, rows: Iterable[Row], is_whole: bool):
        self.rows = {row.key: row for row in rows}
        self.is_whole, self.is_confirmed = is_whole, False
        self.entries: dict[UUID, Entry] = {}
        self.gone: list[Row] = []
        self.shut: set[UUID] = set()
        self.older: set[UUID] = set()
        self.kept: list[str] = []  # DNs of those whose lock has gone without being taken away
        self.hinted: set[UUID] = set()
        self.new: list[Row] = []
        self.changed: set[UUID] = set()
        self.moved: list[tuple[str, str]] = []
        self.has_newcomers = False  # people, or people with another DN

    @classmethod
    def load(cls, said: Snapshot, gone: set[UUID], is_whole: bool, is_confirmed: bool = False) -> "Mirror":
        read = {entry.key for entry in (*said.entries(), *said.unread)}
        if not is_whole:
            mirror = cls(Row.objects.filter(key__in=read | gone), is_whole)
            mirror.gone = [mirror.rows[key] for key in gone if key in mirror.rows]
            return mirror
        mirror = cls(Row.objects.iterator(), is_whole)
        mirror.is_confirmed = is_confirmed
        for key, kind in strangers(mirror.rows.keys() | read):
            mirror.add(Row(key=key, kind=kind))
        mirror.gone = [row for key, row in mirror.rows.items() if key not in read]
        return mirror

    # --- what has changed ---

    def take_in(self, said: Snapshot, now: datetime) -> None:
        """Note what the directory says, and choose what is to be looked at."""
        for entry in said.entries():
            self.take(entry)
        for entry in said.unread:
            if entry.key not in self.rows:
                self.add(Row(key=entry.key, kind=entry.sort, dn=entry.dn, csn=entry.csn))
            elif entry.is_shut:
                self.shut.add(entry.key)
        self.gone = [row for row in self.gone if row.gone_at is None or row.held_at or self.is_whole]
        for row in self.gone:
            if row.gone_at is None:
                row.gone_at = now
                self.changed.add(row.key)
        for old, new in self.moved:
            Row.objects.exclude(key__in=self.entries).move_below(old, new)
        if not self.is_whole:
            self.look_again(Row.objects.filter(turns_at__lte=now))

    def take(self, entry: Entry) -> None:
        row = self.rows.get(entry.key)
        if row and self.may_only_seem_open(entry, row):
            self.kept.append(entry.dn)
            entry = made(
                entry.sort, entry.facts | lock_in(row.facts), key=entry.key, dn=entry.dn, csn=entry.csn
            )
        if row is None:
            self.add(Row(key=entry.key, kind=entry.sort, dn=entry.dn, csn=entry.csn, facts=entry.facts))
            self.has_newcomers |= entry.sort == Kind.PERSON
        elif entry.csn and entry.csn < row.csn and not self.is_whole:
            self.older.add(entry.key)
            return
        elif (row.dn, row.facts, row.gone_at) != (entry.dn, entry.facts, None):
            self.has_newcomers |= entry.sort == Kind.PERSON and bool(
                row.dn != entry.dn or row.gone_at or not row.facts
            )
            if row.dn != entry.dn and entry.sort == Kind.UNIT and not self.is_whole:
                self.moved.append((row.dn, entry.dn))
            self.note_hint(entry, row)
            row.dn, row.csn, row.facts, row.gone_at = entry.dn, entry.csn, entry.facts, None
            self.changed.add(row.key)
        elif self.note_hint(entry, row):
            row.csn = entry.csn
            self.changed.add(row.key)
        elif not self.is_whole:
            return
        self.entries[entry.key] = entry

    def may_only_seem_open(self, entry: Entry, row: Row) -> bool:
        """Say whether a lock has gone from ``entry`` that nobody need have taken away.

        It came with the time of the password, which the directory shows no more either: it hides both from us. Or all
        is read, of a copy that lags behind or was restored, and what is known is newer.
        """
        lock = lock_in(row.facts)
        if self.is_confirmed or not is_shut(lock) or is_shut(entry.facts):
            return False
        hides = CHANGED in lock and CHANGED not in entry.facts
        return hides or (self.is_whole and "" < entry.csn < row.csn)

    def note_hint(self, entry: Entry, row: Row) -> bool:
        times = [facts.get("pwdChangedTime") for facts in (row.facts, entry.facts)]
        hints = getattr(entry, "hints_at_password", False) and entry.csn > row.csn and times[0] == times[1]
        if hints:
            self.hinted.add(entry.key)
        return hints

    def add(self, row: Row) -> None:
        self.rows[row.key] = row
        self.new.append(row)

    def look_again(self, rows: Iterable[Row]) -> None:
        """Have entries looked at that did not change themselves."""
        for stored in rows:
            row = self.rows.setdefault(stored.key, stored)
            if row.facts and row.gone_at is None and row.key not in self.entries:
                self.entries[row.key] = entry_of(row)

    def take_up(self, held: Iterable[UUID], now: datetime) -> None:
        """Have people looked at whom the directory wants out and who were held; ``gone`` has those it shows no more."""
        rows = list(Row.objects.held().filter(key__in=held, gone_at=None))
        self.look_again(rows)
        for row in rows:
            entry = self.entries.get(row.key)
            if entry is None or entry.is_open(now):  # what locks it could be read, the rest could not
                self.entries.pop(row.key, None)
                self.rows.setdefault(row.key, row)
                self.shut.add(row.key)

    @property
    def is_quiet(self) -> bool:
        """Say whether there is nothing to do."""
        return not (self.entries or self.gone or self.shut or self.new or self.is_whole)

    def concerns(self, kind: Kind) -> bool:
        """Say whether an entry of ``kind`` is looked at or has gone, all of them being looked at in a whole reading."""
        return (
            self.is_whole
            or any(entry.sort == kind for entry in self.entries.values())
            or any(row.kind == kind for row in self.gone)
        )

    def of(self, kind: Kind) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.sort == kind]

    def all_of(self, kind: Kind) -> list[Entry]:
        """Every entry of ``kind`` that the directory shows, looked at or not; those held count as shown."""
        if not self.is_whole:
            for row in Row.objects.filter(kind=kind):
                self.rows.setdefault(row.key, row)
        rows = (row for row in self.rows.values() if row.kind == kind and row.facts)
        shown = [row for row in rows if row.gone_at is None or row.held_at]
        return [self.entries.get(row.key) or entry_of(row) for row in shown]

    # --- what names mean ---

    def wake(self) -> None:
        """Look again at those that wait for somebody or some unit, and at the people of units that have gone."""
        if self.is_whole:
            return
        if self.has_newcomers or self.gone or self.concerns(Kind.UNIT):
            self.look_again(Row.objects.filter(is_waiting=True))
        for row in self.gone:
            if row.kind == Kind.UNIT and row.facts:
                self.look_again(Row.objects.filter(refs__has_key=unit_name(entry_of(row).code)))

    def wait_for_name(self, keys: Iterable[UUID]) -> None:
        """Have people looked at again as soon as others come, go or are called otherwise."""
        for key in keys:
            self.rows[key].is_waiting = True
            self.changed.add(key)

    def bind(self) -> None:
        """Fill ``refs`` of all that is looked at: a name means whom it meant when it was first written there.

        The code of a unit that has gone comes to mean its successor. A member of a group never does, so that nobody
        inherits a role with a freed name.
        """
        ended = {str(row.key) for row in self.gone if row.kind == Kind.UNIT and not row.held_at}
        todo = []
        for key, entry in self.entries.items():
            refs = self.rows[key].refs
            names = {name: refs.get(name) for name in names_in(entry)}
            members = refs if isinstance(entry, RoleEntry) else ()
            unknown = [
                name
                for name, known in names.items()
                if (not known or known in ended) and (name not in members or is_unit(name))
            ]
            todo.append((self.rows[key], entry, names, unknown))
        meaning = self.meaning_of({name for *_, unknown in todo for name in unknown}, ended)
        for row, entry, names, unknown in todo:
            names |= {name: meaning.get(name) for name in unknown}
            waits = None in (names.values() if isinstance(entry, PersonEntry) else names_of_units(names))
            if (row.refs, row.is_waiting) != (names, waits):
                row.refs, row.is_waiting = names, waits
                self.changed.add(row.key)

    def meaning_of(self, names: set[str], ended: set[str]) -> dict[str, str]:
        """Return the keys of the people and units that are called ``names`` now."""
        if not names:
            return {}
        found = {}
        codes = {name for name in names if is_unit(name)}
        if codes:
            units = Unit.objects.exclude(entry_uuid=None).values_list("code", "entry_uuid")
            found = {unit_name(code): str(key) for code, key in units if str(key) not in ended}
        if not self.is_whole:
            people = Row.objects.shown().filter(kind=Kind.PERSON).exclude(key__in=self.rows)
            found |= {
                dn: str(key) for dn, key in people.filter(dn__in=names - codes).values_list("dn", "key")
            }
        here = (row for row in self.rows.values() if row.kind == Kind.PERSON and row.gone_at is None)
        return found | {row.dn: str(row.key) for row in here}

    def key_of(self, entry: Entry, name: str) -> UUID | None:
        """Return the key of whom ``name`` means in ``entry``."""
        key = self.rows[entry.key].refs.get(name) if name else None
        return UUID(key) if key else None

    # --- keeping it ---

    def save(self) -> None:
        Row.objects.bulk_create(self.new, batch_size=BATCH)
        new = {row.key for row in self.new}
        write(Row, [self.rows[key] for key in self.changed - new], FIELDS)


def strangers(known: Iterable[UUID]) -> Iterator[tuple[UUID, Kind]]:
    """Yield the people and units that came from the directory once, but of which we keep no entry."""
    for model, kind in ((User, Kind.PERSON), (Unit, Kind.UNIT)):
        rows = model.objects.exclude(entry_uuid=None)
        rows = rows.filter(origin=User.Origin.DIRECTORY) if model is User else rows
        yield from ((key, kind) for key in rows.values_list("entry_uuid", flat=True) if key not in known)


def entry_of(row: Row) -> Entry:
    return made(row.kind, row.facts, key=row.key, dn=row.dn, csn=row.csn)


def lock_in(facts: Facts) -> Facts:
    return {name: facts[name] for name in (LOCKED, CHANGED) if name in facts}


def is_shut(facts: Facts) -> bool:
    return any(time.startswith(FOR_EVER) for time in facts.get(LOCKED, ()))


def names_in(entry: Entry) -> list[str]:
    """The names by which ``entry`` speaks of others."""
    if isinstance(entry, PersonEntry):
        posts = dict.fromkeys(unit_name(post.unit_code) for post in entry.posts or ())
        return [*filter(None, [entry.manager_dn]), *posts]
    if isinstance(entry, RoleEntry):
        return [*entry.member_dns, *([unit_name(entry.unit_code)] if entry.unit_code else [])]
    return []


def unit_name(code: str) -> str:
    return f"unit:{code}"  # no DN begins so


def is_unit(name: str) -> bool:
    return name.startswith("unit:")


def names_of_units(names: dict[str, str | None]) -> list[str | None]:
    return [key for name, key in names.items() if is_unit(name)]
