"""One's own passkeys, authenticator app, recovery codes and trusted browsers."""

import json

from allauth.account.utils import get_next_redirect_url
from allauth.mfa.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sso import passkeys
from sso.forms.sign_in import AppForm, PasskeyForm, PasskeyNameForm
from sso.models import TrustedBrowser
from sso.services import factors as services
from sso.services.factors import Kind, LastFactor, factors_of
from sso.services.sessions import SID
from sso.services.sign_ins import MUST_ENROL, days_left, device_of, has_duty, standing_of
from sso.services.spent import spend
from sso.step_up import Proof, note_proofs, when_sure
from sso.views.sign_in import form_action_for

secret_fields = sensitive_post_parameters("code", "credential", "sealed")


@never_cache
@require_GET
def security(request):
    context = {
        "factors": factors_of(request.user),
        "has_duty": has_duty(standing_of(request.user)),
        "browsers": TrustedBrowser.objects.in_force().filter(user=request.user),
    }
    return TemplateResponse(request, "account_pages/security.html", context)


@never_cache
@require_GET
def required(request):
    """Say that a second factor is due: now, or within so many days."""
    left = days_left(standing_of(request.user))
    target = next_of(request)
    if left is None:
        request.session.pop(MUST_ENROL, None)
        return HttpResponseRedirect(target)
    context = {"left": left, "next": target, "has_passkeys_here": passkeys.has_passkeys_here(request)}
    return TemplateResponse(request, "account/factor_required.html", context)


@secret_fields
@never_cache
@require_http_methods(["GET", "POST"])
@when_sure
def passkey_new(request):
    person = request.user
    purpose = f"new-passkey:{person.pk}"
    form = PasskeyForm(
        request,
        purpose,
        initial={"name": device_of(request.headers.get("User-Agent", ""))[: services.LONGEST_NAME]},
    )
    if request.method == "POST" and form.is_valid():
        made = services.add_passkey(person, form.cleaned_data["name"], form.kept, by=person, request=request)
        return added(request, made, _("The passkey has been added."))
    context = {
        "form": form,
        "has_passkeys_here": passkeys.has_passkeys_here(request),
        "address": passkey_address(request),
        "options": json.dumps(passkeys.creation_options(request, purpose, person)),
        "next": request.GET.get("next", ""),
    }
    return on_the_way(request, "account_pages/passkey_new.html", context)


@secret_fields
@never_cache
@require_http_methods(["GET", "POST"])
@when_sure
def app(request):
    """Set up the authenticator app, or another one in its place."""
    person = request.user
    form = AppForm(request)
    if request.method == "POST" and form.is_valid():
        made = services.add_app(person, form.secret, by=person, request=request)
        spend(f"totp {made.pk}", form.cleaned_data["code"])
        return added(request, made, _("The authenticator app has been set up."))
    adapter = get_adapter()
    context = {
        "form": form,
        "picture": adapter.build_totp_svg(adapter.build_totp_url(person, form.secret)),
        "secret": " ".join(form.secret[start : start + 4] for start in range(0, len(form.secret), 4)),
        "is_change": bool(factors_of(person).app),
        "next": request.GET.get("next", ""),
    }
    return on_the_way(request, "account_pages/app.html", context)


def on_the_way(request, template: str, context: dict):
    """Draw the page of a factor that is made on the way to ``context["next"]``, which may be a system."""
    status = 422 if context["form"].errors else 200
    response = TemplateResponse(request, template, context, status=status)
    response._csp_update = form_action_for(context["next"])
    return response


def added(request, factor, message: str):
    """The factor was shown in being made. With the first one come recovery codes; then the person goes on."""
    note_proofs(request, request.user, [Proof("mfa", factor)], reauthenticated=True)
    request.session.pop(MUST_ENROL, None)
    messages.success(request, message)
    if factors_of(request.user).codes is None:
        return codes_page(request)
    return HttpResponseRedirect(get_next_redirect_url(request) or reverse("account-security"))


@never_cache
@require_http_methods(["GET", "POST"])
@when_sure(methods=("POST",), back="account-security")
def codes(request):
    """Make new codes and show them; who comes back to their page finds the overview."""
    if request.method == "GET" or not factors_of(request.user).any:
        return redirect("account-security")
    return codes_page(request)


def codes_page(request):
    """Show new recovery codes, this once."""
    made = services.new_recovery_codes(request.user, by=request.user, request=request)
    context = {
        "codes": [f"{code[:5]}-{code[5:]}" for code in made],
        "next": get_next_redirect_url(request) or reverse("account-security"),
    }
    return TemplateResponse(request, "account_pages/codes.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@when_sure
def passkey(request, pk):
    """Call a passkey something else."""
    found = mine(request, pk, Kind.WEBAUTHN)
    form = PasskeyNameForm(request.POST or None, initial={"name": found.data["name"]})
    if request.method == "POST" and form.is_valid():
        services.rename_passkey(found, form.cleaned_data["name"], by=request.user)
        return redirect("account-security")
    context = {"form": form, "passkey": found}
    return TemplateResponse(
        request, "account_pages/passkey.html", context, status=422 if form.errors else 200
    )


@never_cache
@require_POST
@when_sure(back="account-security")
def remove(request, pk):
    """Remove a passkey or the authenticator app."""
    found = mine(request, pk, Kind.WEBAUTHN, Kind.TOTP)
    try:
        services.remove_factor(found, by=request.user, keep=request.session.get(SID, ""), request=request)
    except LastFactor:
        messages.error(
            request, _("This is your last second factor, and you need one. Add another one first.")
        )
    else:
        messages.success(request, _("It has been removed; your other devices are signed out."))
    return redirect("account-security")


@never_cache
@require_POST
def browser_forget(request, pk):
    services.forget_browser(
        get_object_or_404(TrustedBrowser.objects.filter(user=request.user), pk=pk), by=request.user
    )
    messages.success(request, _("That browser asks for the second step again."))
    return redirect("account-security")


def mine(request, pk, *kinds: str):
    return get_object_or_404(services.Authenticator.objects.filter(user=request.user, type__in=kinds), pk=pk)


def next_of(request) -> str:
    return get_next_redirect_url(request) or "/"


def passkey_address(request) -> str:
    """Return this page's address at the host that passkeys belong to."""
    port = request.get_host().rpartition(":")[2]
    host = settings.PASSKEY_HOST + (f":{port}" if port.isdecimal() else "")
    scheme = "http" if settings.PASSKEY_HOST == "localhost" else "https"
    return f"{scheme}://{host}{request.get_full_path()}"
