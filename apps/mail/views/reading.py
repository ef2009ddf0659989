"""Lists and messages."""

from django.core.paginator import Page
from django.http import HttpResponse
from django.template.loader import get_template
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.mail import mailbox
from apps.mail.connections import MailServerDown, mailbox_of
from apps.mail.forms import FindForm
from apps.mail.imap import Connection
from apps.mail.mailbox import Folder, Message
from apps.mail.mime import Part
from apps.mail.views.guard import is_fragment, mail_page
from intranet.api import Item, card_of, receivers_for
from sso.api import User

DRAWN_KEPT = 500


@require_safe
@mail_page
def inbox(request) -> HttpResponse:
    return _folder_page(request, mailbox.INBOX)


@require_safe
@mail_page
def folder(request, folder: str) -> HttpResponse:
    return _folder_page(request, folder)


@require_safe
@mail_page
def message(request, folder: str, uid: int) -> HttpResponse:
    if not is_fragment(request):
        return _folder_page(request, folder, uid)
    with mailbox_of(request.user) as box:
        found = _opened(box, folder, uid)
        item = mailbox.item_of(box, folder, found, request.user)
        folders = mailbox.folders_of(box)
        here = mailbox.folder_named(folders, folder)
        context = {"folders": folders, "folder": here, "targets": _targets(folders, here)}
        if found.is_unread:
            context["row"] = _row(box, here, uid, request)
    context |= _message_context(request.user, folder, found, item)
    return TemplateResponse(request, "mail/_message.html", context | {"is_fragment": True})


@require_safe
@mail_page
def changes(request, folder: str, mark: str) -> HttpResponse:
    """The list as it is now, for a page that shows it as ``mark`` says; nothing when nothing has changed."""
    try:
        with mailbox_of(request.user) as box:
            if box.status(folder).mark == mark:
                return HttpResponse(status=204)
            folders = _folders(box, folder)
            context = _list_context(request, box, folders, mailbox.folder_named(folders, folder))
    except MailServerDown:
        return HttpResponse(status=204)  # nobody has asked for anything
    response = TemplateResponse(request, "mail/_changes.html", context)
    if not context["page"].object_list:
        response["HX-Refresh"] = "true"
    return response


def _folder_page(request, name: str, uid: int | None = None) -> HttpResponse:
    with mailbox_of(request.user) as box:
        # Read first, so that the counts and the row know that it is read.
        found = _opened(box, name, uid) if uid is not None else None
        item = mailbox.item_of(box, name, found, request.user) if found else None
        folders = _folders(box, name)
        folder = mailbox.folder_named(folders, name)
        context = {
            "folder": folder,
            "folder_list": _folder_list(box, folders, folder),
            "list": _list(request, box, folders, folder, uid or 0),
        }
    if found:
        context["targets"] = _targets(folders, folder)
        context |= _message_context(request.user, name, found, item)
    return TemplateResponse(request, "mail/mail.html", context)


def _folders(box: Connection, here: str) -> list[Folder]:
    box.open(here)  # so that the counts are those of the rows
    return mailbox.folders_of(box)


def _list(request, box: Connection, folders: list[Folder], folder: Folder, uid: int) -> SafeString:
    """Return the list as HTML: as it was drawn last, while the server tells of no change in the folder."""
    names = tuple(one.name for one in folders)
    key = (names, folder, box.uidvalidity, uid, request.GET.urlencode(), get_language(), timezone.localdate())
    if not box.tells_changes or key != box.list_drawn[0]:
        context = _list_context(request, box, folders, folder, uid)
        box.list_drawn = (key, get_template("mail/_list.html").render(context, request))
    return box.list_drawn[1]


def _list_context(request, box: Connection, folders: list[Folder], folder: Folder, uid: int = 0) -> dict:
    """Return what the list of a folder shows, ``uid`` being the message beside it."""
    form = FindForm(request.GET)
    form.is_valid()
    query, tail = form.cleaned_data.get("q", ""), _tail(request)
    page = mailbox.page_of(
        box,
        folder,
        request.GET.get("page"),
        query=query,
        is_full=form.cleaned_data.get("full", False),
        tail=tail,
        uid=uid,
    )
    return {
        "rows": _rows(box, page, tail),
        "pager": _pager(box, page, request),
        "folders": folders,
        "folder": folder,
        "targets": _targets(folders, folder),
        "page": page,
        "form": form,
        "wanted": query,
        "finds_without_accents": box.finds_without_accents,
        "tail": tail,
    }


def _targets(folders: list[Folder], here: Folder) -> SafeString:
    """Return the choice of folders to move to."""
    others = ((folder.name, folder.label) for folder in folders if folder.name != here.name)
    return format_html_join("", '<option value="{}">{}</option>', others)


def _rows(box: Connection, page: Page, tail: str) -> SafeString:
    """Return the rows as HTML. Each is drawn once for its flags and the day."""
    around = (box.mailbox, box.uidvalidity, tail, timezone.localdate())
    template = get_template("mail/_row.html")
    rows = (
        _drawn(box, ("row", row.summary.uid, row.flags, row.is_here, around), template, {"row": row})
        for row in page
    )
    return mark_safe("".join(rows))  # noqa: S308 (made of templates)


def _pager(box: Connection, page: Page, request) -> SafeString:
    key = ("pager", page.number, page.paginator.count, request.GET.urlencode())
    return _drawn(box, key, get_template("ui/pager.html"), {"page": page}, request)


def _folder_list(box: Connection, folders: list[Folder], here: Folder) -> SafeString:
    key = ("folders", here.name, *((folder.name, folder.count) for folder in folders))
    return _drawn(box, key, get_template("mail/_folders.html"), {"folders": folders, "folder": here})


def _drawn(box: Connection, key: tuple, template, context: dict, request=None) -> SafeString:
    """Draw ``template`` once for ``key``, which names all that it shows, and the reader's language."""
    key = (*key, get_language())
    if key not in box.drawn:
        if len(box.drawn) >= DRAWN_KEPT:
            box.drawn.clear()
        box.drawn[key] = template.render(context, request)
    return box.drawn[key]


def _opened(box: Connection, folder: str, uid: int) -> Message:
    found = mailbox.read_message(box, folder, uid)
    if found.is_unread:
        box.change_flags([uid], mailbox.SEEN, True)
    return found


def _row(box: Connection, folder: Folder, uid: int, request) -> mailbox.Row | None:
    """Return the message's row as it is now, to put it in the list that is there."""
    rows = box.rows_of([uid])
    if not rows:
        return None
    summary, flags = rows[0]
    people = summary.recipients if folder.shows_recipients else summary.senders
    return mailbox.Row(summary, flags, people, request.get_full_path(), is_here=True)


def _tail(request) -> str:
    """Return what ends the addresses of messages, so that the list beside them stays the same."""
    return f"?{request.GET.urlencode()}" if request.GET else ""


def _message_context(user: User, folder: str, found: Message, item: tuple[Part, Item] | None) -> dict:
    """Return what the message's pane shows. The other apps say themselves what they take, and what an item is."""
    card = item and card_of(user, item[1])
    whole = {
        receiver: name
        for kind in ("text/plain", "message/rfc822")
        for name, receiver in receivers_for(user, kind)
    }
    return {
        "message": found,
        "url": f"{mailbox.folder_url(folder)}{found.uid}/",
        "receivers": [(name, receiver.label) for receiver, name in whole.items()],
        "attachments": [(part, _takers(user, part, card)) for part in found.attachments],
        "card": card,
        "card_part": item and item[0],
    }


def _takers(user: User, part: Part, card) -> list[tuple[str, str]]:
    """Return the buttons of a file; what a card stands for has its buttons there."""
    taken = {card.receiver} if card else set()
    return [(name, one.label) for name, one in receivers_for(user, part.content_type) if name not in taken]
