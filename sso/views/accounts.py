"""The help desk: new passwords, and accounts that are not in the directory. For system admins; others get 404."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sso.directory import PasswordRefused
from sso.forms.accounts import FindAccountForm, GuestDayForm, GuestForm, PasswordResetForm
from sso.models import Guest, PasswordReset, User
from sso.services import guests, passwords
from sso.services.officers import needs_two
from sso.step_up import when_sure
from sso.views.guard import for_system_admins
from sso.views.hindered import tells_outage


@for_system_admins
def accounts(request):
    """What waits for a second officer, a way to a person, and the guests."""
    form = FindAccountForm(request.GET if "account" in request.GET else None)
    if form.is_bound and form.is_valid():
        return redirect("access", form.cleaned_data["account"].username)
    resets = [shown(reset, request.user) for reset in PasswordReset.objects.visible_to(request.user)]
    context = {"form": form, "resets": resets, "guests": Guest.objects.visible_to(request.user)}
    return TemplateResponse(request, "sso/accounts.html", context, status=422 if form.errors else 200)


def shown(reset: PasswordReset, by: User) -> dict:
    """What ``by`` may do with the reset."""
    is_mine = reset.asked_by_id == by.pk
    return {
        "reset": reset,
        "can_do": is_mine and reset.approved_at is not None,
        "can_approve": reset.approved_at is None and passwords.can_approve(by, reset),
        "is_mine": is_mine,
    }


# --- new passwords --------------------------------------------------------------------------------


@for_system_admins
@when_sure
def password_reset(request, username):
    """Ask for a new password of a person."""
    people = User.objects.active().filter(origin=User.Origin.DIRECTORY).exclude(pk=request.user.pk)
    person = get_object_or_404(people, username=username)
    form = PasswordResetForm(request.POST or None)
    is_for_two = needs_two(person, person.factor_resets)
    if request.method == "POST" and form.is_valid():
        reset = passwords.ask_reset(
            person, by=request.user, reason=form.cleaned_data["reason"], request=request
        )
        if reset.approved_at:
            return new_password_page(request, reset)
        messages.success(
            request, _("Another system admin has 24 hours to approve it. You then find it here.")
        )
        return redirect("accounts")
    context = {"form": form, "person": person, "needs_two": is_for_two}
    return TemplateResponse(request, "sso/password_reset.html", context, status=422 if form.errors else 200)


@for_system_admins
@require_POST
@when_sure(back="accounts")
def reset_decide(request, pk):
    """Approve or refuse as the second officer, or take the own wish back."""
    reset = get_object_or_404(PasswordReset.objects.visible_to(request.user), pk=pk)
    if request.POST.get("decision") == "approve":
        passwords.approve_reset(reset, by=request.user, request=request)
        messages.success(request, _("Approved. Whoever asked can now make the new password."))
    else:
        passwords.refuse_reset(reset, by=request.user, request=request)
        messages.success(request, _("The reset will not take place."))
    return redirect("accounts")


@for_system_admins
@require_POST
@when_sure(back="accounts")
def reset_do(request, pk):
    """Make the new password that another officer has approved."""
    reset = get_object_or_404(PasswordReset.objects.visible_to(request.user), pk=pk)
    return new_password_page(request, reset)


@tells_outage
def new_password_page(request, reset: PasswordReset):
    """Make the new password and show it, this once."""
    try:
        new, is_forced = passwords.do_reset(reset, by=request.user, request=request)
    except PasswordRefused as refused:
        messages.error(request, refused.problem.label)
        return redirect("accounts")
    context = {"person": reset.person, "password": new, "is_forced": is_forced}
    return TemplateResponse(request, "sso/password_new.html", context)


# --- guests ---------------------------------------------------------------------------------------


@for_system_admins
@when_sure
def guest_new(request):
    form = GuestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        guest, token = guests.make_guest(**form.cleaned_data, by=request.user, request=request)
        return invitation_page(request, guest, token)
    return TemplateResponse(
        request, "sso/guest_form.html", {"form": form}, status=422 if form.errors else 200
    )


@for_system_admins
@when_sure
def guest(request, pk):
    """One guest: another last day, a new invitation, the end."""
    found = get_object_or_404(Guest.objects.visible_to(request.user), pk=pk)
    form = GuestDayForm(
        request.POST if request.POST.get("act") == "extend" else None, initial={"ends_on": found.ends_on}
    )
    if request.method == "POST" and found.user.is_active:
        match request.POST.get("act"):
            case "extend" if form.is_valid():
                guests.extend_guest(found, form.cleaned_data["ends_on"], by=request.user, request=request)
                messages.success(request, _("The last day has been changed."))
                return redirect("accounts")
            case "invite":
                return invitation_page(
                    request, found, guests.invite_guest(found, by=request.user, request=request)
                )
            case "end":
                guests.end_guest(found, by=request.user, request=request)
                messages.success(request, _("The account and all its access have ended."))
                return redirect("accounts")
    context = {"form": form, "guest": found}
    return TemplateResponse(request, "sso/guest.html", context, status=422 if form.errors else 200)


def invitation_page(request, guest: Guest, token: str):
    """Show the link of the invitation, this once."""
    link = request.build_absolute_uri(reverse("invitation", args=[token]))
    return TemplateResponse(request, "sso/guest_invitation.html", {"guest": guest, "link": link})
