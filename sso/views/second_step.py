"""Showing more than a password: the second step of a sign-in, sign-in by passkey, confirming who one is."""

import json

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import perform_login
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from sso.forms.sign_in import ProofForm
from sso.models.factors import TRUST_AGE
from sso.models.tokens import Acr
from sso.passkeys import SIGN_IN, NotProven, has_passkeys_here, request_options, shown
from sso.services.audit import Action, Cause, record
from sso.services.factors import factors_of, trust_browser
from sso.services.sign_ins import device_of
from sso.stages import MOST_TOKENS, TRUST_COOKIE, SecondStep, tokens_of
from sso.step_up import STRONGEST, Proof, confirm_offer, note_proofs, second_step_offer
from sso.views.hindered import tells_outage
from sso.views.sign_in import form_action_for

secret_fields = sensitive_post_parameters("password", "code", "credential")


@secret_fields
@login_stage_required(stage=SecondStep.key, redirect_urlname="account_login")
def second_step(request):
    """The page between a right password and the session; only what it checks leads out of it."""
    stage = request._login_stage
    person = stage.login.user
    if person is None or not person.is_active or stage.state.get("epoch") != person.security_epoch:
        return stage.abort()
    factors = factors_of(person)
    if not factors.any:
        return stage.abort()
    form = ProofForm(request, person, second_step_offer(factors))
    if request.method == "POST" and form.is_valid():
        note_proofs(request, person, form.shown)
        response = stage.exit()
        if form.cleaned_data.get("trust") and request.user.is_authenticated:
            remember_browser(request, response, person)
        return response
    return proof_page(request, "account/second_step.html", form, next_url=stage.login.redirect_url or "")


def remember_browser(request, response, person) -> None:
    """Give this browser the token by which it skips the second step of ``person``; others' tokens stay."""
    token = trust_browser(person, device_of(request.headers.get("User-Agent", "")), request=request)
    tokens = [token, *filter(None, tokens_of(request))][:MOST_TOKENS]
    response.set_cookie(
        TRUST_COOKIE,
        ".".join(tokens),
        max_age=TRUST_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@secret_fields
@never_cache
@login_not_required
@require_POST
def passkey_sign_in(request):
    """Sign in whoever the browser's passkey belongs to."""
    target = get_next_redirect_url(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(target or settings.LOGIN_REDIRECT_URL)
    try:
        passkey = shown(request, SIGN_IN, request.POST.get("credential", ""))
    except NotProven:
        record(Action.REFUSED, request=request, cause=Cause.WRONG_PASSKEY)
        messages.error(
            request, _("The passkey was not accepted. Please try once more, or use your password.")
        )
        back = f"?{urlencode({'next': target})}" if target else ""
        return HttpResponseRedirect(reverse("account_login") + back)
    clear_login(request)
    passkey.record_usage()
    person = passkey.user
    note_proofs(request, person, [Proof("mfa", passkey)])
    return perform_login(request, Login(user=person, redirect_url=target, state={"passkey": person.pk}))


@secret_fields
@never_cache
@login_not_required
@tells_outage
def confirm(request):
    """Ask the person of this session once more who they are, with what ``need`` calls for."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    person, need = request.user, request.GET.get("need", "")
    need = need if need in {STRONGEST, *Acr.values} else Acr.PASSWORD.value
    target = get_next_redirect_url(request) or settings.LOGIN_REDIRECT_URL
    form = ProofForm(request, person, confirm_offer(factors_of(person), need))
    if request.method == "POST" and form.is_valid():
        note_proofs(request, person, form.shown, reauthenticated=True)
        record(
            Action.CONFIRMED, person=person, request=request, shown=[kind_of(proof) for proof in form.shown]
        )
        return HttpResponseRedirect(target)
    return proof_page(request, "account/confirm.html", form, next_url=target)


def kind_of(proof: Proof) -> str:
    return proof.factor.type if proof.factor else proof.method


def proof_page(request, template: str, form: ProofForm, next_url: str):
    context = {"form": form, "offer": form.offer, "person": form.person, "next": next_url}
    if form.offer.passkey and has_passkeys_here(request):
        context["options"] = json.dumps(request_options(request, form.offer.purpose, form.person))
    status = 422 if form.is_bound else 200
    response = render(request, template, context, status=status)
    response._csp_update = form_action_for(next_url)
    return response
