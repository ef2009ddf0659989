"""What is done with messages: marked, moved, deleted, given to another app."""

from functools import wraps

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.mail import mailbox, services
from apps.mail.connections import mailbox_of
from apps.mail.forms import ActForm, UndoForm
from apps.mail.imap import Missing, Moved, NotAllowed
from apps.mail.views.guard import mail_page
from intranet.api import Item, act_on, receivers_for


def if_allowed(view):
    """Say so when a folder that somebody shares does not let the person do it."""

    @wraps(view)
    def guarded(request, folder: str) -> HttpResponse:
        try:
            return view(request, folder)
        except NotAllowed:
            messages.error(request, _("Who shares this folder does not let you do this in it."))
            return redirect(_way_back(request, folder))

    return guarded


@require_POST
@mail_page
@if_allowed
def act(request, folder: str) -> HttpResponse:
    """Do one thing with one or more messages of a folder, then go back to where one was."""
    form = ActForm(request.POST)
    if not form.is_valid():
        for error in form.errors.get("uid", [_("This cannot be done.")]):
            messages.error(request, error)
        return redirect(_way_back(request, folder))
    uids, name = form.cleaned_data["uid"], form.cleaned_data["act"]
    if name in services.MARKS:
        services.mark_messages(folder, uids, name, by=request.user)
        return redirect(_way_back(request, folder))
    way_back = _list_of(request, folder)
    moved, text = _move(folder, uids, name, form.cleaned_data["target"], request.user)
    if moved and not moved.count:
        messages.warning(request, _("The messages are no longer in this folder, so nothing was done."))
    elif moved and moved.uids:
        context = {"text": text, "moved": moved, "folder": folder, "next": way_back}
        messages.success(request, render_to_string("mail/_moved.html", context, request))
    else:
        messages.success(request, text)
    return redirect(way_back)


def _move(folder: str, uids: list[int], name: str, target: str, user) -> tuple[Moved | None, str]:
    """Move or delete messages; return where they lie, unless they are gone for good, and the words that say so."""
    if name == "delete":
        moved = services.delete_messages(folder, uids, by=user)
        if moved is None:
            text = ngettext("%(count)d message is deleted.", "%(count)d messages are deleted.", len(uids))
            return None, text % {"count": len(uids)}
        text = ngettext(
            "%(count)d message is in the trash.", "%(count)d messages are in the trash.", moved.count
        )
        return moved, text % {"count": moved.count}
    if name == "move":
        moved = services.move_messages(folder, uids, target, by=user)
    else:
        moved = services.put_messages(folder, uids, name, by=user)
    text = ngettext("%(count)d message is moved.", "%(count)d messages are moved.", moved.count)
    return moved, text % {"count": moved.count}


@require_POST
@mail_page
@if_allowed
def undo(request, folder: str) -> HttpResponse:
    """Put messages that have just come to ``folder`` back where they were, then go back there."""
    form = UndoForm(request.POST)
    data = form.cleaned_data if form.is_valid() else None
    try:
        moved = data and services.move_messages(
            folder, data["uids"], data["target"], by=request.user, uidvalidity=data["uidvalidity"]
        )
    except Missing:
        moved = None
    if moved and moved.count:
        text = ngettext("%(count)d message is back.", "%(count)d messages are back.", moved.count)
        messages.success(request, text % {"count": moved.count})
    else:
        messages.warning(request, _("This can no longer be undone: the messages or the folder are gone."))
    return redirect(_way_back(request, folder))


@require_POST
@mail_page
def hand_over(request, folder: str, uid: int) -> HttpResponse:
    """Give the message, or its part ``part``, to the app that takes it, and go to what came of it.

    With ``act`` the app does what its card offers, and one stays at the message.
    """
    number, wanted = request.POST.get("part", ""), request.POST.get("receiver", "")
    with mailbox_of(request.user) as box:
        found = mailbox.read_message(box, folder, uid)
        if number:
            part, content = mailbox.part_of(box, folder, uid, number)
            offers = [("", part.content_type)]
            title = part.name if part.content_type != "text/calendar" else found.subject
        else:
            content, title = box.content(uid, ""), found.subject
            offers = [("text", "text/plain"), ("", "message/rfc822")]
    if number and "act" in request.POST:
        return _act_on(request, folder, uid, mailbox.item_from(found, part, content))
    for kind, content_type in offers:
        receiver = dict(receivers_for(request.user, content_type)).get(wanted)
        if receiver:
            given = found.plain.encode() if kind == "text" else content
            try:
                return redirect(receiver.receive(request.user, title, given, content_type))
            except ValidationError as error:
                for text in error.messages:
                    messages.error(request, text)
                return redirect("mail:message", folder, uid)
    raise Http404


def _act_on(request, folder: str, uid: int, item: Item) -> HttpResponse:
    try:
        messages.success(request, act_on(request.user, item, request.POST["receiver"], request.POST["act"]))
    except LookupError as error:
        raise Http404 from error
    except ValidationError as error:
        for text in error.messages:
            messages.error(request, text)
    return redirect("mail:message", folder, uid)


def _way_back(request, folder: str) -> str:
    """Return the page that the person was on; only one of ours."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith(
        reverse("mail:inbox")
    )
    return wanted if is_ours else reverse("mail:folder", args=[folder])


def _list_of(request, folder: str) -> str:
    """Return the list that the person was in: the message itself may be gone."""
    _path, mark, query = _way_back(request, folder).partition("?")
    return f"{reverse('mail:folder', args=[folder])}{mark}{query}"
