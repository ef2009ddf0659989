"""Writing, answering, passing on, and the drafts in between."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.mail import compose as composing
from apps.mail import mailbox, services
from apps.mail.compose import File, Letter
from apps.mail.connections import MailServerDown, mailbox_of
from apps.mail.forms import LetterForm, SignatureForm, choice_of
from apps.mail.imap import Missing
from apps.mail.mailbox import Message
from apps.mail.mime import Address
from apps.mail.views.guard import mail_page
from sso.api import User

MODES = ("reply", "reply-all", "forward", "draft")
SUGGESTED = 8


@require_http_methods(["GET", "HEAD", "POST"])
@mail_page
def compose(request, folder: str = "", uid: int = 0, mode: str = "new") -> HttpResponse:
    """A new message, or one made from message ``uid`` as ``mode`` says."""
    if uid and mode not in MODES:
        raise Http404
    if request.method == "POST":
        return _posted(request, folder, uid, mode)
    base = _base_of(request.user, folder, uid, mode) if uid else None
    if base is None:
        initial = {name: request.GET.get(name, "")[:2000] for name in ("to", "subject")}
        initial |= composing.new_letter(request.user)
        return _page(request, LetterForm(initial=initial), mode, folder, uid)
    message, parts, _threading = base
    initial = {
        "reply": lambda: composing.reply_to(message, request.user, to_all=False),
        "reply-all": lambda: composing.reply_to(message, request.user, to_all=True),
        "forward": lambda: composing.forward_of(message, request.user),
        "draft": lambda: composing.draft_of(message),
    }[mode]()
    initial["keep"] = [choice_of(part) for part in parts]
    return _page(request, LetterForm(initial=initial, parts=parts), mode, folder, uid)


def _posted(request, folder: str, uid: int, mode: str) -> HttpResponse:
    is_draft = request.POST.get("act") in {"save", "attach"}
    down = None
    parts, threading = (), {}
    if uid:
        try:
            _message, parts, threading = _base_of(request.user, folder, uid, mode)
        except MailServerDown as error:
            down = error
        except (
            Missing
        ):  # deleted meanwhile, or replaced by another window: what was written is still worth sending
            folder, uid, mode = "", 0, "new"
    form = LetterForm(request.POST, request.FILES, parts=parts, is_draft=is_draft)
    is_valid = form.is_valid()
    if down:
        return _page(request, form, mode, folder, uid, down=down)
    try:
        if is_valid and request.POST.get("act") != "attach":
            letter = _letter(form, request.user, folder, uid, threading)
            if not is_draft:
                return _send(request, letter, folder, uid, mode)
            folder, uid = services.save_draft(letter, by=request.user, replaces=uid if mode == "draft" else 0)
            messages.success(request, _("The draft is saved."))
            return redirect("mail:answer", folder, uid, "draft")
        if form.cleaned_data.get("files"):
            return _with_files_kept(request, form, folder, uid, mode, threading)
    except ValidationError as error:
        given = dict(form.cleaned_data)
        form.add_error(None, error)
        form.cleaned_data = given  # what the server does not take is kept all the same
        if form.cleaned_data.get("files") and is_draft:
            form.add_error("files", _("Please choose the files again."))
        elif form.cleaned_data.get("files"):
            return _with_files_kept(request, form, folder, uid, mode, threading)
    except Missing:
        form.forget_kept()
    except MailServerDown as error:
        return _page(request, form, mode, folder, uid, down=error)
    return _page(request, form, mode, folder, uid)


def _send(request, letter: Letter, folder: str, uid: int, mode: str) -> HttpResponse:
    flag = mailbox.FORWARDED if mode == "forward" else mailbox.ANSWERED
    said = services.send_letter(
        letter,
        by=request.user,
        draft=uid if mode == "draft" else 0,
        answers=(folder, uid, flag) if uid and mode != "draft" else None,
    )
    tell = messages.warning if said else messages.success
    tell(request, " ".join([_("The message is sent."), *said]))
    return redirect("mail:message", folder, uid) if uid and mode != "draft" else redirect("mail:inbox")


def _with_files_kept(
    request, form: LetterForm, folder: str, uid: int, mode: str, threading: dict
) -> HttpResponse:
    """Show the form again. Browsers forget chosen files, so a draft keeps them for the form."""
    letter = _letter(form, request.user, folder, uid, threading)
    try:
        folder, uid = services.save_draft(letter, by=request.user, replaces=uid if mode == "draft" else 0)
    except ValidationError as error:
        form.add_error("files", [*error.messages, _("Please choose the files again.")])
        return _page(request, form, mode, folder, uid)
    _message, parts, _threading = _base_of(request.user, folder, uid, "draft")
    data = request.POST.copy()
    data.setlist("keep", [choice_of(part) for part in parts])
    again = LetterForm(data, parts=parts, is_draft=request.POST.get("act") == "attach")
    again.is_valid()
    for name, errors in form.errors.items():  # also what the mail server has said
        if name not in again.errors:
            again.add_error(None if name == "__all__" else name, errors)
    return _page(request, again, "draft", folder, uid)


def _page(
    request, form: LetterForm, mode: str, folder: str, uid: int, down: MailServerDown | None = None
) -> HttpResponse:
    titles = {
        "reply": _("Reply"),
        "reply-all": _("Reply to all"),
        "forward": _("Forward"),
        "draft": pgettext("mail", "Draft"),
    }
    context = {
        "form": form,
        "mode": mode,
        "title": titles.get(mode, _("New message")),
        "action": reverse("mail:answer", args=[folder, uid, mode]) if uid else reverse("mail:compose"),
        "back": reverse("mail:message", args=[folder, uid])
        if uid and mode != "draft"
        else reverse("mail:inbox"),
        "down": down,
        "files_lost": bool(down and request.FILES),
        "upload_max_bytes": settings.UPLOAD_MAX_BYTES,
    }
    status = 503 if down else 422 if form.errors else 200
    return TemplateResponse(request, "mail/compose.html", context, status=status)


def _base_of(user: User, folder: str, uid: int, mode: str) -> tuple[Message, list, dict]:
    """Return the message that a new one is made from, the parts that go along, the headers that tie them."""
    with mailbox_of(user) as box:
        message = mailbox.read_message(box, folder, uid)
        threading = (
            {} if mode == "forward" else composing.threading_of(box, message, is_draft=mode == "draft")
        )
    parts = message.attachments if mode in {"forward", "draft"} else []
    return message, parts, threading


def _letter(form: LetterForm, user: User, folder: str, uid: int, threading: dict) -> Letter:
    """Return what the form says; what is wrong in it is left out, which only a draft may do."""
    data = form.cleaned_data
    files = []
    if form.kept_numbers:
        if not uid:
            raise Missing(uid)
        with mailbox_of(user) as box:
            for number in form.kept_numbers:
                part, content = mailbox.part_of(box, folder, uid, number)
                files.append(File(part.name or f"part-{number}", content, part.content_type))
    for file in data.get("files") or []:
        file.seek(0)  # it was read before if the message could not be sent
        files.append(File(file.name, file.read()))
    return Letter(
        to=data.get("to") or [],
        cc=data.get("cc") or [],
        bcc=data.get("bcc") or [],
        subject=data.get("subject") or "",
        text=data.get("text") or "",
        versions=[composing.formatted(data["html"])] if data.get("html") else [],
        files=files,
        **threading,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def signature(request) -> HttpResponse:
    """The lines that one's messages end with."""
    form = SignatureForm(
        request.POST if request.method == "POST" else None,
        initial={"text": composing.signature_of(request.user)},
    )
    if form.is_bound and form.is_valid():
        services.change_signature(form.cleaned_data["text"], by=request.user)
        messages.success(request, _("The signature is saved."))
        return redirect("mail:compose")
    status = 422 if form.errors else 200
    return TemplateResponse(request, "mail/signature.html", {"form": form}, status=status)


@require_safe
def people(request) -> HttpResponse:
    """The people of the directory whose name matches ``q``, for the fields of recipients."""
    query = request.GET.get("q", "").strip()[:100]
    found = User.objects.active().exclude(email="").matching(query)[:SUGGESTED] if query else []
    answers = [
        {"value": str(Address(one.full_name, one.email)), "text": one.full_name, "note": one.email}
        for one in found
    ]
    return JsonResponse(answers, safe=False)
