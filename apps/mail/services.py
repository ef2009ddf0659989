"""Writes. A person only ever reaches their own mailbox, so the actor is also the owner."""

import logging
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from imapclient.exceptions import IMAPClientError

from apps.mail import compose, mailbox
from apps.mail.compose import Letter
from apps.mail.connections import MailServerDown, mailbox_of
from apps.mail.imap import Connection, Missing, Moved, NotAllowed, NotKept
from apps.mail.models import Signature
from apps.mail.permissions import can_use_mail
from apps.mail.smtp import hand_over
from sso.api import User, require

log = logging.getLogger(__name__)

MARKS = {
    "read": (mailbox.SEEN, True),
    "unread": (mailbox.SEEN, False),
    "flag": (mailbox.FLAGGED, True),
    "unflag": (mailbox.FLAGGED, False),
}


def mark_messages(folder: str, uids: list[int], mark: str, *, by: User) -> None:
    """Set or take away a flag: ``mark`` is one of MARKS."""
    require(can_use_mail(by))
    with mailbox_of(by) as box:
        box.open(folder)
        box.change_flags(uids, *MARKS[mark])


def move_messages(
    folder: str, uids: list[int], target: str, *, by: User, uidvalidity: int | None = None
) -> Moved:
    """Move messages to folder ``target`` and return where they lie.

    Raises Missing when the folder is not there, or when its messages have other uids than in ``uidvalidity``.
    """
    require(can_use_mail(by))
    with mailbox_of(by) as box:
        mailbox.folder_named(mailbox.folders_of(box), target)
        box.open(folder)
        if uidvalidity not in (None, box.uidvalidity):
            raise Missing(folder)
        return box.move_to(uids, target)


def put_messages(folder: str, uids: list[int], purpose: str, *, by: User) -> Moved:
    """Move messages to the folder for "archive", "junk", "inbox"… and return where they lie."""
    require(can_use_mail(by))
    with mailbox_of(by) as box:
        target = mailbox.folder_for(box, purpose)
        box.open(folder)
        return box.move_to(uids, target) if target != folder else Moved(folder, len(uids))


def delete_messages(folder: str, uids: list[int], *, by: User) -> Moved | None:
    """Move messages to the trash and return where they lie; delete those of the trash, which gives None."""
    require(can_use_mail(by))
    with mailbox_of(by) as box:
        trash = mailbox.folder_for(box, "trash")
        box.open(folder)
        if folder != trash:
            return box.move_to(uids, trash)
        box.erase(uids)
        return None


def save_draft(letter: Letter, *, by: User, replaces: int = 0) -> tuple[str, int]:
    """Keep ``letter`` among the drafts in place of draft ``replaces``. Return the folder and the new uid.

    Raises ValidationError when the server does not keep it.
    """
    require(can_use_mail(by))
    content = compose.render(letter, by, compose.new_message_id(), with_bcc=True)
    try:
        with mailbox_of(by) as box:
            folder = mailbox.folder_for(box, "drafts")
            uid = box.add_message(folder, content, b"\\Draft", b"\\Seen")
            if replaces:
                box.open(folder)
                box.erase([replaces])
            return folder, uid
    except NotKept as error:
        log.warning("A draft of %s could not be kept: %s", by.username, error)
        raise ValidationError(
            _(
                "Your mailbox is full, so the draft is not saved. Please delete messages for good in another tab first."
            )
            if error.is_full
            else _("The mail server did not keep the draft. Please try again later.")
        ) from error


def change_signature(text: str, *, by: User) -> None:
    """Let the messages of ``by`` end with ``text``; with nothing when it is empty."""
    require(can_use_mail(by))
    if text:
        Signature.objects.update_or_create(user=by, defaults={"text": text})
    else:
        Signature.objects.filter(user=by).delete()


def send_letter(
    letter: Letter, *, by: User, draft: int = 0, answers: tuple[str, int, bytes] | None = None
) -> list[str]:
    """Send ``letter``, keep it among the sent ones, and remove draft ``draft``.

    ``answers`` names the folder, uid and flag of the message that is marked as answered or forwarded. Returns
    sentences about what did not work: recipients that the server refused, a copy that it did not keep. Raises
    ValidationError when it refused all, MailServerDown when it is not to be reached; then nothing was sent.
    """
    require(can_use_mail(by))
    message_id = compose.new_message_id()
    content = compose.render(letter, by, message_id, with_bcc=False)
    said = hand_over(content, letter.recipients, by=by)
    # From here on the message is on its way: what fails now must not make the sender send it twice.
    try:
        copy = compose.render(letter, by, message_id, with_bcc=True) if letter.bcc else content
        with mailbox_of(by) as box:
            _tidy_after_sending(box, copy, draft, answers)
    except NotKept as error:
        log.warning("A message of %s was sent, but no copy of it could be kept: %s", by.username, error)
        said.append(
            _("No copy of it is kept: your mailbox is full.")
            if error.is_full
            else _("No copy of it is kept.")
        )
    except (MailServerDown, IMAPClientError):
        log.warning("A message of %s was sent, but no copy of it could be kept.", by.username, exc_info=True)
        said.append(_("No copy of it is kept."))
    return said


def _tidy_after_sending(
    box: Connection, copy: bytes, draft: int, answers: tuple[str, int, bytes] | None
) -> None:
    box.add_message(mailbox.folder_for(box, "sent"), copy, b"\\Seen")
    if draft:
        box.open(mailbox.folder_for(box, "drafts"))
        box.erase([draft])
    if answers:
        folder, uid, flag = answers
        with suppress(NotAllowed):  # in what somebody else shares
            box.open(folder)
            box.change_flags([uid], flag, True)
