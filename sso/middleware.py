"""A short way for programs; small windows of systems; no session but of our sign-in, with all its factors."""

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from sso.backends import OF_DIRECTORY
from sso.models import User
from sso.services.sessions import is_ours
from sso.services.sign_ins import MUST_ENROL
from sso.urls import for_programs


class ProgramsMiddleware:
    """Hand the requests of programs straight to their view, past sessions, languages, messages and content policy.

    The endpoints that systems and the mail server call thousands of times an hour use none of it, and it would cost
    more than they do. It stands behind the security headers; the same views stay mounted, so that their addresses
    are found by name.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        views = {f"/{item.pattern}": item.callback for item in for_programs}
        # Somebody leaves the last slash out when they type the address into a system; a redirect would lose the form.
        self.views = {address.rstrip("/"): view for address, view in views.items()} | views

    def __call__(self, request):
        view = self.views.get(request.path_info)
        if view is None:
            return self.get_response(request)
        response = view(request)
        response.headers["Content-Length"] = str(len(response.content))
        return response


class PopupMiddleware:
    """Let systems sign people in by a small window of their own, whose end they wait for.

    "Cross-Origin-Opener-Policy: same-origin", which all other pages have, cuts that window off from its opener for
    good: the system takes it for closed, and its page never hears of the sign-in. None of these pages is without
    its own question, nor can it be drawn in a frame.
    """

    ON_THE_WAY = ("/oauth/authorize/", "/oauth/consent/", "/sign-in/")
    ALSO = "/account/security/"  # when a second factor is made before somebody goes on to the system

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if self.is_on_the_way(request):
            response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
        return response

    def is_on_the_way(self, request) -> bool:
        if request.path_info.startswith(self.ALSO):
            target = request.POST.get("next") or request.GET.get("next", "")
            return target.startswith(self.ON_THE_WAY)
        return request.path_info.startswith(self.ON_THE_WAY)


class PersonMiddleware(AuthenticationMiddleware):
    """Django's, but somebody of the directory is not asked for again: they came with the session.

    The session has been read by now, so ``request.user`` is the person and nothing that looks for them at each use.
    """

    def process_request(self, request):
        super().process_request(request)
        request.user = came_with(request.session) or get_user(request)


def came_with(session) -> User | None:
    """Return the person that was found with ``session``, when nothing more need be asked to let them in."""
    key, person = session.get(SESSION_KEY), session.person
    if person is None or key != str(person.pk) or session.get(BACKEND_SESSION_KEY) != OF_DIRECTORY:
        return None
    is_same = constant_time_compare(session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash())
    return person if is_same and person.is_active else None


class OurSessionsMiddleware:
    """End a session that somebody is signed in to, but not by our sign-in: other doors would skip what it asks for.

    Who must have a second factor before anything else gets no further than the pages that make one, and out. The
    authorization endpoint says so itself: systems that ask silently are told, and shown no page.
    """

    OPEN = ("/account/security/", "/sign-in/", "/sign-out/", "/language/", "/theme/", "/oauth/authorize/")

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if SESSION_KEY in request.session and not is_ours(request.session):
            request.session.flush()
        if request.session.get(MUST_ENROL) and not request.path_info.startswith(self.OPEN):
            url = reverse("account-security-required")
            if request.headers.get("HX-Request"):
                return HttpResponse(status=401, headers={"HX-Redirect": url})
            return HttpResponseRedirect(url)
        return self.get_response(request)
