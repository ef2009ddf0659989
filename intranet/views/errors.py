"""Pages of refusals and failures."""

import sys

from django.db import OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

RETRY_AFTER_SECONDS = "30"


def csrf_failure(request, reason=""):
    """Say what to do when the page was open for too long: what was typed is still on the page behind."""
    return render(request, "403_csrf.html", status=403)


def bad_request(request, exception):
    return HttpResponse(render_to_string("400.html"), status=400)


def server_error(request):
    """500, or 503 with a time to come back when the database is away. Nothing here asks the database."""
    if isinstance(sys.exc_info()[1], OperationalError):
        page = render_to_string("503.html")
        return HttpResponse(page, status=503, headers={"Retry-After": RETRY_AFTER_SECONDS})
    return HttpResponse(render_to_string("500.html"), status=500)
