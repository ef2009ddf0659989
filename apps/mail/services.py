"""Writes. A person only ever reaches their own mailbox, so the actor is also the owner."""

import logging
import smtplib
import ssl
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from imapclient.exceptions import IMAPClientError

from apps.mail import compose, mailbox
from apps.mail.compose import Letter
from apps.mail.connections import PAUSE_SECONDS, MailServerDown, mailbox_of
from apps.mail.imap import CONNECT_SECONDS, READ_SECONDS, Connection, Missing, Moved
from apps.mail.models import Signature
from apps.mail.permissions import can_use_mail
from sso.api import User, mail_token, require

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
    """Keep ``letter`` among the drafts in place of draft ``replaces``. Return the folder and the new uid."""
    require(can_use_mail(by))
    content = compose.render(letter, by, compose.new_message_id(), with_bcc=True)
    with mailbox_of(by) as box:
        folder = mailbox.folder_for(box, "drafts")
        uid = box.add_message(folder, content, b"\\Draft", b"\\Seen")
        if replaces:
            box.open(folder)
            box.erase([replaces])
        return folder, uid


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
    the addresses that the server did not take. Raises ValidationError when it took none, MailServerDown when
    it is not to be reached; then nothing was sent.
    """
    require(can_use_mail(by))
    message_id = compose.new_message_id()
    refused = hand_over(compose.render(letter, by, message_id, with_bcc=False), letter.recipients, by=by)
    # From here on the message is on its way: what fails now must not make the sender send it twice.
    try:
        with mailbox_of(by) as box:
            _tidy_after_sending(box, compose.render(letter, by, message_id, with_bcc=True), draft, answers)
    except (MailServerDown, IMAPClientError):
        log.warning("A message of %s was sent, but no copy of it could be kept.", by.username, exc_info=True)
    return refused


def _tidy_after_sending(
    box: Connection, copy: bytes, draft: int, answers: tuple[str, int, bytes] | None
) -> None:
    box.add_message(mailbox.folder_for(box, "sent"), copy, b"\\Seen")
    if draft:
        box.open(mailbox.folder_for(box, "drafts"))
        box.erase([draft])
    if answers:
        folder, uid, flag = answers
        box.open(folder)
        box.change_flags([uid], flag, True)


def hand_over(content: bytes, recipients: list[str], *, by: User) -> list[str]:
    """Give a message to the mail server by SMTP with the person's token. Return the addresses it refused."""
    parts = urlsplit(settings.MAIL_SMTP_URL)
    if not parts.hostname:
        raise MailServerDown(timezone.now() + timedelta(minutes=5))
    context = ssl.create_default_context()
    try:
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(
                parts.hostname, parts.port or 465, timeout=CONNECT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(parts.hostname, parts.port or 587, timeout=CONNECT_SECONDS)
        with server:
            server.sock.settimeout(READ_SECONDS)
            server.ehlo_or_helo_if_needed()
            if parts.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            first = f"user={by.username}\1auth=Bearer {mail_token(by)}\1\1"
            # A refusal comes as a challenge with its reason, which an empty answer ends.
            server.auth("XOAUTH2", lambda challenge=None: first if challenge is None else "")
            eight_bit = ["BODY=8BITMIME"] if server.has_extn("8bitmime") else []
            return list(server.sendmail(by.email, recipients, content, mail_options=eight_bit))
    except smtplib.SMTPRecipientsRefused as error:
        names = ", ".join(error.recipients)
        raise ValidationError(
            {"to": _("The mail server knows no such address: %(names)s.") % {"names": names}}
        ) from error
    except smtplib.SMTPResponseException as error:
        log.warning("The mail server did not take a message of %s: %s", by.username, error)
        if error.smtp_code == 552:
            raise ValidationError(
                {"files": _("The mail server does not take messages as large as this one.")}
            ) from error
        raise ValidationError(
            _("The mail server did not take the message. Please try again later.")
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        log.warning("The server for outgoing mail does not answer: %s", error)
        raise MailServerDown(timezone.now() + timedelta(seconds=PAUSE_SECONDS)) from error
