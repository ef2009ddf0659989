"""What changes in the directory, told by itself as it happens (RFC 4533, "syncrepl")."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import ldap
from django.conf import settings
from ldap.syncrepl import SyncreplConsumer

from sso.directory.connection import (
    OUTAGES,
    LineBroken,
    Server,
    bound_as_service,
    close,
    note_answer,
    reason_of,
    try_each,
)
from sso.directory.entries import FILTER, WANTED
from sso.directory.reading import INCOMPLETE, Snapshot, incomplete

AT_ONCE = 200  # changes that are handed over together
QUIET = 0.002  # seconds without a word, after which what has come is handed over
SILENT = (ldap.SERVER_DOWN, ldap.TIMEOUT, ldap.CONNECT_ERROR, ldap.UNAVAILABLE, ldap.BUSY)
REFRESH_PATIENCE = 30  # seconds between two words of a directory that is telling what we missed


class CookieRefused(Exception):
    """The directory cannot go on from where we were: restored from a backup, or too long ago."""


@dataclass
class Changes:
    """``cookie`` marks where one is once all of it is applied.

    With ``present`` it is a catching up: whatever is neither in there nor in ``said`` has gone. ``is_whole`` says that
    ``said`` is the whole directory.
    """

    said: Snapshot = field(default_factory=Snapshot)
    gone: set[UUID] = field(default_factory=set)
    present: set[UUID] | None = None
    is_whole: bool = False
    cookie: str = ""

    def __len__(self) -> int:
        said = self.said
        return len(said.units) + len(said.people) + len(said.roles) + len(said.unread) + len(self.gone)


@contextmanager
def line() -> Iterator[Server]:
    """Open the first directory that answers, to listen to it. Raises DirectoryUnavailable and DirectoryIncomplete.

    That the line breaks does not mean that nobody can sign in: LineBroken.
    """
    server = try_each(bound_as_service)
    note_answer()
    try:
        yield server
    except INCOMPLETE as error:
        raise incomplete(error) from error
    except OUTAGES as error:
        raise LineBroken(reason_of(error)) from error
    finally:
        close(server)


class Feed(SyncreplConsumer):
    """The changes since ``cookie``, or all there is when it is "", and then what happens, as ``server`` tells it."""

    def __init__(self, server: Server, cookie: str):
        self.server = server
        self.search_ext, self.result4 = server.search_ext, server.result4
        self.cookie = cookie
        self.is_live = False
        self.here: set[UUID] = set()  # what the directory still has, told while we catch up
        self.changes = Changes(is_whole=not cookie)
        self.message = self.syncrepl_search(
            settings.LDAP_BASE,
            ldap.SCOPE_SUBTREE,
            mode="refreshAndPersist",
            cookie=cookie or None,
            filterstr=FILTER,
            attrlist=WANTED,
        )

    def missed(self) -> Changes:
        """Return what happened while nobody listened. Raises CookieRefused and LDAP's errors."""
        try:
            while not self.is_live:
                self.poll(REFRESH_PATIENCE)
        except (*INCOMPLETE, *SILENT, ldap.UNAVAILABLE_CRITICAL_EXTENSION):
            raise
        except ldap.LDAPError as error:
            if self.changes.is_whole:
                raise
            raise CookieRefused(reason_of(error)) from error
        return self.taken()

    def next(self, seconds: float) -> Changes | None:
        """Return what has come, as soon as something has, None when nothing does within ``seconds``."""
        try:
            self.poll(seconds)
            while len(self.changes) < AT_ONCE:
                self.poll(QUIET)
        except ldap.TIMEOUT:
            pass
        return self.taken() if self.changes.cookie else None

    def poll(self, seconds: float) -> None:
        if not self.syncrepl_poll(self.message, timeout=seconds):
            raise ldap.UNAVAILABLE({"desc": "The directory stopped telling changes"})

    def taken(self) -> Changes:
        done, self.changes = self.changes, Changes()
        done.cookie = done.cookie or self.cookie
        return done

    # --- called by SyncreplConsumer ---

    def syncrepl_set_cookie(self, cookie: str) -> None:
        if cookie:
            self.cookie = self.changes.cookie = cookie

    def syncrepl_get_cookie(self) -> str | None:
        return self.cookie or None

    def syncrepl_entry(self, dn: str, attrs: dict[str, list[bytes]], uuid: str) -> None:
        key = UUID(uuid)
        self.changes.gone.discard(key)
        self.changes.said.add(dn, attrs, key)

    def syncrepl_delete(self, uuids: list[str]) -> None:
        self.changes.gone.update(map(UUID, uuids))

    def syncrepl_present(self, uuids: list[str] | None, refreshDeletes: bool = False) -> None:
        if self.changes.is_whole or self.is_live:
            return
        if uuids is not None:
            self.here.update(map(UUID, uuids))
        elif not refreshDeletes:
            self.changes.present = self.here

    def syncrepl_refreshdone(self) -> None:
        self.is_live = True
