"""Changing one's own password: at any time, and before the session begins when the directory asks for it."""

import time

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from sso.adapter import AccountAdapter
from sso.directory import PasswordRefused
from sso.forms.sign_in import PasswordChangeForm
from sso.limits import TooManyTries
from sso.models import User
from sso.services.passwords import change_password, end_notice
from sso.services.sessions import SID
from sso.views.hindered import FORCED, FORCED_SECONDS, tells_outage
from sso.views.sign_in import form_action_for


@never_cache
@sensitive_post_parameters()
@tells_outage
def password(request):
    """The page of one's own password; 404 for accounts that have none."""
    person = request.user
    if person.origin != User.Origin.DIRECTORY:
        raise Http404
    form = PasswordChangeForm(request.POST or None)
    if request.method == "POST" and changed(request, person, form, keep=request.session.get(SID, "")):
        messages.success(
            request,
            _(
                "Your password has been changed. Other devices are signed out; mail programs ask for the new one."
            ),
        )
        return redirect("account-password")
    context = {"form": form, "notice": end_notice(request, person)}
    return TemplateResponse(
        request, "account_pages/password.html", context, status=422 if form.errors else 200
    )


@never_cache
@login_not_required
@sensitive_post_parameters()
@tells_outage
def password_forced(request):
    """Change a password that the directory wants changed, then go on signing in with the new one."""
    asked = request.session.get(FORCED) or {"at": 0}
    person = User.objects.filter(pk=asked.get("person"), is_active=True).first()
    if person is None or request.user.is_authenticated or time.time() - asked["at"] > FORCED_SECONDS:
        request.session.pop(FORCED, None)
        return redirect("account_login")
    form = PasswordChangeForm(request.POST or None)
    if request.method == "POST" and changed(request, person, form):
        del request.session[FORCED]
        login = Login(user=person, redirect_url=asked["next"])
        request.session.set_expiry(0)  # with the browser, as after the sign-in page
        return perform_password_login(request, {"username": person.username}, login)
    context = {"form": form, "person": person}
    status = 422 if form.errors else 200
    response = TemplateResponse(request, "account/password_forced.html", context, status=status)
    response._csp_update = form_action_for(asked["next"] or "")
    return response


def changed(request, person: User, form: PasswordChangeForm, keep: str = "") -> bool:
    """Change the password to what was typed, or put into the form why not."""
    if not form.is_valid():
        return False
    try:
        change_password(
            person, form.cleaned_data["present"], form.cleaned_data["new"], request=request, keep=keep
        )
    except PasswordRefused as refused:
        form.add_problem(refused.problem)
    except TooManyTries:
        form.add_error(None, AccountAdapter.error_messages["too_many_login_attempts"])
    return not form.errors
