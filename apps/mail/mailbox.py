"""Reads: the folders of a mailbox, rows of a list, one message."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from zlib import crc32

from django.core.paginator import Page, Paginator
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.mail import html, plain
from apps.mail.imap import Connection, Listed, Missing
from apps.mail.mime import Address, Head, Part, Summary, to_text
from intranet.api import Item, has_card
from sso.api import User, collation_key

INBOX = "INBOX"
PAGE_SIZE = 50
CARD_BYTES = 512 * 1024  # of a file that an app has more to say of, such as an invitation
TEXT_BYTES = 256 * 1024  # of a text that is shown; the rest is in the message as a file
HTML_BYTES = 2 * 1024 * 1024

SEEN, FLAGGED, ANSWERED, FORWARDED = b"\\Seen", b"\\Flagged", b"\\Answered", b"$Forwarded"


@dataclass(frozen=True)
class Kind:
    """A folder with a purpose (RFC 6154): its name for people, and where it stands."""

    name: str
    label: str
    icon: str


KINDS = {
    b"\\Inbox": Kind("inbox", _("Inbox"), "inbox"),
    b"\\Drafts": Kind("drafts", pgettext_lazy("mail", "Drafts"), "edit"),
    b"\\Sent": Kind("sent", pgettext_lazy("mail", "Sent"), "send"),
    b"\\Archive": Kind("archive", _("Archive"), "archive"),
    b"\\Junk": Kind("junk", _("Junk"), "alert-octagon"),
    b"\\Trash": Kind("trash", _("Trash"), "trash"),
}
USUAL_NAMES = {kind.name.capitalize(): attribute for attribute, kind in KINDS.items()}
ORDER = [kind.name for kind in KINDS.values()]


@dataclass(frozen=True)
class Folder:
    """A mailbox as the side of the page shows it."""

    name: str
    kind: str
    label: str
    icon: str
    messages: int
    unseen: int
    mark: str

    @property
    def url(self) -> str:
        return folder_url(self.name)

    @property
    def count_id(self) -> str:
        return f"mail-count-{self.kind or f'{crc32(self.name.encode()):08x}'}"

    @property
    def count(self) -> int:
        """The number beside the name: what is unread, or how many drafts wait."""
        if self.kind in {"sent", "trash", "junk"}:
            return 0
        return self.messages if self.kind == "drafts" else self.unseen

    @property
    def shows_recipients(self) -> bool:
        """Whether its messages are one's own, so the other side is whom they go to."""
        return self.kind in {"sent", "drafts"}


@dataclass(frozen=True, slots=True)
class Row:
    """A message in a list."""

    summary: Summary
    flags: frozenset[bytes]
    people: tuple[Address, ...]
    url: str
    is_here: bool = False

    @property
    def who(self) -> str:
        return ", ".join(person.label for person in self.people[:3])

    @property
    def is_unread(self) -> bool:
        return SEEN not in self.flags

    @property
    def is_flagged(self) -> bool:
        return FLAGGED in self.flags

    @property
    def is_answered(self) -> bool:
        return ANSWERED in self.flags

    @property
    def is_forwarded(self) -> bool:
        return FORWARDED in self.flags


@dataclass(kw_only=True)
class Message(Head):
    """A message that is read."""

    uid: int
    flags: frozenset[bytes]
    text: str = ""
    html: str = ""
    is_cut: bool = False
    attachments: list[Part] = field(default_factory=list)

    @property
    def is_flagged(self) -> bool:
        return FLAGGED in self.flags

    @property
    def is_unread(self) -> bool:
        return SEEN not in self.flags

    @property
    def has_remote_images(self) -> bool:
        return html.has_remote_images(self.html)

    @property
    def plain(self) -> str:
        """The words, to quote them or to hand them over."""
        return self.text or plain.from_html(self.html)


# --- folders ------------------------------------------------------------------------------------


def folders_of(box: Connection) -> list[Folder]:
    """Return the folders: those with a purpose first, then one's own by name."""
    listed = box.mailboxes()
    taken = {attribute for one in listed for attribute in one.attributes}
    found = [_folder(one, taken) for one in listed]
    return sorted(
        found, key=lambda one: (ORDER.index(one.kind) if one.kind else len(ORDER), collation_key(one.label))
    )


def _folder(one: Listed, taken: set[bytes]) -> Folder:
    attribute = next((name for name in KINDS if name in one.attributes), None)
    usual = USUAL_NAMES.get(one.name)
    if one.name.upper() == INBOX:
        attribute = b"\\Inbox"
    elif attribute is None and usual not in taken:
        attribute = usual
    kind = KINDS.get(attribute, Kind("", one.name, "folder"))
    return Folder(one.name, kind.name, str(kind.label), kind.icon, one.messages, one.unseen, one.mark)


@lru_cache(maxsize=1000)
def folder_url(name: str) -> str:
    return reverse("mail:folder", args=[name])


def folder_named(folders: Iterable[Folder], name: str) -> Folder:
    """Return the folder of that name. Raises Missing."""
    for folder in folders:
        if folder.name == name:
            return folder
    raise Missing(name)


def folder_for(box: Connection, purpose: str) -> str:
    """Return the name of the folder for "trash", "sent" … , made when there is none."""
    folders = folders_of(box)
    found = next((folder.name for folder in folders if folder.kind == purpose), None)
    if found is None:
        found = purpose.capitalize()
        box.create_folder(found)
    return found


# --- lists --------------------------------------------------------------------------------------


def page_of(
    box: Connection,
    folder: Folder,
    number: str | None,
    *,
    query: str = "",
    is_full: bool = False,
    tail: str = "",
    uid: int = 0,
) -> Page:
    """Return a page of rows of ``folder``, the newest first. ``tail`` ends the rows' addresses."""
    total = box.open(folder.name)
    found = box.find(query, is_full=is_full) if query else range(total)
    page = Paginator(found, PAGE_SIZE).get_page(number)
    if query:
        rows = box.rows_of(page.object_list)
    else:
        rows = box.rows(total - page.end_index() + 1, total - page.start_index() + 1 if total else 0)
    page.object_list = [
        Row(
            summary,
            flags,
            summary.recipients if folder.shows_recipients else summary.senders,
            f"{folder.url}{summary.uid}/{tail}",
            summary.uid == uid,
        )
        for summary, flags in rows
    ]
    return page


def newest(box: Connection, limit: int) -> list[Row]:
    """Return the newest rows of the inbox."""
    total = box.open(INBOX)
    url = folder_url(INBOX)
    return [
        Row(summary, flags, summary.senders, f"{url}{summary.uid}/")
        for summary, flags in box.rows(total - limit + 1, total)
    ]


# --- one message --------------------------------------------------------------------------------


def read_message(box: Connection, mailbox: str, uid: int) -> Message:
    """Return message ``uid`` of ``mailbox`` with its words. Raises Missing."""
    box.open(mailbox)
    head = box.head(uid)
    shown = body_of(head.parts)
    is_html = shown is not None and shown.content_type == "text/html"
    limit = HTML_BYTES if is_html else TEXT_BYTES
    flags, content = box.flags_and_content(uid, shown and shown.number, limit)
    words = shown.text(content) if shown else ""
    return Message(
        **vars(head),
        uid=uid,
        flags=flags,
        html=words if is_html else "",
        text="" if is_html else words,
        is_cut=shown is not None and (shown.size_bytes > limit or (is_html and html.cut(words) != words)),
        attachments=attachments_of(head.parts, shown),
    )


def body_of(parts: Sequence[Part]) -> Part | None:
    """Return the part that is read: the first HTML, else the first text."""
    texts = [part for part in parts if part.is_text and not part.is_blank]
    return next((part for part in texts if part.content_type == "text/html"), texts[0] if texts else None)


def attachments_of(parts: Sequence[Part], shown: Part | None) -> list[Part]:
    """Return what comes with the message: all that is neither read nor a picture within it.

    A plain text beside the HTML that is read is its other version; further texts are attachments.
    """
    is_html = shown is not None and shown.content_type == "text/html"
    plain = next((part for part in parts if part.is_text), None) if is_html else None
    return [
        part
        for part in parts
        if part not in (shown, plain) and not part.is_blank and not (is_html and part.is_inline_image)
    ]


def part_of(box: Connection, mailbox: str, uid: int, number: str) -> tuple[Part, bytes]:
    """Return a part of a message and its decoded content. Raises Missing."""
    box.open(mailbox)
    part = next((part for part in box.head(uid).parts if part.number == number), None)
    if part is None:
        raise Missing(number)
    return part, part.decode(box.content(uid, number))


def item_of(box: Connection, mailbox: str, message: Message, user: User) -> tuple[Part, Item] | None:
    """Return the first part of ``message`` of which an app has more to say, such as an invitation."""
    for part in message.attachments:
        if part.decoded_bytes <= CARD_BYTES and has_card(user, part.content_type):
            content = part_of(box, mailbox, message.uid, part.number)[1]
            return part, item_from(message, part, content)
    return None


def item_from(message: Message, part: Part, content: bytes) -> Item:
    """Return a part of ``message`` as the other apps get it."""
    sender = message.senders[0].email if len(message.senders) == 1 else ""
    if part.content_type == "text/calendar":  # the apps know one charset
        content = to_text(content, part.charset).encode()
    return Item(
        title=part.name or message.subject, content=content, content_type=part.content_type, sender=sender
    )
