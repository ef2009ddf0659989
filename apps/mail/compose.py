"""A message that is being written: what it begins with, and what becomes of it (RFC 5322, RFC 2045)."""

import mimetypes
import re
from dataclasses import dataclass, field
from email.encoders import encode_base64
from email.mime.base import MIMEBase
from email.utils import format_datetime, make_msgid

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from apps.mail import html, plain
from apps.mail.imap import Connection
from apps.mail.mailbox import Message
from apps.mail.mime import Address
from apps.mail.models import Signature
from sso.api import User

PREFIX = re.compile(r"^(?:(?:re|fwd?|tr|trả lời|chuyển tiếp)\s*:\s*)+", re.IGNORECASE)
MESSAGE_ID = re.compile(r"<[^<>\s]+>")
REFERENCES_KEPT = 20
SUBJECT_LENGTH = 250
QUOTED_LENGTH = 200_000  # of HTML; what is longer is quoted as text
EMPTY_LINE = "<div><br></div>"
PAGE = '<!doctype html>\n<html><head><meta charset="utf-8"></head><body>{}</body></html>\n'


@dataclass(frozen=True)
class File:
    """A file that goes with a message."""

    name: str
    content: bytes
    content_type: str = ""


@dataclass
class Letter:
    """What is sent or kept as a draft. ``text`` is plain; ``versions`` say the same in other forms, the best last."""

    to: list[Address] = field(default_factory=list)
    cc: list[Address] = field(default_factory=list)
    bcc: list[Address] = field(default_factory=list)
    subject: str = ""
    text: str = ""
    versions: list[tuple[str, str]] = field(default_factory=list)  # each with its content type
    files: list[File] = field(default_factory=list)
    in_reply_to: str = ""
    references: str = ""

    @property
    def recipients(self) -> list[str]:
        """Every address once, in the order they were given."""
        return list(dict.fromkeys(person.email for person in [*self.to, *self.cc, *self.bcc]))


def render(letter: Letter, sender: User, message_id: str, *, with_bcc: bool) -> bytes:
    """Return ``letter`` as it travels, or, with ``with_bcc``, as the sender keeps it."""
    headers = {"Message-ID": message_id, "Date": format_datetime(timezone.localtime())}
    if letter.in_reply_to:
        headers["In-Reply-To"] = letter.in_reply_to
    if letter.references:
        headers["References"] = letter.references
    if with_bcc and letter.bcc:
        headers["Bcc"] = ", ".join(map(str, letter.bcc))
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=str(Address(sender.full_name, sender.email)),
        to=[str(person) for person in letter.to],
        cc=[str(person) for person in letter.cc],
        headers=headers,
    )
    for content, content_type in letter.versions:
        mail.attach_alternative(content, content_type)
    for file in letter.files:
        guessed = file.content_type or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if guessed.startswith("text/"):  # as text its line ends would change on the way
            mail.attach(as_bytes(file.name, file.content, guessed))
        else:
            mail.attach(file.name, file.content, guessed)
    return mail.message().as_bytes(linesep="\r\n")


def as_bytes(name: str, content: bytes, content_type: str) -> MIMEBase:
    """Return a file as a part of a message that arrives byte for byte."""
    part = MIMEBase(*content_type.split("/", 1))
    part.set_payload(content)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    return part


def new_message_id() -> str:
    return make_msgid(domain=settings.MAIL_DOMAIN)


def formatted(written: str) -> tuple[str, str]:
    """Return what was written with a format as a version of a letter."""
    return PAGE.format(written), "text/html"


# --- what it begins with ------------------------------------------------------------------------


def new_letter(by: User) -> dict:
    """Return the fields of a message that answers nothing."""
    return _begin(by, "", "")


def reply_to(message: Message, by: User, *, to_all: bool) -> dict:
    """Return the fields of an answer to ``message``."""
    own = by.email.lower()
    people = [person for person in message.reply_to or message.senders if "@" in person.email]
    if people and all(person.email.lower() == own for person in people) and message.to:
        people = list(message.to)  # an answer to one's own message goes on to whom it went
    people = [person for person in people if person.email.lower() != own] or people
    others = [*message.to, *message.cc] if to_all else []
    named = {person.email.lower() for person in people} | {own}
    cc = list(
        {person.email.lower(): person for person in others if person.email.lower() not in named}.values()
    )
    return {
        "to": people_line(people),
        "cc": people_line(cc),
        "subject": f"Re: {PREFIX.sub('', message.subject)}"[:SUBJECT_LENGTH],
        **_begin(
            by,
            f"{_introduction(message)}\n{quote(message.plain)}\n",
            f"{plain.to_html(_introduction(message))}<blockquote>{_words(message)}</blockquote>",
        ),
    }


def forward_of(message: Message, by: User) -> dict:
    """Return the fields of a message that passes ``message`` on."""
    facts = [
        (pgettext("mail", "From"), people_line(message.senders)),
        (pgettext("mail", "Date"), date_format(timezone.localtime(message.sent_at), "d/m/Y H:i")),
        (pgettext("mail", "Subject"), message.subject),
        (pgettext("mail", "To"), people_line(message.to)),
        *([(gettext("Cc"), people_line(message.cc))] if message.cc else []),
    ]
    lines = "\n".join(f"{name}: {value}" for name, value in facts)
    title = gettext("Forwarded message")
    head = f"---------- {title} ----------\n{lines}\n\n"
    return {
        "subject": f"Fwd: {PREFIX.sub('', message.subject)}"[:SUBJECT_LENGTH],
        **_begin(by, f"{head}{message.plain}\n", plain.to_html(head) + _words(message)),
    }


def draft_of(message: Message) -> dict:
    """Return the fields of a draft that is taken up again."""
    return {
        "to": people_line(message.to),
        "cc": people_line(message.cc),
        "bcc": people_line(message.bcc),
        "subject": message.subject,
        "text": message.plain,
        "html": html.clean_written(message.html),
    }


def _begin(by: User, text: str, written: str) -> dict:
    """Return a message in both versions: room to write, the signature, then what it answers."""
    signed = signature_of(by)
    if signed:
        signed = f"-- \n{signed}\n"
        text = f"{signed}\n{text}" if text else signed
        written = f"{plain.to_html(signed)}{EMPTY_LINE if written else ''}{written}"
    return {"text": f"\n\n{text}", "html": f"{EMPTY_LINE * 2}{written}"} if text else {"text": "", "html": ""}


def signature_of(person: User) -> str:
    return Signature.objects.filter(user=person).values_list("text", flat=True).first() or ""


def _words(message: Message) -> str:
    """Return the words of ``message`` with their format, as far as it is not excessive."""
    written = html.clean_written(message.html)
    return written if 0 < len(written) <= QUOTED_LENGTH else plain.to_html(message.plain)


def people_line(people) -> str:
    return ", ".join(str(person) for person in people)


def quote(text: str) -> str:
    """Return ``text`` with the mark of a quotation before each line."""
    return "\n".join(
        f">{line}" if line.startswith(">") else f"> {line}" for line in text.rstrip().splitlines()
    )


def _introduction(message: Message) -> str:
    at = timezone.localtime(message.sent_at)
    return gettext("On %(day)s at %(time)s, %(who)s wrote:") % {
        "day": date_format(at, "d/m/Y"),
        "time": date_format(at, "H:i"),
        "who": people_line(message.senders),
    }


def threading_of(box: Connection, message: Message, *, is_draft: bool) -> dict:
    """Return In-Reply-To and References of an answer to the open mailbox's ``message`` (RFC 5322 §3.6.4)."""
    answer = box.message(message.uid, "BODY.PEEK[HEADER.FIELDS (REFERENCES)]")
    raw = next((value for key, value in answer.items() if key.startswith(b"BODY[")), b"") or b""
    known = MESSAGE_ID.findall(raw.decode("ascii", "ignore"))
    if is_draft:
        own = MESSAGE_ID.search(message.in_reply_to)
        return {"in_reply_to": own[0] if own else "", "references": " ".join(known)}
    found = MESSAGE_ID.search(message.message_id)
    if not found:
        return {}
    chain = list(dict.fromkeys([*(known or MESSAGE_ID.findall(message.in_reply_to)), found[0]]))
    return {"in_reply_to": found[0], "references": " ".join([*chain[:1], *chain[1:][-REFERENCES_KEPT:]])}
