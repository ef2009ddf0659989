"""What stands before somebody whose password cannot be checked now, or is right but does not let in yet."""

import time
from datetime import datetime
from functools import wraps

from allauth.account.utils import get_next_redirect_url
from django.shortcuts import redirect, render

from sso.backends import Hindered, Hindrance
from sso.directory import DirectoryUnavailable
from sso.services.audit import Action, Cause, record

FORCED = "password_change"  # in the session: whose password was right and has to be changed first
FORCED_SECONDS = 600


def outage_page(request, error: DirectoryUnavailable):
    response = render(request, "account/directory_unavailable.html", {"since": error.since}, status=503)
    response["Retry-After"] = "30"
    return response


def unheard_page(request, system, since: datetime):
    """Say that ``system`` is closed to the person for as long as nobody knows who is locked, and record it."""
    record(Action.ENTRY_REFUSED, person=request.user, client=system, request=request, cause=Cause.UNHEARD)
    return render(request, "sso/not_now.html", {"system": system, "since": since}, status=503)


def tells_outage(view):
    """Explain on a page of its own that the directory is down and since when."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except DirectoryUnavailable as error:
            return outage_page(request, error)

    return wrapped


def hindered_page(request, hindered: Hindered):
    """Lead to the form that changes the password, or say whom to ask. Called after a right password only."""
    if hindered.why == Hindrance.MUST_CHANGE:
        target = get_next_redirect_url(request)
        request.session[FORCED] = {"person": hindered.person.pk, "at": time.time(), "next": target}
        return redirect("password-forced")
    context = {"person": hindered.person, "is_expired": hindered.why == Hindrance.EXPIRED}
    return render(request, "account/hindered.html", context, status=403)
