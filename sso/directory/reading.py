"""What the mail directory (LDAP) says, read whole. Nothing is written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

import ldap
from django.conf import settings
from ldap.controls import SimplePagedResultsControl
from ldap.filter import filter_format

from sso.directory.connection import DirectoryIncomplete, connection, reason_of
from sso.directory.entries import (
    FILTER,
    WANTED,
    Entry,
    Kind,
    PersonEntry,
    RoleEntry,
    UnitEntry,
    Unread,
    Unreadable,
    read,
)

PAGE_SIZE = 500
AT_ONCE = 200  # entries that are asked for by their keys


@dataclass
class Snapshot:
    """Entries as they were at one moment. ``complaints`` name those that could not be read, or not wholly."""

    units: list[UnitEntry] = field(default_factory=list)
    people: list[PersonEntry] = field(default_factory=list)
    roles: list[RoleEntry] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def add(self, dn: str, raw: dict[str, list[bytes]], key: UUID | None = None) -> None:
        """Take in an entry as the directory sent it."""
        try:
            self.take(read(dn, raw, key))
        except Unreadable as error:
            self.complaints.append(f"{dn}: {error}")
            if error.entry:
                self.unread.append(error.entry)

    def take(self, entry: Entry) -> None:
        {Kind.UNIT: self.units, Kind.PERSON: self.people, Kind.ROLE: self.roles}[entry.sort].append(entry)
        if getattr(entry, "complaint", ""):
            self.complaints.append(f"{entry.dn}: {entry.complaint}")

    def entries(self) -> Iterator[Entry]:
        """All that could be read."""
        yield from self.units
        yield from self.people
        yield from self.roles


def read_directory() -> Snapshot:
    """Return all there is. Raises DirectoryUnavailable; DirectoryIncomplete for a wrong base or lost rights."""
    snapshot = Snapshot()
    with connection() as server:
        for dn, values in search(server):
            snapshot.add(dn, values)
    return snapshot


def read_entries(keys: Iterable[UUID], *, with_csn: bool = False) -> Snapshot:
    """Return what the directory says of these now. Raises as ``read_directory``.

    Without the number of the change that they show (``with_csn``) it is taken for newer than all that is known.
    """
    snapshot = Snapshot()
    attributes = WANTED if with_csn else [*{*WANTED} - {"entryCSN"}]
    with connection() as server:
        for some in batched(sorted(keys)):
            these = "".join(filter_format("(entryUUID=%s)", [str(key)]) for key in some)
            for dn, values in search(server, f"(&{FILTER}(|{these}))", attributes):
                snapshot.add(dn, values)
    return snapshot


def batched(keys: list[UUID]) -> Iterator[list[UUID]]:
    yield from (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def search(
    server, wanted: str = FILTER, attributes: list[str] = WANTED
) -> Iterator[tuple[str, dict[str, list[bytes]]]]:
    """Yield every entry below the base, page by page. A limit that was reached is an error, never an end."""
    control = SimplePagedResultsControl(True, size=PAGE_SIZE, cookie="")
    base, scope = settings.LDAP_BASE, ldap.SCOPE_SUBTREE
    while True:
        try:
            message = server.search_ext(base, scope, wanted, attributes, serverctrls=[control])
            _kind, rows, _id, answered = server.result3(message)
        except INCOMPLETE as error:
            raise incomplete(error) from error
        yield from ((dn, values) for dn, values in rows if dn is not None)  # None: a referral
        cookies = [c.cookie for c in answered if c.controlType == SimplePagedResultsControl.controlType]
        if not any(cookies):
            return
        control.cookie = cookies[0]


# Answers that mean "you do not get all of it".
INCOMPLETE = (
    ldap.NO_SUCH_OBJECT,
    ldap.SIZELIMIT_EXCEEDED,
    ldap.ADMINLIMIT_EXCEEDED,
    ldap.INSUFFICIENT_ACCESS,
    ldap.REFERRAL,
)


def incomplete(error: ldap.LDAPError) -> DirectoryIncomplete:
    if isinstance(error, ldap.NO_SUCH_OBJECT):
        return DirectoryIncomplete(f"There is nothing at {settings.LDAP_BASE}. Is INTRANET_LDAP_BASE right?")
    return DirectoryIncomplete(f"The service account may not read everything: {reason_of(error)}")
