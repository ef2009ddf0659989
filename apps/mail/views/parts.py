"""A message's HTML in a frame of its own, its pictures and its files."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from apps.mail import html, mailbox
from apps.mail.connections import mailbox_of
from apps.mail.imap import Missing
from apps.mail.views.guard import mail_page

# Browsers run or draw these as pages of ours when opened, so they leave as bare bytes.
NEVER_SHOWN = (
    "text/html",
    "application/xhtml",
    "image/svg",
    "text/xml",
    "application/xml",
    "javascript",
    "text/xsl",
)
FRAME_POLICY = (
    "default-src 'none'; img-src 'self' data:{remote}; style-src 'self' 'unsafe-inline'; font-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self';"
    " sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
FILE_POLICY = "default-src 'none'; sandbox"


@require_safe
@mail_page
@xframe_options_sameorigin
def body(request, folder: str, uid: int) -> HttpResponse:
    """The message's HTML without anything that runs. ``?images=1`` also shows pictures of other servers."""
    show_remote = request.GET.get("images") == "1"
    with mailbox_of(request.user) as box:
        box.open(folder)
        parts = box.head(uid).parts
        shown = mailbox.body_of(parts)
        if shown is None or shown.content_type != "text/html":
            raise Missing(uid)
        text = shown.text(box.content(uid, shown.number, mailbox.HTML_BYTES))
    pictures = {part.content_id: part.number for part in parts if part.content_id}

    def image_url(content_id: str) -> str | None:
        number = pictures.get(content_id)
        address = number and reverse("mail:part", args=[folder, uid, number])
        return address and request.build_absolute_uri(f"{address}?inline=1")

    clean = html.clean(text, image_url=image_url, show_remote=show_remote)
    response = TemplateResponse(request, "mail/body.html", {"html": clean})
    response["Content-Security-Policy"] = FRAME_POLICY.format(remote=" https: http:" if show_remote else "")
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
@mail_page
def part(request, folder: str, uid: int, number: str) -> HttpResponse:
    """One part as a file; a picture that stands in the message is also shown in it."""
    with mailbox_of(request.user) as box:
        found, content = mailbox.part_of(box, folder, uid, number)
    is_shown = request.GET.get("inline") == "1" and found.is_inline_image and is_framed(request)
    return _file(content, found.name or f"part-{number}", found.content_type, inline=is_shown)


@require_safe
@mail_page
def source(request, folder: str, uid: int) -> HttpResponse:
    """The whole message as a file."""
    with mailbox_of(request.user) as box:
        box.open(folder)
        content = box.content(uid, "")
    return _file(content, f"{uid}.eml", "message/rfc822")


def is_framed(request: HttpRequest) -> bool:
    """Whether a page of ours asks for a picture, so that no link can open one as a page."""
    wanted = request.headers.get("Sec-Fetch-Dest", "image")
    return wanted == "image"


def _file(content: bytes, name: str, content_type: str, *, inline: bool = False) -> HttpResponse:
    if any(word in content_type for word in NEVER_SHOWN):
        content_type = "application/octet-stream"
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(not inline, name)
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response
