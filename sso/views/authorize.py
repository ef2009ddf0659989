"""The authorization endpoint (OpenID Connect Core §3.1.2) and sign-out asked for by a system."""

from urllib.parse import urlsplit

from allauth.account.internal.flows.logout import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from sso.adapter import SID
from sso.models import Application
from sso.oauth.claims import subject_of
from sso.oauth.parameters import Answer, Asked, BadParameter, Refused, asked_in, fill, read
from sso.oauth.scopes import TEXTS
from sso.oauth.signing import issuer, read_hint
from sso.oauth.strength import Strength, first_asked_at, forget_asked, is_fresh, strength_of
from sso.services.tokens import give_consent, has_consent, issue_code
from sso.views.sign_in import origin_of

LONGEST_QUERY = 16000


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


@never_cache
@require_POST
def consent(request):
    """The person's answer on the consent page, which carries the whole request in its address."""

    def decide_on_answer(request, asked: Asked):
        strength = strength_of(request)
        if strength is None or not is_fresh(request, asked, strength):
            return decide(request, asked)
        if request.POST.get("allow") != "yes":
            raise Answer("access_denied")
        give_consent(request.user, asked.client, asked.scopes)
        return with_code(request, asked, strength)

    return answered(request, decide_on_answer)


def answered(request, decide):
    try:
        asked = asked_in(request.GET)
    except Refused as error:
        return refusal(request, error)
    try:
        fill(asked, request.GET)
        return decide(request, asked)
    except Answer as answer:
        return back(asked, answer.parameters)


def decide(request, asked: Asked):
    silent = "none" in asked.prompt
    if not request.user.is_authenticated:
        if silent:
            raise Answer("login_required")
        if "login" in asked.prompt:
            first_asked_at(request)
        return to_sign_in(request, asked)
    if asked.id_token_hint and not is_about(asked.id_token_hint, request.user, asked.client):
        raise Answer("login_required", "another person is signed in")
    strength = strength_of(request)
    if strength is None or not is_fresh(request, asked, strength):
        if silent:
            raise Answer("login_required")
        return HttpResponseRedirect(
            f"{reverse('account_reauthenticate')}?{urlencode({'next': authorize_path(request)})}"
        )
    if "consent" in asked.prompt or not has_consent(request.user, asked.client, asked.scopes):
        if silent:
            raise Answer("consent_required")
        return ask_consent(request, asked)
    return with_code(request, asked, strength)


def with_code(request, asked: Asked, strength: Strength):
    forget_asked(request)
    return back(asked, {"code": issue_code(asked, request.user, strength)})


def back(asked: Asked, parameters: dict[str, str]):
    """Redirect to the system. The issuer is always named (RFC 9207)."""
    parameters = parameters | ({"state": asked.state} if asked.state else {}) | {"iss": issuer()}
    joint = "&" if "?" in asked.redirect_uri else "?"
    response = HttpResponseRedirect(f"{asked.redirect_uri}{joint}{urlencode(parameters)}")
    response["Referrer-Policy"] = "no-referrer"
    return response


def as_get(request):
    query = urlencode({**request.GET, **request.POST}, doseq=True)
    if len(query) > LONGEST_QUERY:
        return refusal(request, Refused(_("The request is too long.")))
    return HttpResponseRedirect(f"{request.path}?{query}", status=303)


def to_sign_in(request, asked: Asked):
    path = authorize_path(request)
    url = reverse("account_login")
    if asked.login_hint:
        url = f"{url}?{urlencode({'as': asked.login_hint})}"
    return redirect_to_login(path, url)


def authorize_path(request) -> str:
    return f"{reverse('oauth-authorize')}?{request.META['QUERY_STRING']}"


def is_about(token: str, user, client: Application) -> bool:
    claims = read_hint(token)
    return (
        claims is not None and claims.get("sub") == subject_of(user) and claims.get("aud") == client.client_id
    )


def ask_consent(request, asked: Asked):
    context = {
        "system": asked.client,
        "host": urlsplit(asked.redirect_uri).netloc,
        "scopes": [TEXTS[scope] for scope in asked.scopes],
        "answer_url": f"{reverse('oauth-consent')}?{request.META['QUERY_STRING']}",
    }
    response = render(request, "sso/consent.html", context)
    response._csp_update = {"form-action": [origin_of(asked.redirect_uri)]}
    return response


def refusal(request, error: Refused):
    return render(request, "sso/refused.html", {"reason": error}, status=400)


# --- sign-out asked for by a system (OpenID Connect RP-Initiated Logout 1.0) -----------------------


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def end_session(request):
    """End this session when the system's ID token comes from it; ask the person otherwise."""
    if request.method == "POST":
        return as_get(request)
    try:
        target, claims = sign_out_asked(request.GET)
    except Refused as error:
        return refusal(request, error)
    if not request.user.is_authenticated:
        return HttpResponseRedirect(target)
    sid = request.session.get(SID)
    if claims and sid and claims.get("sid") == sid and claims.get("sub") == subject_of(request.user):
        logout(request)
        return HttpResponseRedirect(target)
    confirm_url = f"{reverse('oauth-sign-out')}?{request.META['QUERY_STRING']}"
    response = render(request, "account/logout.html", {"confirm_url": confirm_url})
    if not target.startswith("/"):
        response._csp_update = {"form-action": [origin_of(target)]}
    return response


@never_cache
@login_not_required
@require_POST
def sign_out_confirmed(request):
    try:
        target, _claims = sign_out_asked(request.GET)
    except Refused as error:
        return refusal(request, error)
    logout(request)
    return HttpResponseRedirect(target)


def sign_out_asked(query: QueryDict) -> tuple[str, dict | None]:
    """Return where to go afterwards and the claims of the hint. Raises Refused."""
    try:
        values = read(query)
    except BadParameter as error:
        raise Refused(str(error)) from error
    claims = None
    if hint := values.get("id_token_hint"):
        claims = read_hint(hint)
        if claims is None:
            raise Refused(_("The proof of sign-in (ID token) is not one of ours."))
    client_id = values.get("client_id") or (claims or {}).get("aud", "")
    if claims and claims.get("aud") != client_id:
        raise Refused(_("The proof of sign-in (ID token) belongs to another system."))
    target = values.get("post_logout_redirect_uri")
    if not target:
        return reverse("account_login"), claims
    client = Application.objects.filter(client_id=client_id, is_enabled=True).first()
    if client is None or target not in client.post_logout_redirect_uris.split():
        raise Refused(_("The address to return to is not the one registered for this system."))
    if "state" in values:
        target += f"{'&' if '?' in target else '?'}{urlencode({'state': values['state']})}"
    return target, claims
