"""What every page of mail has around it: the server may be down, the message may be gone."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from apps.mail.connections import BrokeOff, MailServerDown, SignInRefused
from apps.mail.imap import Missing


def mail_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 404 for what is not in the mailbox, and explain when the server does not answer.

    What is only read is asked for once more when the server has ended the connection.

    Nothing is kept by the browser: it is private, and the same address gives a page or a fragment.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            try:
                return view(request, *args, **kwargs)
            except BrokeOff:
                if request.method != "GET":
                    raise
                return view(request, *args, **kwargs)
        except Missing as error:
            raise Http404 from error
        except MailServerDown as error:
            return down(request, error)

    return never_cache(guarded)


def down(request: HttpRequest, error: MailServerDown) -> HttpResponse:
    context = {
        "is_refused": isinstance(error, SignInRefused),
        "retry_at": error.retry_at,
        "retry": request.get_full_path() if request.method == "GET" else reverse("mail:inbox"),
    }
    if is_fragment(request):
        return TemplateResponse(request, "mail/_down.html", context)
    return TemplateResponse(request, "mail/down.html", context, status=503)


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for the message alone, to put it beside the list that is there."""
    return bool(request.htmx) and not request.htmx.history_restore_request
