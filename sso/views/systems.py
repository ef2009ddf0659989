"""The registered systems: list, new, change, new secret. For system admins; others get 404."""

from functools import wraps

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from sso import services
from sso.forms import SystemForm
from sso.models import Application
from sso.oauth.signing import issuer
from sso.permissions import is_system_admin


def for_system_admins(view):
    @never_cache
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not is_system_admin(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


@for_system_admins
def system_list(request):
    return TemplateResponse(request, "sso/system_list.html", {"systems": Application.objects.all()})


@for_system_admins
def system_new(request):
    return edit(request, Application())


@for_system_admins
def system_edit(request, pk):
    return edit(request, get_object_or_404(Application, pk=pk))


def edit(request, system: Application):
    form = SystemForm(request.POST or None, instance=system)
    if request.method == "POST" and form.is_valid():
        secret = services.save_system(form.save(commit=False), by=request.user)
        if secret:
            return secret_page(request, system, secret)
        messages.success(request, _("The system has been saved."))
        return redirect("systems")
    return TemplateResponse(request, "sso/system_form.html", {"form": form, "system": system})


@for_system_admins
@require_POST
def system_secret(request, pk):
    system = get_object_or_404(Application, pk=pk)
    return secret_page(request, system, services.renew_secret(system, by=request.user))


def secret_page(request, system: Application, secret: str):
    """Show the secret, this once."""
    discovery = issuer() + reverse("oauth-discovery")
    context = {"system": system, "secret": secret, "issuer": issuer(), "discovery": discovery}
    return TemplateResponse(request, "sso/system_secret.html", context)
