"""A short way for programs, and no session but of our sign-in."""

from allauth.account.internal.flows import login
from django.contrib.auth import SESSION_KEY

from sso.adapter import SID
from sso.urls import for_programs


class ProgramsMiddleware:
    """Hand the requests of programs straight to their view, past sessions, languages, messages and content policy.

    The endpoints that systems and the mail server call thousands of times an hour use none of it, and it would cost
    more than they do. It stands behind the security headers; the same views stay mounted, so that their addresses
    are found by name.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.views = {f"/{item.pattern}": item.callback for item in for_programs}

    def __call__(self, request):
        view = self.views.get(request.path_info)
        if view is None:
            return self.get_response(request)
        response = view(request)
        response.headers["Content-Length"] = str(len(response.content))
        return response


class OurSessionsMiddleware:
    """End a session that somebody is signed in to, but not by our sign-in: other doors would skip what it asks for."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if SESSION_KEY in request.session and not is_ours(request.session):
            request.session.flush()
        return self.get_response(request)


def is_ours(session) -> bool:
    """Say whether our sign-in began ``session``: it is named, and records how this very person proved who they are."""
    records = session.get(login.AUTHENTICATION_METHODS_SESSION_KEY)
    owner = session.get(login._AUTHENTICATION_METHODS_USER_SESSION_KEY)
    return bool(records and session.get(SID)) and owner == session[SESSION_KEY]
