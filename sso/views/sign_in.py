"""Signing in and out, and the choice of language."""

from urllib.parse import urlsplit

from allauth.account import views as account
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import get_supported_language_variant
from django.views.decorators.http import require_POST

from sso.directory import DirectoryUnavailable
from sso.models import User
from sso.oauth.parameters import Refused, asked_in

YEAR = 365 * 24 * 3600


class ToldOutage:
    """Explain on a page of its own that the directory is down and since when."""

    def post(self, request, *args, **kwargs):
        try:
            return super().post(request, *args, **kwargs)
        except DirectoryUnavailable as error:
            response = render(
                request, "account/directory_unavailable.html", {"since": error.since}, status=503
            )
            response["Retry-After"] = "30"
            return response

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        # Chromium applies form-action to the redirects after a form, too: the last one leads to the system.
        response._csp_update = form_action_for(self.request.GET.get("next", ""))
        return response


class SignInView(ToldOutage, account.LoginView):
    def get_initial(self):
        return {"login": self.request.GET.get("as", "")[:254]}

    def form_valid(self, form):
        response = super().form_valid(form)
        if form.user.language:
            remember_language(response, form.user.language)
        return response


class SignOutView(account.LogoutView):
    pass


@method_decorator(login_not_required, name="dispatch")
class ReauthenticateView(ToldOutage, account.ReauthenticateView):
    """Ask the person of this session for the password again."""


def form_action_for(next_url: str) -> dict[str, list[str]] | None:
    """Return the content policy's addition for a form whose ``next`` is a system's request, else None."""
    parts = urlsplit(next_url[:20000])
    if parts.path != reverse("oauth-authorize"):
        return None
    try:
        asked = asked_in(QueryDict(parts.query))
    except Refused:
        return None
    return {"form-action": [origin_of(asked.redirect_uri)]}


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@login_not_required
@require_POST
def language(request):
    """Set the language of this browser and, when signed in, of the person."""
    try:
        chosen = get_supported_language_variant(request.POST.get("language", ""), strict=True)
    except LookupError:
        raise Http404 from None
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    if request.user.is_authenticated and request.user.language != chosen:
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    response = HttpResponseRedirect(target)
    remember_language(response, chosen)
    return response


def remember_language(response, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


@login_not_required
def to_sign_in(request, *args, **kwargs):
    """Other packages' sign-in pages lead to ours."""
    target = request.GET.get("next", "")
    return redirect(
        f"{reverse('account_login')}?{urlencode({'next': target})}" if target else "account_login"
    )


def to_sign_out(request):
    return redirect("account_logout")


@login_not_required
def no_such_page(request, *args, **kwargs):
    """Other packages' pages about passwords do not exist here: the directory keeps them."""
    raise Http404
