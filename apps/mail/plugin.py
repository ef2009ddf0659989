"""What mail offers the shell."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.mail import mailbox, services
from apps.mail.compose import Letter
from apps.mail.connections import MailServerDown, SignInRefused, mailbox_of
from apps.mail.mime import Address
from apps.mail.permissions import can_use_mail
from intranet.api import Hit, Named, Place, Plugin, Widget
from intranet.api import Letter as OutsideLetter
from sso.api import User

WIDGET_ROWS = 5


def new_mail(place: Place) -> dict:
    """The newest messages of the inbox, or why they are not to be had."""
    try:
        with mailbox_of(place.user) as box:
            return {"rows": mailbox.newest(box, WIDGET_ROWS)}
    except MailServerDown as error:
        return {"is_down": True, "is_refused": isinstance(error, SignInRefused), "retry_at": error.retry_at}


def unread(user: User) -> int:
    """How many messages of the inbox are unread; none while the mail server is down."""
    try:
        with mailbox_of(user) as box:
            return box.status(mailbox.INBOX).unseen
    except MailServerDown:
        return 0


def search(user: User, query: str, limit: int) -> Iterator[Hit]:
    """The newest messages of the inbox that hold ``query`` in subject or addresses."""
    with mailbox_of(user) as box:
        total = box.open(mailbox.INBOX)
        rows = box.rows_of(box.find(query, is_full=False)[:limit]) if total else []
    url = mailbox.folder_url(mailbox.INBOX)
    for summary, _flags in rows:
        who = ", ".join(person.label for person in summary.senders)
        yield Hit(title=summary.subject or str(_("(no subject)")), url=f"{url}{summary.uid}/", excerpt=who)


def send(user: User, letter: OutsideLetter) -> None:
    """Send what another app has written in the name of ``user``. Raises ValidationError when it is not sent."""
    own = Letter(
        to=[Address("", letter.to)],
        subject=letter.subject,
        text=letter.text,
        versions=[(letter.content.decode(), letter.content_type)],
    )
    try:
        services.send_letter(own, by=user)
    except MailServerDown as error:
        text = _("The mail server does not answer, so nothing was sent. Please try again in a moment.")
        raise ValidationError(text) from error


PLUGIN = Plugin(
    slug="mail",
    name=_("Mail"),
    icon="mail",
    home="mail:inbox",
    urls="apps.mail.urls",
    may_use=can_use_mail,
    badge=unread,
    badge_is_remote=True,
    nav=(
        Named(name="mail:inbox", label=_("Inbox")),
        Named(name="mail:compose", label=_("New message")),
    ),
    widgets=(
        Widget(
            slug="new",
            title=_("New mail"),
            template="mail/_widget.html",
            context=new_mail,
            remote=True,
            more="mail:inbox",
        ),
    ),
    search=search,
    send=send,
)
