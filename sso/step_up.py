"""Making sure of the person before an act that must not be left to whoever finds an open session."""

import time
from dataclasses import dataclass
from functools import wraps

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from sso.models.tokens import Acr
from sso.oauth.strength import shown_in
from sso.services.factors import Factors, Kind, factors_of

MOST_RECORDS = 12
SURE_FOR = 300  # seconds
STRONGEST = "act"  # what ``account_reauthenticate`` is asked for; else a strength such as "2"


@dataclass(frozen=True)
class Proof:
    """One thing that a person has shown: "password", or "mfa" by ``factor``."""

    method: str
    factor: Authenticator | None = None


@dataclass(frozen=True)
class Offer:
    """What a page offers to show who one is: ``fields`` of the form, ``codes`` of which kinds, a passkey or not."""

    purpose: str
    fields: tuple[str, ...]
    codes: frozenset[str]
    passkey: bool
    code_label: str = ""


def second_step_offer(factors: Factors) -> Offer:
    """What is asked for after a right password."""
    purpose = f"second-step:{factors.person.pk}"
    codes = codes_of(factors)
    return Offer(
        purpose, ("code", "trust") if codes else ("trust",), codes, bool(factors.passkeys), label(codes)
    )


def confirm_offer(factors: Factors, need: str) -> Offer:
    """What somebody inside shows again; ``need`` is STRONGEST or a strength."""
    codes, typed = codes_of(factors), ("password",) if factors.person.has_usable_password() else ()
    if factors.any:
        if need == STRONGEST and factors.passkeys:
            codes -= {Kind.TOTP}
        typed = ("password", "code") if typed and codes else ()
    if need == Acr.PASSKEY:
        typed = ()
    purpose = f"confirm:{factors.person.pk}"
    return Offer(purpose, typed, codes, bool(factors.passkeys), label(codes))


def codes_of(factors: Factors) -> frozenset[str]:
    there = {Kind.TOTP} if factors.app else set()
    return frozenset(there | ({Kind.RECOVERY_CODES} if factors.codes_left else set()))


def label(codes: frozenset[str]) -> str:
    if codes == {Kind.RECOVERY_CODES}:
        return _("Recovery code")
    return (
        _("Code from the app, or a recovery code") if Kind.RECOVERY_CODES in codes else _("Code from the app")
    )


def note_proofs(request, person, proofs: list[Proof], **extra) -> None:
    """Write what was shown into the session, which tokens and ``is_sure`` read; the oldest entries go."""
    for proof in proofs:
        detail = {"id": proof.factor.pk, "type": proof.factor.type} if proof.factor else {}
        record_authentication(request, person, proof.method, **detail, **extra)
    records = request.session[AUTHENTICATION_METHODS_SESSION_KEY]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = records[-MOST_RECORDS:]


def strongest(factors: Factors) -> set[str]:
    """Return what counts as the strongest thing the person has; a recovery code stands in for what is lost."""
    if factors.passkeys:
        return {"webauthn", "recovery_codes"}
    return {"totp", "recovery_codes"} if factors.app else {"password"}


def acr_within_reach(person) -> str:
    """Return the highest strength that ``person`` can show with the factors there are."""
    factors = factors_of(person)
    if factors.passkeys:
        return Acr.PASSKEY.value
    return Acr.TWO_STEPS.value if factors.app else Acr.PASSWORD.value


def is_sure(request) -> bool:
    """Say whether the person has shown their strongest factor within five minutes, at sign-in or again."""
    shown = {kind for kind, _at in shown_in(request, time.time() - SURE_FOR)}
    return bool(shown & strongest(factors_of(request.user))) if shown else False


def when_sure(view=None, *, back: str = "", methods: tuple[str, ...] = ("GET", "HEAD", "POST")):
    """Let ``view`` be called by ``methods`` only when ``is_sure``; else the person confirms first and comes back.

    ``back`` names the page to come back to for views that answer POST only. What was typed into a form whose five
    minutes were over is not lost: the page that asks to confirm carries it.
    """

    def decorate(view):
        @wraps(view)
        def wrapped(request, *args, **kwargs):
            if request.method not in methods or is_sure(request):
                return view(request, *args, **kwargs)
            if request.method == "POST" and not back:
                return keep_typed(request)
            return to_confirm(request, reverse(back) if back else request.get_full_path())

        return wrapped

    return decorate(view) if view else decorate


def keep_typed(request) -> HttpResponse:
    """A page with what was typed, to be sent again after the person has confirmed in another tab."""
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in {"csrfmiddlewaretoken", "credential"}
    ]
    url = f"{reverse('account_reauthenticate')}?{urlencode({'next': reverse('account-security'), 'need': STRONGEST})}"
    return render(request, "account/confirm_typed.html", {"typed": typed, "confirm_url": url}, status=401)


def to_confirm(request, target: str, need: str = STRONGEST) -> HttpResponse:
    """Send the person to confirm who they are, and on to ``target``; an htmx request loads that as a page."""
    url = f"{reverse('account_reauthenticate')}?{urlencode({'next': target, 'need': need})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
