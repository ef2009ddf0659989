"""Which systems may read what of one, and what they have read."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from sso.models import LogoutNotice
from sso.oauth.scopes import TEXTS
from sso.services import uses

RECEIPTS = 10  # of sign-outs, the newest


@never_cache
def systems(request):
    found = [told(held) for held in uses.systems_of(request.user)]
    notices = LogoutNotice.objects.filter(user=request.user).select_related("application")[:RECEIPTS]
    return TemplateResponse(request, "account_pages/systems.html", {"found": found, "notices": notices})


def told(held: uses.Held) -> dict:
    """Return ``held`` with its scopes in words."""
    return {
        "held": held,
        "may_read": words_of(held.scopes),
        "uses": [{"what": words_of(use.scope.split()), "use": use} for use in held.uses],
    }


def words_of(scopes) -> list:
    """Return the scopes in words, in their usual order; unknown ones as they are."""
    return [text for name, text in TEXTS.items() if name in scopes] + sorted(set(scopes) - set(TEXTS))


@require_POST
def end_system(request, pk):
    held = next((one for one in uses.systems_of(request.user) if one.system.pk == pk), None)
    if held is None:
        raise Http404
    uses.end_system_of(request.user, held.system, by=request.user)
    messages.success(request, _("“%(system)s” can no longer read anything of you.") % {"system": held.system})
    return redirect("account-systems")
