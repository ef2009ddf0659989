"""The registered systems: register, approve, change, connect, check. For system admins; others get 404."""

import json

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sso.forms.systems import PresetForm, SecretForm, SystemForm
from sso.models import Application, LogoutNotice, SystemRequest
from sso.oauth.signing import issuer
from sso.presets import preset_of
from sso.services import clients
from sso.services.checking import check_system
from sso.services.provisioning.targets import target_of
from sso.services.rules import ways_of
from sso.step_up import when_sure
from sso.views.guard import for_system_admins

RECEIPTS = 20


@for_system_admins
def system_list(request):
    waiting = SystemRequest.objects.waiting().select_related("application", "asked_by")
    rows = [
        {
            "system": system,
            "learns": words("allowed_scopes", system.allowed_scopes) if system.allowed_scopes else "",
            "ends_soon": clients.ends_soon(system),
        }
        for system in Application.objects.all()
    ]
    context = {"rows": rows, "waiting": [described(one, request.user) for one in waiting]}
    return TemplateResponse(request, "sso/system_list.html", context)


@for_system_admins
@require_http_methods(["GET", "POST"])
@when_sure
def system_new(request):
    """First the kind of system and its address, then the form with what follows from them."""
    if request.method == "GET" and "preset" not in request.GET:
        return TemplateResponse(request, "sso/system_kind.html", {"form": PresetForm()})
    initial = {}
    if request.method == "GET":
        kind = PresetForm(request.GET)
        if not kind.is_valid():
            return TemplateResponse(request, "sso/system_kind.html", {"form": kind}, status=422)
        initial = preset_of(kind.cleaned_data["preset"]).initial(kind.cleaned_data["base"])
    return edit(request, Application(), initial)


@for_system_admins
@require_http_methods(["GET", "POST"])
@when_sure
def system_edit(request, pk):
    return edit(request, get_object_or_404(Application, pk=pk))


def edit(request, system: Application, initial: dict | None = None):
    form = SystemForm(request.POST or None, instance=system, initial=initial)
    if request.method == "POST" and form.is_valid():
        secret = clients.save_system(form.save(commit=False), by=request.user)
        if secret:
            return secret_page(request, system, secret)
        if system.requests.waiting().exists():
            messages.success(
                request, _("Saved. What others rely on counts once another system admin has approved it.")
            )
        else:
            messages.success(request, _("The system has been saved."))
        return redirect("system", system.pk)
    status = 422 if form.errors else 200
    return TemplateResponse(request, "sso/system_form.html", {"form": form, "system": system}, status=status)


@for_system_admins
def system(request, pk):
    return overview(request, get_object_or_404(Application, pk=pk))


def overview(request, system: Application, **more):
    waiting = system.requests.waiting().select_related("asked_by", "application").first()
    context = {
        "system": system,
        "request_waiting": described(waiting, request.user) if waiting else None,
        "given": given_of(system),
        "settings": settings_of(system),
        "preset": preset_of(system.preset),
        "snippet": snippet_of(system),
        "ways": ways_of(system.rule),
        "secret_form": SecretForm(),
        "ends_soon": clients.ends_soon(system),
        "target": target_of(system),
        "notices": LogoutNotice.objects.filter(application=system).select_related("user")[:RECEIPTS],
        **more,
    }
    return TemplateResponse(request, "sso/system.html", context)


def described(waiting: SystemRequest, reader) -> dict:
    """Return a request with its changes in words and what ``reader`` may do about it."""
    changes = [
        (label_of(name), words(name, getattr(waiting.application, name)), words(name, value))
        for name, value in waiting.values.items()
    ]
    return {
        "request": waiting,
        "changes": changes,
        "can_approve": clients.can_approve(reader, waiting),
        "is_mine": waiting.asked_by_id == reader.pk,
    }


def given_of(system: Application) -> list[tuple[str, str]]:
    """Return what a second person approves, in words; what was left empty or unticked says nothing."""
    values = [(name, getattr(system, name)) for name in clients.SENSITIVE]
    return [(label_of(name), words(name, value)) for name, value in values if value]


def label_of(name: str) -> str:
    return SystemForm.base_fields[name].label


def words(name: str, value) -> str:
    """Return the value of a field as its form would show it; several addresses one a line."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else "–"
    choices = dict(getattr(SystemForm.base_fields[name], "choices", ()))
    if isinstance(value, list):
        return "; ".join(str(choices.get(one, one)) for one in value) or "–"
    return str(choices.get(value) or "\n".join(value.split()) or "–")


def settings_of(system: Application) -> list[tuple[str, str]]:
    """Return what is typed into the system, each with its name there."""
    at = issuer()
    return [
        (_("Issuer"), at),
        (_("Discovery document"), at + reverse("oauth-discovery")),
        (_("Client ID"), system.client_id),
        *([(_("Client authentication"), "none")] if system.is_public else []),
        (_("Scopes"), " ".join(system.allowed_scopes)),
        (_("Sign-in address"), at + reverse("oauth-authorize")),
        (_("Token address"), at + reverse("oauth-token")),
        (_("Userinfo address"), at + reverse("oauth-userinfo")),
        (_("Sign-out address"), at + reverse("oauth-end-session")),
    ]


def snippet_of(system: Application, **secret: str) -> str:
    preset = preset_of(system.preset)
    if system.is_public and not preset.is_public:
        return ""
    first = (system.redirect_uris.split() or [system.tile_url or ""])[0]
    base = "/".join(first.split("/")[:3])
    discovery = issuer() + reverse("oauth-discovery")
    return preset.text(base=base, issuer=issuer(), discovery=discovery, client_id=system.client_id, **secret)


@for_system_admins
@require_POST
@when_sure
def system_secret(request, pk):
    system = get_object_or_404(Application, pk=pk)
    form = SecretForm(request.POST)
    if not form.is_valid():
        return overview(request, system, secret_form=form)
    return secret_page(request, system, clients.renew_secret(system, by=request.user, **form.spans))


def secret_page(request, system: Application, secret: str):
    """Show the secret, this once."""
    snippet = snippet_of(system, secret=secret)
    context = {"system": system, "secret": secret, "settings": settings_of(system), "snippet": snippet,
               "preset": preset_of(system.preset)}  # fmt: skip
    return TemplateResponse(request, "sso/system_secret.html", context)


@for_system_admins
@require_POST
def system_check(request, pk):
    system = get_object_or_404(Application, pk=pk)
    return overview(request, system, findings=check_system(system, by=request.user))


@for_system_admins
@require_POST
@when_sure
def system_decide(request, pk):
    waiting = get_object_or_404(SystemRequest.objects.select_related("application", "asked_by"), pk=pk)
    try:
        if request.POST.get("decision") == "approve":
            clients.approve_request(waiting, by=request.user)
            messages.success(request, _("Approved: it counts from now on."))
        else:
            clients.refuse_request(waiting, request.POST.get("words", ""), by=request.user)
            messages.success(request, _("The request has been closed; nothing has changed."))
    except clients.NotWaiting:
        messages.warning(request, _("Somebody has decided on this request meanwhile."))
    return redirect("system", waiting.application_id)
