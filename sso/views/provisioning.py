"""The accounts that a system keeps of its own: whether they are in step, and what is done about those that are not.

For system admins; others get 404.
"""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from sso.forms.provisioning import TargetForm, WaveForm
from sso.models import Application, ProvisioningTarget
from sso.services.provisioning import targets
from sso.step_up import when_sure
from sso.views.guard import for_system_admins

ON_PAGE = 50
STATES = {
    "held": gettext_lazy("Wait for a yes"),
    "refused": gettext_lazy("Refused"),
    "waiting": gettext_lazy("On the way"),
    "in_step": gettext_lazy("In step"),
    "off": gettext_lazy("Switched off"),
}


def target_or_404(request, pk: int) -> ProvisioningTarget:
    visible = ProvisioningTarget.objects.visible_to(request.user).select_related("application")
    return get_object_or_404(visible, application=pk)


@for_system_admins
def provisioning(request, pk):
    system = get_object_or_404(Application, pk=pk)
    target = targets.target_of(system)
    if target is None:
        return TemplateResponse(request, "sso/provisioning_none.html", {"system": system})
    return overview(request, target)


def overview(request, target: ProvisioningTarget, **more):
    counts = target.accounts.counts()
    state = request.GET.get("state") or next((name for name in STATES if counts[name]), "in_step")
    if state not in STATES:
        raise Http404
    rows = getattr(target.accounts, state)().select_related("user").order_by("user__sort_key", "pk")
    context = {
        "system": target.application,
        "target": target,
        "counts": counts,
        "pills": [(name, label, counts[name]) for name, label in STATES.items()],
        "state": state,
        "page": Paginator(rows, ON_PAGE).get_page(request.GET.get("page")),
        "groups": target.groups.exclude(answer="").select_related("unit")[:ON_PAGE],
        "can_approve": targets.can_approve(request.user, target),
        "wave": WaveForm(initial={"seen": targets.mark_of(target)}) if counts["held"] else None,
        **more,
    }
    return TemplateResponse(request, "sso/provisioning.html", context)


@for_system_admins
@require_http_methods(["GET", "POST"])
@when_sure
def provisioning_edit(request, pk):
    system = get_object_or_404(Application, pk=pk)
    target = targets.target_of(system) or ProvisioningTarget(application=system)
    form = TargetForm(request.POST or None, instance=target)
    if request.method == "POST" and form.is_valid():
        saved = form.save(commit=False)
        targets.save_target(saved, form.cleaned_data["token"], by=request.user)
        if saved.is_approved:
            messages.success(request, _("Saved."))
        else:
            messages.success(
                request, _("Saved. Accounts are sent once another system admin has approved it.")
            )
        return redirect("system-provisioning", pk)
    context = {"form": form, "system": system, "target": target}
    status = 422 if form.errors else 200
    return TemplateResponse(request, "sso/provisioning_form.html", context, status=status)


@for_system_admins
@require_POST
@when_sure
def provisioning_approve(request, pk):
    target = target_or_404(request, pk)
    if request.POST.get("asked_at") != target.asked_at.isoformat():
        messages.warning(request, _("Somebody has changed it meanwhile. Look again."))
        return redirect("system-provisioning", pk)
    try:
        targets.approve_target(target, by=request.user)
        messages.success(request, _("Approved: it counts from now on."))
    except targets.NotWaiting:
        messages.warning(request, _("Somebody has changed it meanwhile. Look again."))
    return redirect("system-provisioning", pk)


@for_system_admins
@require_POST
def provisioning_check(request, pk):
    target = target_or_404(request, pk)
    return overview(request, target, findings=targets.try_target(target, by=request.user))


@for_system_admins
@require_POST
def provisioning_run(request, pk):
    target = target_or_404(request, pk)
    if target.is_at_work:
        targets.run_now(target, by=request.user)
        messages.success(request, _("It has begun. Look again in a moment."))
    else:
        messages.warning(request, _("Nothing is sent: it is not approved, or switched off."))
    return redirect("system-provisioning", pk)


@for_system_admins
@require_POST
@when_sure
def provisioning_allow(request, pk):
    target = target_or_404(request, pk)
    try:
        count = targets.allow_wave(target, request.POST.get("seen", ""), by=request.user)
    except targets.NotWaiting:
        messages.warning(request, _("Nothing was done, because something has changed meanwhile. Look again."))
    else:
        told = ngettext("%(count)d account is switched off.", "%(count)d accounts are switched off.", count)
        messages.success(request, told % {"count": count})
    return redirect("system-provisioning", pk)
