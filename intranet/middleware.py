"""Who comes in, in which language, under which content policy."""

from functools import cache

from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import Http404
from django.utils import translation
from django.utils.translation import get_supported_language_variant

from intranet.editor import can_open_admin
from intranet.look import forget_pages
from intranet.plugins import may_use, plugins

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Wagtail's and Django's administration style their widgets from scripts.
ADMIN_POLICY = {"style-src": ["'self'", "'unsafe-inline'"], "script-src": ["'self'", "'unsafe-inline'"]}


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp's policy, wider below /admin/ only, and left alone where a view has set its own."""

    def process_response(self, request, response):
        if response.has_header("Content-Security-Policy"):
            return response
        if request.path_info.startswith(("/admin/", "/django-admin/")):
            response._csp_update = ADMIN_POLICY
        own = [value for name, value in vars(response).items() if name.startswith("_csp")]
        if settings.DEBUG or any(own):
            return super().process_response(request, response)
        response.headers["Content-Security-Policy"] = usual_policy()
        return response


@cache
def usual_policy() -> str:
    """Return the header of a page that asks for nothing else, put together once."""
    return build_policy()


def language_of(request) -> str:
    """Return the language of this browser: the cookie's, which follows the person, else Vietnamese."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or settings.LANGUAGE_CODE
    try:
        return get_supported_language_variant(chosen)
    except LookupError:
        return settings.LANGUAGE_CODE


class LanguageMiddleware:
    """Activate the language of the browser's cookie, which follows the person's choice, else Vietnamese."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        language = language_of(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class ForgetMiddleware:
    """Who changes anything sees the home page drawn anew. Signing in changes nothing on it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        changes = request.method not in SAFE and SESSION_KEY in request.session
        response = self.get_response(request)
        if changes and request.user.is_authenticated:
            forget_pages(request.user.pk)
        return response


class DoorMiddleware(LoginRequiredMiddleware):
    """Ask for sign-in, then for the plug-in's ``may_use`` or the right to administer, on every URL."""

    def process_view(self, request, view_func, view_args, view_kwargs):
        answer = super().process_view(request, view_func, view_args, view_kwargs)
        if answer is not None or not request.user.is_authenticated:
            return answer
        namespace = request.resolver_match.namespaces[:1]
        plugin = next((plugin for plugin in plugins() if [plugin.slug] == namespace), None)
        if plugin and not may_use(plugin, request.user):
            raise Http404
        if request.path_info.startswith("/admin/") and not can_open_admin(request):
            raise Http404
        if request.path_info.startswith("/django-admin/") and not request.user.is_staff:
            raise Http404
        return None

    def handle_no_permission(self, request, view_func):
        """An htmx request is told to load the sign-in page as a page, not into a fragment."""
        response = super().handle_no_permission(request, view_func)
        if request.headers.get("HX-Request"):
            response.status_code = 401
            response["HX-Redirect"] = response["Location"]
            del response["Location"]
        return response
