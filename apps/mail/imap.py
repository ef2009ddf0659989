"""One signed-in IMAP connection (RFC 9051), and what a mailbox page asks of it."""

import re
import select
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError
from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.response_parser import parse_fetch_response, parse_response

from apps.mail.finding import criteria
from apps.mail.mime import Head, Summary, head_of, stand_in, summary_of
from sso.api import look_up

CONNECT_SECONDS = 3
READ_SECONDS = 8  # less than the 9 that the home page waits for a card
ROWS_KEPT = 500  # of a mailbox: what a row of a list shows never changes but for its flags
MAILBOXES_KEPT = 20
HEADS_KEPT = 10  # a page, its frame and its files ask for the same message

STRUCTURE = "BODYSTRUCTURE"
CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# What a mailbox page asks for: no text of a sender, so nothing is quoted.
FLAGS = re.compile(rb"\d+ \(UID (\d+) FLAGS \(([^()]*)\)\)")


class Missing(Exception):
    """The mailbox, the message or the part is not there."""


class NotAllowed(Exception):
    """The server does not let this person do it in this mailbox, which is shared by somebody else (RFC 4314)."""


class Unreadable(IMAPClientAbortError):
    """The server's answer is not what RFC 9051 §9 allows; the connection is in order."""


class NotKept(Exception):
    """The server did not store a message; ``is_full`` says that there was no room for it (RFC 9208 §4.3.1)."""

    def __init__(self, answer: str):
        super().__init__(answer)
        self.is_full = "OVERQUOTA" in answer.upper() or "quota exceeded" in answer.lower()


@dataclass(frozen=True, slots=True)
class Listed:
    """A mailbox as LIST and STATUS tell of it (RFC 5819)."""

    name: str
    attributes: frozenset[bytes]
    messages: int
    unseen: int
    mark: str  # another one when anything in it has changed


@dataclass(frozen=True, slots=True)
class Moved:
    """How many messages lie in ``folder`` now; their uids there, as far as the server tells (RFC 4315)."""

    folder: str
    count: int
    uidvalidity: int = 0
    uids: str = ""


@contextmanager
def allowed() -> Iterator[None]:
    """Turn what the server refuses into NotAllowed."""
    try:
        yield
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        raise NotAllowed(str(error)) from error


def _body(number: str, limit_bytes: int) -> str:
    return f"BODY.PEEK[{number}]" + (f"<0.{limit_bytes}>" if limit_bytes else "")


def _content(answer: dict[bytes, object]) -> bytes:
    return next((value or b"" for key, value in answer.items() if key.startswith(b"BODY[")), b"")


def _listed(names: Iterable[tuple], counts: dict[str, dict[bytes, int]]) -> list[Listed]:
    return [
        Listed(
            name,
            frozenset(flags),
            counts[name][b"MESSAGES"],
            counts[name][b"UNSEEN"],
            ".".join(str(count) for _, count in sorted(counts[name].items())),
        )
        for flags, name in names
        if name in counts
    ]


class Connection(IMAPClient):
    """A person's own mailbox. The mailbox last asked for stays selected."""

    def __init__(self, url: str, username: str, token: str):
        parts = urlsplit(url)
        is_tls = parts.scheme == "imaps"
        look_up(parts.hostname, parts.port or 0, CONNECT_SECONDS)
        super().__init__(
            parts.hostname,
            parts.port,
            ssl=is_tls,
            ssl_context=ssl.create_default_context() if is_tls else None,
            timeout=SocketTimeout(CONNECT_SECONDS, READ_SECONDS),
        )
        self._imap.debug = 0  # imaplib would otherwise spell out every line for a log that nobody reads
        self.normalise_times = False
        self.mailbox = ""
        self.is_read_only = False
        self.messages = 0
        self.is_fresh = False  # whether the server has told what is new since the connection was lent
        self.drawn: dict[tuple, str] = {}  # HTML; like the connection it is of one person
        self.list_drawn: tuple[tuple, str] = ((), "")  # drawn last: what it shows, and how
        self._rows: dict[tuple[str, int], dict[int, Summary]] = {}
        self._heads: dict[tuple[str, int, int], Head] = {}
        self._listed: tuple[tuple, list[Listed]] = ((), [])
        try:
            self.oauthbearer_login(username, token)
        except BaseException:
            self.drop()
            raise

    # --- life ---

    def is_alive(self) -> bool:
        """Whether the server has not closed the connection: then nothing waits to be read."""
        poll = select.poll()
        poll.register(self.socket(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return not poll.poll(0)

    def drop(self) -> None:
        """Close at once, without asking the server."""
        with suppress(OSError, IMAPClientError):
            self.shutdown()

    # --- mailboxes ---

    def open(self, mailbox: str) -> int:
        """Select ``mailbox`` unless it is, learn what is new in it, and return how many messages it holds."""
        if mailbox == self.mailbox:
            if not self.is_fresh:
                self._imap.noop()
        elif CONTROL.search(mailbox):  # servers repeat the name in their answer, where a line would end in it
            raise Missing(mailbox)
        else:
            self.mailbox = ""
            try:
                answer = self.select_folder(mailbox)
            except IMAPClientReadOnlyError:
                answer = self.select_folder(mailbox, readonly=True)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                raise Missing(mailbox) from error
            self.mailbox, self.messages = mailbox, 0
            self.is_read_only = b"READ-ONLY" in answer
            self.uidvalidity = answer[b"UIDVALIDITY"]
        self._count()
        self.is_fresh = True
        return self.messages

    def mailboxes(self) -> list[Listed]:
        """Return every mailbox with its counts, in one command where the server can (RFC 5819)."""
        if not self.has_capability("LIST-STATUS"):
            names = [(flags, name) for flags, _, name in self.list_folders() if b"\\Noselect" not in flags]
            listed = _listed(names, {name: self.folder_status(name, self._counts) for _, name in names})
        else:
            wanted = f"RETURN (SPECIAL-USE STATUS ({' '.join(self._counts)}))"
            kind, data = self._imap._simple_command("LIST", '""', '"*"', wanted)
            self._checkok("LIST", kind, data)
            names = self._imap._untagged_response(kind, data, "LIST")[1]
            counts = self._imap._untagged_response(kind, data, "STATUS")[1]
            listed = self._parsed_list(names, counts)
        self._count()
        return listed

    def status(self, mailbox: str) -> Listed:
        """Return the counts of ``mailbox``. Raises Missing."""
        if CONTROL.search(mailbox):
            raise Missing(mailbox)
        if mailbox == self.mailbox:
            self.open(mailbox)  # of the open one the server tells what it has told before
        try:
            return _listed([((), mailbox)], {mailbox: self.folder_status(mailbox, self._counts)})[0]
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            raise Missing(mailbox) from error

    # --- messages ---

    def rows(self, first: int, last: int) -> list[tuple[Summary, frozenset[bytes]]]:
        """Return the messages at places ``first`` to ``last`` of the open mailbox, the newest first."""
        if last < 1:
            return []
        kind, data = self._imap.fetch(f"{max(first, 1)}:{last}", "(UID FLAGS)")
        return self._with_rows(self._parsed_flags(kind, data))

    def rows_of(self, uids: Iterable[int]) -> list[tuple[Summary, frozenset[bytes]]]:
        """Return the messages ``uids`` of the open mailbox that are still there, the newest first."""
        found = self._fetch(uids, "FLAGS")
        return self._with_rows({uid: answer[b"FLAGS"] for uid, answer in found.items() if b"FLAGS" in answer})

    def message(self, uid: int, *items: str) -> dict[bytes, object]:
        """Return ``items`` of one message (RFC 9051 §6.4.5). Raises Missing."""
        found = self._fetch([uid], *items).get(uid)
        if found is None:
            raise Missing(uid)
        return found

    def head(self, uid: int) -> Head:
        """Return what a message says of itself, which never changes. Raises Missing."""
        key = (self.mailbox, self.uidvalidity, uid)
        if key not in self._heads:
            answer = self.message(uid, "ENVELOPE", "INTERNALDATE", STRUCTURE)
            while len(self._heads) >= HEADS_KEPT:
                del self._heads[next(iter(self._heads))]
            self._heads[key] = head_of(answer)
        return self._heads[key]

    def content(self, uid: int, number: str, limit_bytes: int = 0) -> bytes:
        """Return part ``number`` as it was sent, its first ``limit_bytes`` when given."""
        return _content(self.message(uid, _body(number, limit_bytes)))

    def flags_and_content(
        self, uid: int, number: str | None, limit_bytes: int
    ) -> tuple[frozenset[bytes], bytes]:
        """Return the flags of a message, and of part ``number`` the first ``limit_bytes``. One command."""
        found = self.message(uid, "FLAGS", *([_body(number, limit_bytes)] if number else []))
        return frozenset(found[b"FLAGS"]), _content(found)

    @property
    def tells_changes(self) -> bool:
        """Whether ``Listed.mark`` is another one after every change, of flags too (RFC 7162)."""
        return self.has_capability("CONDSTORE")

    @property
    def finds_without_accents(self) -> bool:
        """Whether the server looks words up in an index without accents: then it says SEARCH=FUZZY (RFC 6203)."""
        return self.has_capability("SEARCH=FUZZY")

    def find(self, text: str, *, is_full: bool) -> list[int]:
        """Return the messages that hold ``text`` in subject or addresses, or anywhere, the newest first.

        Without an index the server compares letters whatever their case, but with their accents (RFC 5051);
        with one it finds every word of ``text``, wherever it stands.
        """
        wanted = criteria(text, is_full=is_full, has_index=self.finds_without_accents)
        found = self.search(wanted, charset="UTF-8") if wanted else []
        self._count()
        return sorted(found, reverse=True)

    def change_flags(self, uids: list[int], flag: bytes, is_on: bool) -> None:
        """Set or take away ``flag``. Raises NotAllowed; that a message was read is not noted where nothing can be."""
        if self.is_read_only and flag == b"\\Seen":
            return
        with allowed():
            (self.add_flags if is_on else self.remove_flags)(uids, [flag], silent=True)
        self._count()

    def move_to(self, uids: list[int], mailbox: str) -> Moved:
        """Move what is still there of messages of the open mailbox, and return where it lies. Raises NotAllowed."""
        uids = list(self._fetch(uids, "FLAGS"))
        if not uids:
            return Moved(mailbox, 0)
        self._imap.untagged_responses.pop("COPYUID", None)
        with allowed():
            (self.move if self.has_capability("MOVE") else self.copy)(uids, mailbox)
        told = self._imap.untagged_responses.pop("COPYUID", [b""])[-1].decode("ascii", "replace").split()
        if not self.has_capability("MOVE"):
            self.erase(uids)
        self._count()
        return (
            Moved(mailbox, len(uids), int(told[0]), told[2]) if len(told) == 3 else Moved(mailbox, len(uids))
        )

    def erase(self, uids: list[int]) -> None:
        """Delete messages of the open mailbox for good. Raises NotAllowed."""
        with allowed():
            self.delete_messages(uids, silent=True)
            self.uid_expunge(uids)
        self._count()

    def add_message(self, mailbox: str, content: bytes, *flags: bytes) -> int:
        """Append a message and return its uid, 0 when the server does not tell (RFC 4315). Raises NotKept."""
        try:
            answer = self.append(mailbox, content, flags)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            raise NotKept(str(error)) from error
        told = re.search(rb"APPENDUID \d+ (\d+)", answer)
        self._count()
        return int(told[1]) if told else 0

    # --- reading answers ---

    def _fetch(self, uids: Iterable[int], *items: str) -> dict[int, dict]:
        uids = [uid for uid in uids if 0 < uid < 2**32]
        if not uids:
            return {}
        kind, data = self._imap.uid("FETCH", ",".join(map(str, uids)), f"({' '.join(items)})")
        try:
            return self._parsed(kind, data)
        except Unreadable:
            if STRUCTURE not in items:
                raise
        if len(uids) > 1:  # the others are not to blame
            middle = len(uids) // 2
            return self._fetch(uids[:middle], *items) | self._fetch(uids[middle:], *items)
        found = self._fetch(uids, "INTERNALDATE", "BODY.PEEK[HEADER]")
        return {uid: answer | stand_in(_content(answer)) for uid, answer in found.items()}

    @property
    def _counts(self) -> list[str]:
        counts = ["MESSAGES", "UNSEEN", "UIDNEXT"]
        return [*counts, "HIGHESTMODSEQ"] if self.tells_changes else counts

    def _parsed_list(self, names: list, counts: list) -> list[Listed]:
        """Return what LIST and STATUS answered. Mostly it is what they answered last time."""
        answer = (tuple(names), tuple(counts))
        if answer != self._listed[0]:
            told = parse_response(counts)
            status = {
                decode_utf7(name) if isinstance(name, bytes) else str(name): dict(
                    zip(items[::2], items[1::2], strict=True)
                )
                for name, items in zip(told[::2], told[1::2], strict=True)
            }
            listed = [(flags, name) for flags, _, name in self._proc_folder_list(names)]
            self._listed = (answer, _listed(listed, status))
        return self._listed[1]

    def _parsed_flags(self, kind: str, data: list) -> dict[int, tuple[bytes, ...]]:
        """Return the answers to (UID FLAGS) by uid, read six times as quickly as any answer can be."""
        self._checkok("FETCH", kind, data)
        self._count()
        found = {}
        for line in data:
            simple = FLAGS.fullmatch(line) if isinstance(line, bytes) else None
            if simple:
                found[int(simple[1])] = tuple(simple[2].split())
            elif line is not None:
                answers = self._parsed(kind, data)
                return {uid: answer[b"FLAGS"] for uid, answer in answers.items() if b"FLAGS" in answer}
        return found

    def _parsed(self, kind: str, data: list) -> dict[int, dict]:
        """Return the answers by uid. What the server tells unasked has no uid and is left out."""
        self._checkok("FETCH", kind, data)
        self._count()
        if data == [None]:
            return {}
        try:
            answers = parse_fetch_response(data, self.normalise_times, False)
        except (IMAPClientError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise Unreadable(f"unreadable answer: {error}") from error
        return {answer[b"UID"]: answer for answer in answers.values() if b"UID" in answer}

    def _with_rows(self, flags: dict[int, tuple[bytes, ...]]) -> list[tuple[Summary, frozenset[bytes]]]:
        if len(self._rows) > MAILBOXES_KEPT:
            self._rows.clear()
        rows = self._rows.setdefault((self.mailbox, self.uidvalidity), {})
        new = [uid for uid in flags if uid not in rows]
        if new:
            if len(rows) > ROWS_KEPT:
                rows.clear()
                new = list(flags)
            preview = ["PREVIEW"] if self.has_capability("PREVIEW") else []
            items = ["ENVELOPE", "INTERNALDATE", STRUCTURE, *preview]
            for uid, answer in self._fetch(new, *items).items():
                rows[uid] = summary_of(uid, answer)
        return [(rows[uid], frozenset(flags[uid])) for uid in sorted(flags, reverse=True) if uid in rows]

    def _count(self) -> None:
        """Take note of messages that came or went meanwhile; forget what else was told unasked."""
        gone = self._imap.untagged_responses.pop("EXPUNGE", [])
        came = self._imap.untagged_responses.pop("EXISTS", [])
        for name in ("RECENT", "FETCH", "FLAGS"):
            self._imap.untagged_responses.pop(name, None)
        self.messages = int(came[-1]) if came else self.messages - len(gone)
