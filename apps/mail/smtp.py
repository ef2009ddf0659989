"""Handing a message to the mail server (RFC 5321), and what it says when it does not take it."""

import logging
import re
import smtplib
import ssl
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.mail.connections import PAUSE_SECONDS, MailServerDown
from apps.mail.imap import CONNECT_SECONDS, READ_SECONDS
from sso.api import User, look_up, mail_token

log = logging.getLogger(__name__)

TAKING_SECONDS = 45  # a server looks for viruses before it says that it has taken a message
TOO_MUCH = 552
NO_ROOM = b"5.2.2"  # RFC 3463: of a mailbox that is full; the same number says that a message is too large


class NotConfirmed(Exception):
    """The whole message was given away, and then nothing was heard: it may be on its way or not."""


def hand_over(content: bytes, recipients: list[str], *, by: User) -> list[str]:
    """Give a message to the mail server with the person's token. Return sentences about those it did not take it for.

    Raises ValidationError when it took it for nobody, or may have; MailServerDown when it is not to be reached, and
    then nothing was sent.
    """
    try:
        with _signed_in(by) as server:
            return _words_of(_send(server, by.email, recipients, content))
    except smtplib.SMTPRecipientsRefused as error:
        raise ValidationError({"to": _words_of(error.recipients)}) from error
    except smtplib.SMTPResponseException as error:
        log.warning("The mail server did not take a message of %s: %s", by.username, error)
        if error.smtp_code == TOO_MUCH and NO_ROOM not in _bytes(error.smtp_error):
            text = _("The mail server does not take messages as large as this one.")
            raise ValidationError({"files": text}) from error
        if error.smtp_code == TOO_MUCH:
            text = _("The mailbox of somebody whom it goes to is full, so nothing was sent.")
            raise ValidationError({"to": text}) from error
        raise ValidationError(
            _("The mail server did not take the message. Please try again later.")
        ) from error
    except NotConfirmed as error:
        log.warning("The mail server did not confirm a message of %s: %s", by.username, error.__cause__)
        text = _(
            "The mail server has not confirmed the message: it may have been sent or not. Before you send it once "
            "more, please ask somebody whom it goes to."
        )
        raise ValidationError(text) from error
    except (OSError, smtplib.SMTPException) as error:
        log.warning("The server for outgoing mail does not answer: %s", error)
        raise MailServerDown(timezone.now() + timedelta(seconds=PAUSE_SECONDS)) from error


def _signed_in(by: User) -> smtplib.SMTP:
    parts = urlsplit(settings.MAIL_SMTP_URL)
    if not parts.hostname:
        raise MailServerDown(timezone.now() + timedelta(minutes=5))
    context = ssl.create_default_context()
    look_up(parts.hostname, parts.port or 0, CONNECT_SECONDS)
    if parts.scheme == "smtps":
        port = parts.port or 465
        server = smtplib.SMTP_SSL(parts.hostname, port, timeout=CONNECT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(parts.hostname, parts.port or 587, timeout=CONNECT_SECONDS)
    try:
        server.sock.settimeout(READ_SECONDS)
        server.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        first = f"user={by.username}\1auth=Bearer {mail_token(by)}\1\1"
        # A refusal comes as a challenge with its reason, which an empty answer ends.
        server.auth("XOAUTH2", lambda challenge=None: first if challenge is None else "")
    except BaseException:
        server.close()
        raise
    return server


def _send(server: smtplib.SMTP, sender: str, recipients: list[str], content: bytes) -> dict[str, tuple]:
    """Send ``content`` and return the recipients it was refused for, with number and words of the answer."""
    options = ["BODY=8BITMIME"] if server.has_extn("8bitmime") else []
    options += [f"SIZE={len(content)}"] if server.has_extn("size") else []
    code, words = server.mail(sender, options)
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, words, sender)
    answers = {one: server.rcpt(one) for one in recipients}
    refused = {one: answer for one, answer in answers.items() if answer[0] not in (250, 251)}
    if len(refused) == len(answers):
        raise smtplib.SMTPRecipientsRefused(refused)
    server.sock.settimeout(TAKING_SECONDS)
    try:
        code, words = server.data(content)
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise NotConfirmed from error
    if code != 250:
        raise smtplib.SMTPDataError(code, words)
    server.sock.settimeout(CONNECT_SECONDS)  # for the farewell
    return refused


def _words_of(refused: dict[str, tuple]) -> list[str]:
    """Return what is to be said of recipients that were refused."""
    for one, (code, words) in refused.items():
        log.warning("The mail server refused a recipient: %s: %s %s", one, code, words)
    full = [one for one, (_code, words) in refused.items() if NO_ROOM in _bytes(words)]
    unknown = [one for one, answer in refused.items() if _is_unknown(*answer)]
    later = [one for one, (code, _words) in refused.items() if code < 500 and one not in full]
    others = [one for one in refused if one not in {*full, *unknown, *later}]
    said = (
        (unknown, _("The mail server knows no such address: %(names)s.")),
        (full, _("This mailbox is full: %(names)s.")),
        (later, _("The mail server did not take it for %(names)s. Please try again later.")),
        (others, _("The mail server takes no message from you for %(names)s.")),
    )
    return [words % {"names": ", ".join(names)} for names, words in said if names]


def _is_unknown(code: int, words: bytes | str) -> bool:
    """Whether an answer means that there is no such address: by its second number, where it has one."""
    told = re.match(rb"5\.(\d+)\.", _bytes(words))
    return code >= 500 and told[1] == b"1" if told else code in {550, 551, 553}


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()
