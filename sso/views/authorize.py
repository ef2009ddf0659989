"""The authorization endpoint (OpenID Connect Core §3.1.2)."""

from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

from allauth.account.internal.flows.logout import logout
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from sso.adapter import remember_language
from sso.models import Application
from sso.models.tokens import Acr
from sso.oauth.claims import subject_of
from sso.oauth.parameters import LONGEST_QUERY, Answer, Asked, Refused, asked_in, fill
from sso.oauth.pushed import question_in, use_up
from sso.oauth.scopes import TEXTS
from sso.oauth.signing import issuer, read_hint
from sso.oauth.strength import Strength, asked_since, first_asked_at, forget_asked, strength_of
from sso.services.audit import Action, address_of, entry, record
from sso.services.health import unheard_since
from sso.services.rules import acr_to_enter
from sso.services.sign_ins import MUST_ENROL
from sso.services.tokens import give_consent, has_consent, issue_code
from sso.step_up import acr_within_reach, to_confirm
from sso.views.hindered import unheard_page
from sso.views.sign_in import onward_to

CHOICE = "select_account"


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def authorize(request):
    """Send the person back to the system with a code, or with an error it understands.

    A POST from another site comes without the session cookie, so it is asked again as a GET.
    """
    if request.method == "POST":
        return as_get(request)
    return answered(request, decide)


@login_not_required
@never_cache
@require_POST
def consent(request):
    """The person's answer on the consent page, which carries the whole request in its address.

    Whose session has ended meanwhile signs in and is asked again.
    """

    def decide_on_answer(request, asked: Asked):
        if not request.user.is_authenticated or not is_asked_about(request.user, asked):
            return decide(request, asked)
        if request.POST.get("allow") == "another" and CHOICE in asked.prompt:
            logout(request)
            return decide(request, asked)
        strength = proof_for(request, asked)
        if strength is None:
            return decide(request, asked)
        if request.POST.get("allow") != "yes":
            raise Answer("access_denied")
        give_consent(request.user, asked.client, asked.told)
        record(Action.CONSENTED, person=request.user, client=asked.client, request=request, scopes=asked.told)
        return with_code(request, asked, strength)

    return answered(request, decide_on_answer)


def answered(request, decide):
    try:
        query, pushed = question_in(request.GET)
        asked = asked_in(query)
        asked.pushed = pushed
    except Refused as error:
        return refusal(request, error)
    try:
        fill(asked, query)
        if request.user.is_authenticated and not is_let_in(request, asked):
            return no_entry(request, asked)
        if request.user.is_authenticated and (
            since := unheard_since(request.user, asked.client.required_acr)
        ):
            return not_now(request, asked, since)
        return decide(request, asked)
    except Answer as answer:
        return back(request, asked, answer.parameters)


def is_let_in(request, asked: Asked) -> bool:
    """Say whether the person may enter by the system's rule; what it wants of the sign-in is asked for from now on."""
    acr = acr_to_enter(request.user, asked.client.rule, address_of(request))
    if acr is not None:
        asked.client.required_acr = max(asked.client.required_acr, acr)
    return acr is not None


def no_entry(request, asked: Asked):
    """Tell the person that they may not enter; a system that asks silently is told itself."""
    record(Action.ENTRY_REFUSED, person=request.user, client=asked.client, request=request)
    refused = Answer("access_denied", "the person may not enter this system")
    if "none" in asked.prompt:
        raise refused
    context = {"system": asked.client} | way_back(asked, refused.parameters)
    response = render(request, "sso/no_entry.html", context, status=403)
    response._csp_update = onward_to(asked.redirect_uri) if asked.by_form else None
    return response


def not_now(request, asked: Asked, since: datetime):
    page = unheard_page(request, asked.client, since)
    if "none" in asked.prompt:
        raise Answer("temporarily_unavailable", "the directory of accounts has not been heard for too long")
    return page


def decide(request, asked: Asked):
    silent = "none" in asked.prompt
    if not request.user.is_authenticated:
        if silent:
            raise Answer("login_required")
        if {"login", CHOICE} & asked.prompt:
            first_asked_at(request)
        return to_sign_in(request, asked)
    if request.session.get(MUST_ENROL):
        if silent:
            raise Answer("interaction_required", "the person must set up a second factor first")
        query = urlencode({"next": authorize_path(request)})
        return HttpResponseRedirect(f"{reverse('account-security-required')}?{query}")
    if not is_asked_about(request.user, asked):
        raise Answer("login_required", "another person is signed in")
    strength = proof_for(request, asked)
    if strength is None:
        if silent:
            raise Answer("login_required")
        return ask_for_proof(request, asked)
    is_certain = asked.client.is_certain_at(asked.redirect_uri)
    wants_page = "consent" in asked.prompt or must_choose(request, asked)
    if wants_page or not is_certain or not has_consent(request.user, asked.client, asked.told):
        if silent:
            raise Answer("consent_required")
        return ask_consent(request, asked)
    return with_code(request, asked, strength)


def must_choose(request, asked: Asked) -> bool:
    """Say whether the person shall say as whom they go on, which they have when they signed in for this request."""
    return CHOICE in asked.prompt and strength_of(request, first_asked_at(request)) is None


def proof_for(request, asked: Asked) -> Strength | None:
    """Return the strength of what was shown as recently as asked for, None when that is not enough for the system.

    What the system demands is demanded; what it asks for by acr_values (OpenID Connect Core §3.1.2.1) is asked of
    those who have it.
    """
    strength = strength_of(request, asked_since(request, asked))
    if strength is None or strength.acr < max(asked.client.required_acr, asked.wanted.least_acr):
        return None
    if strength.acr >= asked.acr or "none" in asked.prompt or acr_within_reach(request.user) < asked.acr:
        return strength
    return None


def ask_for_proof(request, asked: Asked):
    """Let the person confirm with what the system wants, or say that they need a second factor first."""
    within_reach = acr_within_reach(request.user)
    if within_reach < asked.client.required_acr:
        context = {"system": asked.client, "next": authorize_path(request), "Acr": Acr}
        return render(request, "sso/factor_needed.html", context, status=403)
    if within_reach < asked.wanted.least_acr:
        raise Answer("unmet_authentication_requirements", "the person cannot sign in as strongly as that")
    need = max(asked.client.required_acr, asked.wanted.least_acr, min(asked.acr, within_reach))
    return to_confirm(request, authorize_path(request), need)


def with_code(request, asked: Asked, strength: Strength):
    use_up(asked.pushed)
    forget_asked(request)
    told = {"scopes": asked.told, "session": strength.sid[:8]}
    granted = entry(Action.GRANTED, person=request.user, client=asked.client, request=request, **told)
    return back(request, asked, {"code": issue_code(asked, request.user, strength, granted)})


def back(request, asked: Asked, parameters: dict[str, str]):
    """Send the browser back to the system, by a redirect or with a form that its own script sends at once."""
    way = way_back(asked, parameters)
    if not asked.by_form:
        response = ToSystem(way["back_url"])
        response["Referrer-Policy"] = "no-referrer"
        return response
    response = render(request, "sso/onward.html", {"system": asked.client} | way)
    response._csp_update = onward_to(asked.redirect_uri)
    response["Referrer-Policy"] = "strict-origin"  # with less, the form would say that it comes from nowhere
    return response


def way_back(asked: Asked, parameters: dict[str, str]) -> dict:
    """Return the address of the system with the answer, or that of its form and the fields.

    The issuer is always named (RFC 9207).
    """
    parameters = parameters | ({"state": asked.state} if asked.state else {}) | {"iss": issuer()}
    if asked.by_form:
        return {"back_url": asked.redirect_uri, "fields": parameters}
    joint = "&" if "?" in asked.redirect_uri else "?"
    return {"back_url": f"{asked.redirect_uri}{joint}{urlencode(parameters)}"}


class ToSystem(HttpResponseRedirect):
    """A redirect to an address that was registered, whatever its scheme: an app has one of its own (RFC 8252 §7.1)."""

    def __init__(self, address: str):
        self.allowed_schemes = [urlsplit(address).scheme]
        super().__init__(address)


def as_get(request):
    query = urlencode([*request.GET.lists(), *request.POST.lists()], doseq=True)
    if len(query) > LONGEST_QUERY:
        return refusal(request, Refused(_("The request is too long.")))
    return HttpResponseRedirect(f"{request.path}?{query}", status=303)


def to_sign_in(request, asked: Asked):
    path = authorize_path(request)
    url = reverse("account_login")
    if asked.login_hint:
        url = f"{url}?{urlencode({'as': asked.login_hint})}"
    response = redirect_to_login(path, url)
    speak(request, response, asked.ui_locales)
    return response


def speak(request, response, locales: list[str]) -> None:
    """Let a browser in which nobody has chosen a language go on in the first of ``locales`` that we know."""
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return
    for locale in locales:
        with suppress(LookupError):
            return remember_language(response, get_supported_language_variant(locale))


def authorize_path(request) -> str:
    return f"{reverse('oauth-authorize')}?{request.META['QUERY_STRING']}"


def is_asked_about(user, asked: Asked) -> bool:
    """Say whether ``user`` is whom the system asks about by an ID token or by the claim "sub", when it does."""
    if asked.wanted.subjects and {*asked.wanted.subjects} != {subject_of(user, asked.client)}:
        return False
    return not asked.id_token_hint or is_about(asked.id_token_hint, user, asked.client)


def is_about(token: str, user, client: Application) -> bool:
    claims = read_hint(token)
    mine = {"sub": subject_of(user, client), "aud": client.client_id}
    return claims is not None and mine.items() <= claims.items()


def ask_consent(request, asked: Asked):
    at = urlsplit(asked.redirect_uri)
    context = {
        "system": asked.client,
        "host": at.netloc or at.scheme,
        "is_certain": asked.client.is_certain_at(asked.redirect_uri),
        "scopes": [TEXTS[scope] for scope in asked.told],
        "may_choose": CHOICE in asked.prompt,
        "answer_url": f"{reverse('oauth-consent')}?{request.META['QUERY_STRING']}",
    }
    response = render(request, "sso/consent.html", context)
    response._csp_update = onward_to(asked.redirect_uri)
    return response


def refusal(request, error: Refused, *, wants_out: bool = False):
    """Say to the person what is wrong; who wanted to sign out is told that this has not happened."""
    return render(request, "sso/refused.html", {"reason": error, "wants_out": wants_out}, status=400)
