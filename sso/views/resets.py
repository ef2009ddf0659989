"""The help desk takes all factors from somebody who has lost them; and the link of an invited person."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from sso import passkeys
from sso.forms.sign_in import PasskeyForm, ReasonForm
from sso.models import FactorReset, User
from sso.services import resets as services
from sso.services.factors import LONGEST_NAME, factors_of
from sso.services.officers import needs_two
from sso.services.resets import NotWaiting, can_decide
from sso.services.sign_ins import device_of
from sso.step_up import when_sure
from sso.views.guard import for_system_admins


@for_system_admins
@require_http_methods(["GET", "POST"])
@when_sure
def factor_reset(request, username):
    """Take all factors from a person, with a reason; of an admin, ask a second officer."""
    person = get_object_or_404(User.objects.active().exclude(pk=request.user.pk), username=username)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reset = services.ask_factor_reset(
            person, form.cleaned_data["reason"], by=request.user, request=request
        )
        if reset.done_at:
            told = _("All second factors of %(person)s have been removed.")
        else:
            told = _("Another system admin has 24 hours to approve the reset for %(person)s.")
        messages.success(request, told % {"person": person})
        return redirect("factor-resets")
    context = {
        "someone": person,
        "factors": factors_of(person),
        "form": form,
        "needs_two": needs_two(person, person.password_resets),
    }
    return TemplateResponse(request, "sso/factor_reset.html", context, status=422 if form.errors else 200)


@for_system_admins
def factor_resets(request):
    """What waits for a second officer, and what was done lately."""
    related = FactorReset.objects.select_related("user", "asked_by", "approved_by")
    waiting = [(reset, can_decide(request.user, reset)) for reset in related.waiting()]
    decided = related.exclude(done_at=None, refused_at=None)[:20]
    context = {"waiting": waiting, "decided": decided}
    return TemplateResponse(request, "sso/factor_resets.html", context)


@for_system_admins
@require_POST
@when_sure(back="factor-resets")
def factor_reset_decide(request, pk):
    reset = get_object_or_404(FactorReset.objects.select_related("user", "asked_by"), pk=pk)
    is_yes = request.POST.get("answer") == "yes"
    if not can_decide(request.user, reset) and (is_yes or reset.asked_by_id != request.user.pk):
        raise Http404
    decide = services.approve_factor_reset if is_yes else services.refuse_factor_reset
    try:
        decide(reset, by=request.user, request=request)
    except NotWaiting:
        messages.error(request, _("This was decided on meanwhile, or its 24 hours are over."))
    else:
        messages.success(
            request,
            _("All second factors have been removed.") if is_yes else _("The reset has been refused."),
        )
    return redirect("factor-resets")


@sensitive_variables("token")
@sensitive_post_parameters("credential")
@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def invitation(request, token):
    """Make the first passkey by a link that works once. It begins no session: the passkey then does."""
    found = services.invitation_of(token)
    if found is None:
        return TemplateResponse(request, "account/invitation_over.html", status=404)
    purpose = f"invitation:{found.pk}"
    form = PasskeyForm(
        request, purpose, initial={"name": device_of(request.headers.get("User-Agent", ""))[:LONGEST_NAME]}
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.accept_invitation(found, form.cleaned_data["name"], form.kept, request=request)
        except NotWaiting:
            return TemplateResponse(request, "account/invitation_over.html", status=404)
        messages.success(request, _("Your passkey is ready. Sign in with it now."))
        return redirect("account_login")
    context = {
        "form": form,
        "person": found.user,
        "has_passkeys_here": passkeys.has_passkeys_here(request),
        "options": json.dumps(passkeys.creation_options(request, purpose, found.user)),
    }
    response = TemplateResponse(
        request, "account/invitation.html", context, status=422 if form.errors else 200
    )
    # Nobody is told the link; with "no-referrer" browsers would send the form with the origin "null", which is refused.
    response["Referrer-Policy"] = "strict-origin"
    return response
