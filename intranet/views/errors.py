"""Pages of refusals and failures."""

import sys

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import override

from intranet.frame import frame_of_browser
from intranet.middleware import language_of
from intranet.outage import is_outage

RETRY_AFTER_SECONDS = "30"


def csrf_failure(request, reason=""):
    """Say what to do when the page was open for too long: what was typed is still on the page behind."""
    return render(request, "403_csrf.html", status=403)


def bad_request(request, exception):
    """400, or 413 for a form that is larger than DATA_UPLOAD_MAX_MEMORY_SIZE."""
    if isinstance(exception, RequestDataTooBig):
        return error_page(request, 413)
    return error_page(request, 400)


@login_not_required
def too_big(request):
    """413, asked for by nginx in the place of what it has not let through."""
    return error_page(request, 413)


def server_error(request):
    """500, or 503 with a time to come back when the database is away."""
    if is_outage(sys.exc_info()[1]):
        response = error_page(request, 503)
        response["Retry-After"] = RETRY_AFTER_SECONDS
        return response
    return error_page(request, 500)


def error_page(request, status: int) -> HttpResponse:
    """Draw the page of ``status`` in this browser's language and theme. Nobody else is asked, nor the database."""
    language = language_of(request)
    with override(language):
        page = render_to_string(
            f"{status}.html", {"shell": frame_of_browser(request) | {"language": language}}
        )
    return HttpResponse(page, status=status, headers={"Content-Language": language})
