"""The page on which people let in a device that has no keyboard (RFC 8628 §3.3), and where devices ask for a code."""

from django import forms
from django.http import JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from sso.limits import count_up
from sso.models import Application, DeviceGrant
from sso.models.tokens import Acr
from sso.oauth.clients import client_of
from sso.oauth.devices import LENGTH, WAITS, begin, claim, let_in, shown, turn_away, typed
from sso.oauth.scopes import TEXTS
from sso.oauth.signing import issuer
from sso.oauth.strength import strength_of
from sso.services.audit import Action, Cause, address_of, record
from sso.services.health import unheard_since
from sso.services.rules import acr_to_enter
from sso.step_up import acr_within_reach, to_confirm
from sso.views.hindered import unheard_page
from sso.views.tokens import for_programs, unknown_client

MOST_WRONG = 10  # codes in five minutes; one of 25 thousand million is right
WRONG = _("No device waits with this code. Look at the device once more: the code may have run out.")
TOO_MANY = _("Too many wrong codes. Please wait five minutes.")


@require_POST
@for_programs
def device_authorization(request, form):
    """RFC 8628 §3.1: a device gets a code for itself and one for its person."""
    client = client_of(request, form, or_public=True)
    if client is None:
        return unknown_client()
    device_code, user_code, row = begin(client, form.get("scope", ""), request)
    address = issuer() + reverse("device")
    return JsonResponse(
        {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": address,
            "verification_uri_complete": f"{address}?{urlencode({'code': user_code})}",
            "expires_in": int(WAITS.total_seconds()),
            "interval": row.interval,
        }
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code that the device shows"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )

    def clean_code(self):
        code = typed(self.cleaned_data["code"])
        if len(code) != LENGTH or not code.isascii():
            raise forms.ValidationError(_("The code has eight letters, such as BCDF-GHJK."))
        return shown(code)


@never_cache
@require_http_methods(["GET", "POST"])
def device(request):
    """Ask for the code, then whether to let the device in. A code in the address is only written into the field."""
    if request.method == "GET":
        return ask_code(request, CodeForm(initial={"code": request.GET.get("code", "")[:40]}))
    form = CodeForm(request.POST)
    if not form.is_valid():
        return ask_code(request, form)
    code = form.cleaned_data["code"]
    found, problem = found_by(request, code)
    if problem:
        form.add_error("code", problem)
        return ask_code(request, form)
    system = Application.objects.filter(client_id=found.client_id, is_enabled=True).first()
    acr = acr_to_enter(request.user, system.rule, address_of(request)) if system else None
    if acr is None:
        turn_away(found, by=request.user)
        record(Action.ENTRY_REFUSED, person=request.user, client=found, request=request)
        return render(request, "sso/no_entry.html", {"system": system, "back_url": "/"}, status=403)
    need = max(acr, system.required_acr)
    if since := unheard_since(request.user, need):
        return unheard_page(request, system, since)
    return decide(request, found, system, code, need)


def found_by(request, code: str):
    """Return the device that waits with ``code``, and what to say when there is none."""
    key = f"sso.tries.device.{request.user.pk}"
    if count_up(key) > MOST_WRONG:  # raised before it is known, so that many tries at once cannot pass it
        record(Action.REFUSED, person=request.user, request=request, cause=Cause.TOO_MANY_TRIES)
        return None, TOO_MANY
    found = claim(code, request.user)
    if found is None:
        return None, WRONG
    count_up(key, -1)  # only wrong ones count, and no right one wipes them out: anybody can begin a device
    return found, ""


def decide(request, found: DeviceGrant, system: Application, code: str, need: str):
    """Ask whether the device may act for this person, or do as the person has said."""
    if request.POST.get("allow") == "no":
        turn_away(found, by=request.user)
        return render(request, "sso/device_done.html", {"system": system})
    strength = strength_of(request)
    if strength is None or strength.acr < need:
        back = f"{reverse('device')}?{urlencode({'code': code})}"
        if acr_within_reach(request.user) < need:
            system.required_acr = need
            context = {"system": system, "next": back, "Acr": Acr}
            return render(request, "sso/factor_needed.html", context, status=403)
        return to_confirm(request, back, need)
    if request.POST.get("allow") == "yes":
        is_let_in = let_in(found, system, strength, by=request.user, request=request)
        return render(request, "sso/device_done.html", {"system": system, "is_let_in": is_let_in})
    scopes = [TEXTS[scope] for scope in found.scope.split() if scope in TEXTS]
    return render(request, "sso/device_confirm.html", {"system": system, "code": code, "scopes": scopes})


def ask_code(request, form: CodeForm):
    return render(request, "sso/device.html", {"form": form}, status=422 if form.is_bound else 200)
