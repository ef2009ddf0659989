"""What a message says of itself, however broken it is (RFC 2045–2047, RFC 2231)."""

import base64
import binascii
import email
import email.utils
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header

from imapclient.response_types import Address as Listed
from imapclient.response_types import BodyData, Envelope

from sso.api import nfc

# Control characters, and those that turn the direction of writing: they make "exe.fdp" of "pdf.exe".
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
HALF = re.compile("[\ud800-\udfff]")  # of a pair of UTF-16: UTF-7 spells it, no page can hold it
NO_LETTERS = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
NAMELESS = {"application/octet-stream", "application/x-download", "application/force-download"}
NAMED = {"ics": "text/calendar", "pdf": "application/pdf"}  # what other apps take, known by its name
WORD = r"=\?[^?]{1,80}\?[bq]\?.{0,2000}?\?="
WORDS = re.compile(rf"{WORD}(?:\s*{WORD})*", re.IGNORECASE | re.DOTALL)  # with nothing but space between them


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox as headers write it. ``name`` may be empty."""

    name: str
    email: str

    @property
    def label(self) -> str:
        """The name, else the address."""
        return self.name or self.email

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.label.split()[-2:]).upper()

    def __str__(self):
        if not self.name:
            return self.email
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return (
            f'"{quoted}" <{self.email}>'
            if re.search(r'[,;:<>@()"\\\[\]]', self.name)
            else f"{self.name} <{self.email}>"
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """What a row of a list shows of a message and never changes."""

    uid: int
    subject: str
    senders: tuple[Address, ...]
    recipients: tuple[Address, ...]
    sent_at: datetime
    preview: str
    has_attachment: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of a message's structure. ``number`` is its place (RFC 9051 §6.4.5), sizes are as sent."""

    number: str
    content_type: str
    charset: str
    encoding: str
    name: str
    content_id: str
    disposition: str
    size_bytes: int
    flow: str = (
        ""  # of a text whose lines go on: "flowed", or "delsp" where their last space is not meant (RFC 3676)
    )

    @property
    def is_text(self) -> bool:
        """Whether it may be the words of the message itself."""
        is_body = self.content_type in {"text/plain", "text/html"}
        return is_body and self.disposition != "attachment" and not self.name

    @property
    def is_blank(self) -> bool:
        """Whether it is a text that says nothing: some programs send such an HTML beside their words."""
        return self.is_text and not self.size_bytes

    @property
    def is_inline_image(self) -> bool:
        is_image = self.content_type in {"image/png", "image/jpeg", "image/gif", "image/webp"}
        return is_image and bool(self.content_id) and self.disposition != "attachment"

    @property
    def decoded_bytes(self) -> int:
        """The size once decoded, roughly."""
        return self.size_bytes * 3 // 4 if self.encoding == "base64" else self.size_bytes

    def decode(self, raw: bytes) -> bytes:
        """Return the content of ``raw``, which is this part as it was sent, perhaps cut short."""
        if self.encoding == "base64":
            letters = raw.translate(None, delete=NO_LETTERS)
            letters = letters[:-1] if len(letters) % 4 == 1 else letters
            try:
                return base64.b64decode(letters + b"=" * (-len(letters) % 4))
            except binascii.Error:
                return raw
        if self.encoding == "quoted-printable":
            return quopri.decodestring(raw)
        return raw

    def text(self, raw: bytes) -> str:
        """Return the words of ``raw``, which is this part as it was sent, each paragraph on one line."""
        words = to_text(self.decode(raw), self.charset)
        return joined(words, drops_space=self.flow == "delsp") if self.flow else words


@dataclass(kw_only=True)
class Head:
    """What a message says of itself: the envelope and the parts."""

    subject: str
    message_id: str
    in_reply_to: str
    senders: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    sent_at: datetime
    parts: tuple[Part, ...]


def head_of(answer: dict) -> Head:
    """Return the head of a message from the answer to ENVELOPE, INTERNALDATE, BODYSTRUCTURE."""
    envelope: Envelope = answer[b"ENVELOPE"]
    return Head(
        subject=words(envelope.subject),
        message_id=words(envelope.message_id),
        in_reply_to=words(envelope.in_reply_to),
        senders=addresses(envelope.from_),
        reply_to=addresses(envelope.reply_to),
        to=addresses(envelope.to),
        cc=addresses(envelope.cc),
        bcc=addresses(envelope.bcc),
        sent_at=moment(envelope.date, answer.get(b"INTERNALDATE")),
        parts=tuple(parts_of(answer[b"BODYSTRUCTURE"])),
    )


def summary_of(uid: int, answer: dict) -> Summary:
    """Return the row of a message from the answer to ENVELOPE, BODYSTRUCTURE, INTERNALDATE, PREVIEW."""
    envelope: Envelope = answer[b"ENVELOPE"]
    preview = answer.get(b"PREVIEW") or b""
    return Summary(
        uid=uid,
        subject=words(envelope.subject),
        senders=addresses(envelope.from_),
        recipients=addresses(envelope.to) or addresses(envelope.cc),
        sent_at=moment(envelope.date, answer.get(b"INTERNALDATE")),
        preview=one_line(preview.decode("utf-8", "replace") if isinstance(preview, bytes) else str(preview)),
        has_attachment=any(
            not (part.is_text or part.is_inline_image) for part in parts_of(answer[b"BODYSTRUCTURE"])
        ),
    )


def stand_in(header: bytes) -> dict:
    """Return ENVELOPE and BODYSTRUCTURE of a message whose own ones nobody can read.

    They say what is in its ``header``, and that all the rest is a text.
    """
    found = email.message_from_string(to_text(header, "utf-8"))
    people = (
        [told(one) for one in email.utils.getaddresses(found.get_all(name, [])) if "@" in one[1]]
        for name in ("From", "Sender", "Reply-To", "To", "Cc", "Bcc")
    )
    texts = [found[name] and found[name].encode() for name in ("In-Reply-To", "Message-ID")]
    subject = (found["Subject"] or "").encode()
    return {b"ENVELOPE": Envelope(None, subject, *people, *texts), b"BODYSTRUCTURE": ALL_TEXT}


def told(person: tuple[str, str]) -> Listed:
    """Return a name and an address as an ENVELOPE lists them."""
    name, address = (one.encode() for one in person)
    return Listed(name, None, *address.rsplit(b"@", 1))


def moment(written: datetime | None, received: datetime | None) -> datetime:
    """Return when a message was sent: as its header says, but never after it came."""
    received = in_utc(received) or datetime.now(UTC)
    return min(in_utc(written) or received, received)


def in_utc(at: datetime | None) -> datetime | None:
    """Return ``at`` in UTC; None for an impossible one, such as an offset of 99 hours."""
    try:
        return at and (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


# --- headers ------------------------------------------------------------------------------------


def one_line(text: str) -> str:
    """Return ``text`` without invisible characters, on one line, in NFC."""
    return " ".join(nfc(INVISIBLE.sub(" ", text)).split())


def words(raw: bytes | str | int | None) -> str:
    """Return a header's text with its encoded words decoded (RFC 2047)."""
    if raw is None:
        return ""
    text = to_text(raw if isinstance(raw, bytes) else str(raw).encode(), "utf-8")
    return one_line(WORDS.sub(_decoded, text) if "=?" in text else text)


def _decoded(found: re.Match) -> str:
    try:
        pieces = decode_header(found[0])
    except (HeaderParseError, ValueError):
        return found[0]
    return "".join(to_text(piece, charset) if charset else found[0] for piece, charset in pieces)


def to_text(content: bytes, charset: str) -> str:
    """Return ``content`` read as ``charset``, or as the likeliest one when that is unknown or wrong."""
    for name in (charset, "utf-8", "windows-1258"):
        try:
            return HALF.sub("\N{REPLACEMENT CHARACTER}", content.decode(name))
        except (LookupError, ValueError, TypeError):
            continue
    return content.decode("latin-1")


def joined(text: str, *, drops_space: bool) -> str:
    """Return the lines of format=flowed as they were written: what ends with a space goes on (RFC 3676 §4)."""
    lines, goes_on = [], None  # the depth of the quotation that goes on
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        is_signature = words == "-- "
        if goes_on == depth and not is_signature:
            lines[-1] += words
        else:
            lines.append(f"{'>' * depth} {words}" if depth else words)
        goes_on = depth if words.endswith(" ") and not is_signature else None
        if goes_on is not None and drops_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def addresses(found) -> tuple[Address, ...]:
    """Return the addresses of an envelope's field, without the marks of groups."""
    people = (
        Address(words(one.name), _address(one.mailbox, one.host))
        for one in found or ()
        if one.mailbox and one.host
    )
    return tuple(person for person in people if person.label)


def _address(mailbox, host) -> str:
    """Return the two as one, without what Dovecot writes where a header has none: "MAILER-DAEMON" has no host."""
    parts = [to_text(_bytes(one), "utf-8") for one in (mailbox, host)]
    return one_line("@".join(part for part in parts if part not in ("MISSING_MAILBOX", "MISSING_DOMAIN")))


def _bytes(value) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


# --- structure ----------------------------------------------------------------------------------

ALL_TEXT = BodyData((b"text", b"plain", (b"charset", b"utf-8"), None, None, b"8bit", 1, 1))


def parts_of(structure: BodyData) -> list[Part]:
    """Return the leaves of a BODYSTRUCTURE in their order. A message inside a message is one leaf."""
    try:
        return list(_leaves(structure, ""))
    except (TypeError, LookupError, AttributeError, ValueError):  # no such thing as RFC 9051 §7.5.2 tells of
        return list(_leaves(ALL_TEXT, ""))


def _leaves(structure: BodyData, number: str) -> Iterator[Part]:
    if structure.is_multipart:
        for place, part in enumerate(structure[0], 1):
            yield from _leaves(part, f"{number}.{place}" if number else str(place))
        return
    kind, subtype = (_word(structure[place]) for place in (0, 1))
    parameters = _parameters(structure[2])
    # Behind the size: lines of a text; envelope, structure and lines of a message; then MD5 and disposition.
    behind = 7 + (1 if kind == "text" else 3 if (kind, subtype) == ("message", "rfc822") else 0)
    told = structure[behind + 1] if len(structure) > behind + 1 else None
    disposition, more = (_word(told[0]), _parameters(told[1])) if told else ("", {})
    name = more.get("filename") or parameters.get("name") or ""
    if not name and (kind, subtype) == ("message", "rfc822"):
        name = f"{words(structure[7][1]) or 'message'}.eml"
    content_type = f"{kind}/{subtype}"
    if content_type in NAMELESS:  # what many programs call every file
        content_type = NAMED.get(safe_name(name).lower().rpartition(".")[2], content_type)
    yield Part(
        number=number or "1",
        content_type=content_type,
        charset=parameters.get("charset") or "utf-8",
        encoding=_word(structure[5]),
        name=safe_name(name),
        content_id=words(structure[3]).strip("<> "),
        disposition=disposition,
        size_bytes=structure[6] if isinstance(structure[6], int) else 0,
        flow=_flow(parameters) if content_type == "text/plain" else "",
    )


def _flow(parameters: dict[str, str]) -> str:
    if parameters.get("format", "").lower() != "flowed":
        return ""
    return "delsp" if parameters.get("delsp", "").lower() == "yes" else "flowed"


def _word(value) -> str:
    return to_text(_bytes(value), "utf-8").strip().lower() if value is not None else ""


def _parameters(pairs) -> dict[str, str]:
    """Return the parameters by lower-case name, with continuations and charsets resolved (RFC 2231)."""
    if not pairs:
        return {}
    texts = [to_text(_bytes(one), "utf-8") if one is not None else "" for one in pairs]
    given = list(zip(texts[::2], texts[1::2], strict=False))
    try:
        found = email.utils.decode_params([("", ""), *((key.lower(), value) for key, value in given)])[1:]
    except (ValueError, LookupError):
        found = given
    return {key.lower(): _parameter(value) for key, value in found}


def _parameter(value) -> str:
    if isinstance(value, tuple):  # charset, language, percent-decoded text with one character for each byte
        charset, _, text = value
        return one_line(to_text(email.utils.unquote(text).encode("latin-1", "replace"), charset or "utf-8"))
    return words(email.utils.unquote(value))


def safe_name(name: str) -> str:
    """Return ``name`` as a file's name: no folders, nothing invisible, not too long."""
    name = one_line(re.sub(r'[\\/:*?"<>|]+', "_", name)).strip(". ")
    stem, dot, ending = name.rpartition(".")
    return f"{stem[:120]}{dot}{ending[:16]}" if dot else name[:120]
