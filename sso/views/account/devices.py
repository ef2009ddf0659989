"""Where one is signed in: see it, end one, all others, or all."""

from django.contrib import messages
from django.contrib.auth import logout
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from sso.models import Session
from sso.services import sessions
from sso.services.sessions import SID
from sso.services.sign_ins import device_of

PHONES = ("Android", "iOS", "iPadOS")


@never_cache
def devices(request):
    rows = [described(row, request.session.get(SID)) for row in Session.objects.visible_to(request.user)]
    rows.sort(key=lambda row: not row["is_this"])
    return TemplateResponse(request, "account_pages/devices.html", {"rows": rows, "others": len(rows) - 1})


def described(session: Session, this_sid: str = "") -> dict:
    """Return what pages say of a session: ``device``, ``icon``, whether it is the one that asks."""
    device = device_of(session.user_agent) if session.user_agent else _("Unknown device")
    is_phone = device.endswith(PHONES)
    return {
        "session": session,
        "device": device,
        "icon": "device-mobile" if is_phone else "device-desktop",
        "is_this": session.sid == this_sid,
    }


@require_POST
def end_device(request, pk):
    session = get_object_or_404(Session.objects.visible_to(request.user), pk=pk)
    sessions.end_one(session, by=request.user)
    if session.sid == request.session.get(SID):
        return signed_out(request)
    messages.success(request, _("That device has been signed out."))
    return redirect("account-devices")


@require_POST
def end_others(request):
    ended = sessions.end_others(request.user, request.session.get(SID, ""), by=request.user)
    text = ngettext(
        "%(count)d other device has been signed out.", "%(count)d other devices have been signed out.", ended
    )
    messages.success(request, text % {"count": ended})
    return redirect("account-devices")


@require_POST
def end_everywhere(request):
    sessions.end_everywhere(request.user, by=request.user)
    return signed_out(request)


def signed_out(request):
    logout(request)
    return redirect("account_login")
