"""Signing in, and the choice of language."""

from urllib.parse import urlsplit

from allauth.account import views as account
from allauth.account.internal.stagekit import clear_login
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import caches
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_supported_language_variant
from django.views.decorators.http import require_POST
from fido2.utils import websafe_encode

from sso.adapter import is_within, remember_language
from sso.backends import Hindered
from sso.directory import DirectoryUnavailable
from sso.models import User
from sso.oauth.parameters import Refused, asked_in
from sso.oauth.pushed import question_in
from sso.passkeys import SIGN_IN, has_passkeys_here, new_challenge
from sso.services.health import down_since
from sso.views.hindered import hindered_page, outage_page

KEPT_SECONDS = 600
THEMES = ("light", "dark")
CSRF_MARK, CHALLENGE_MARK = "csrf-token-of-this-browser", "challenge-of-this-browser"


class ToldOutage:
    """Explain on a page of its own that the directory is down, or why a right password does not let in."""

    def post(self, request, *args, **kwargs):
        try:
            return super().post(request, *args, **kwargs)
        except DirectoryUnavailable as error:
            return outage_page(request, error)
        except Hindered as hindered:
            return hindered_page(request, hindered)

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        response._csp_update = form_action_for(self.request.GET.get("next", ""))
        return response


class SignInView(ToldOutage, account.LoginView):
    outage = None  # since when the directory does not answer, where the page is to say so

    def get(self, request, *args, **kwargs):
        """The page as it is before anything is known is drawn once; tokens of this browser are put in."""
        self.outage = down_since()
        if request.GET or request.COOKIES.get("messages"):
            return super().get(request, *args, **kwargs)
        theme = request.COOKIES.get("theme")
        theme = theme if theme in THEMES else "auto"
        since = self.outage and self.outage.timestamp()
        key = f"sign-in.{request.LANGUAGE_CODE}.{theme}.{has_passkeys_here(request)}.{since}"
        page = caches["process"].get_or_set(key, lambda: self.draw(request), KEPT_SECONDS)
        page = page.replace(CSRF_MARK, get_token(request))
        return HttpResponse(page.replace(CHALLENGE_MARK, websafe_encode(new_challenge(request, SIGN_IN))))

    def draw(self, request) -> str:
        response = super().get(request)
        response.context_data |= {"csrf_token": CSRF_MARK}
        if "challenge" in response.context_data:
            response.context_data["challenge"] = CHALLENGE_MARK
        return response.render().content.decode()

    def get_initial(self):
        return {"login": self.request.GET.get("as", "")[:254]}

    def form_valid(self, form):
        """Begin anew, whoever was half way in before."""
        clear_login(self.request)
        return super().form_valid(form)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs):
        """What allauth's own page needs besides is left out."""
        context = super(account.LoginView, self).get_context_data(**kwargs) | {"is_light": True}
        context["outage"] = self.outage
        if self.outage or context["form"].non_field_errors():
            context["form"].tie_to("told")
        if has_passkeys_here(self.request):
            context["challenge"] = websafe_encode(new_challenge(self.request, SIGN_IN))
            context["passkey_host"] = settings.PASSKEY_HOST
        return context

    def _redirect_to_pending_stage(self, request, stage):
        """Who comes back to this page has changed their mind about the second step."""


def form_action_for(next_url: str) -> dict[str, list[str]] | None:
    """Return the content policy's addition for a form whose ``next`` is a system's request, else None."""
    try:
        parts = urlsplit(next_url[:20000])
        if parts.path != reverse("oauth-authorize"):
            return None
        asked = asked_in(question_in(QueryDict(parts.query))[0])
    except (Refused, ValueError):
        return None
    return onward_to(asked.redirect_uri)


def onward_to(url: str) -> dict[str, list[str]]:
    """Return the content policy's addition for a form whose answer leads to ``url`` at last.

    Chromium applies form-action to each redirect after a form, also to those by which the system itself sends people
    on, to a host that nobody here knows; and no policy can name an IPv6 address. So it names the scheme alone.
    """
    return {"form-action": [f"{urlsplit(url).scheme}:"]}


@login_not_required
@require_POST
def language(request):
    """Set the language of this browser and, when signed in, of the person."""
    try:
        chosen = get_supported_language_variant(request.POST.get("language", ""), strict=True)
    except LookupError:
        raise Http404 from None
    target = request.POST.get("next", "")
    if not is_within(request, target):
        target = "/"
    if request.user.is_authenticated and request.user.language != chosen:
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    response = HttpResponseRedirect(target)
    remember_language(response, chosen)
    return response


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
