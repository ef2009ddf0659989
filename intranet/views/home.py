"""The personal home page and the parts of it that come after it."""

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from intranet.dashboard import SHOWN_DUTIES, Card, body_of, dashboard_of, duties_of, stylesheets_of
from intranet.frame import number_on
from intranet.layouts import slots_of
from intranet.look import CSRF_MARK, page_of
from intranet.models import UnitPage
from intranet.plugins import Place, Plugin, plugins_for
from sso.api import User

YEAR = 365 * 24 * 3600


def home(request):
    """Everything of today in one page, kept for half a minute."""

    def draw():
        context = {**dashboard_of(request), "csrf_token": CSRF_MARK}
        return render_to_string("intranet/dashboard.html", context, request)

    return HttpResponse(page_of(request, draw))


def duties(request):
    """Everything the person owes; for htmx the card of the home page anew."""
    if request.htmx:
        context = duties_of(request.user, limit=SHOWN_DUTIES)
        return TemplateResponse(request, "intranet/_duties.html", context)
    return TemplateResponse(request, "intranet/duties.html", duties_of(request.user))


@require_safe
@never_cache
def session(request):
    """Who is signed in, and the token of today: a form asks before it is sent, so that nothing typed is lost."""
    return JsonResponse({"person": request.user.pk, "token": get_token(request)})


def widget(request, plugin, widget):
    """The card of one widget: for htmx a fragment, else a page with this card alone."""
    page = None
    if "unit" in request.GET:
        unit = request.GET["unit"]
        pages = UnitPage.objects.live().select_related("unit")
        page = get_object_or_404(pages, unit=int(unit) if unit.isdecimal() and len(unit) < 18 else None)
    slots = slots_of(request.user, "unit" if page else "home")
    slot = next((slot for slot in slots if slot.name == f"{plugin}.{widget}"), None)
    if slot is None:
        raise Http404
    place = Place(user=request.user, unit=page.unit if page else None)
    body = body_of(slot.plugin, slot.widget, place, request)
    more = reverse(slot.widget.more) if slot.widget.more else ""
    context = {"stylesheets": stylesheets_of([slot])}
    context |= {"card": Card(slot=slot, body=body, url=request.get_full_path(), more=more)}
    if request.htmx and not page and slot.plugin.badge_is_remote:
        context["badge"] = badge_words(slot.plugin, request.user)
    name = "intranet/_widget.html" if request.htmx else "intranet/widget.html"
    return TemplateResponse(request, name, context)


def badge(request, slug):
    """The number on a tile that has to ask another server: the bare number, nothing for none."""
    plugin = next((plugin for plugin in plugins_for(request.user) if plugin.slug == slug), None)
    if plugin is None or plugin.badge is None:
        raise Http404
    return HttpResponse(badge_words(plugin, request.user))


def badge_words(plugin: Plugin, user: User) -> str:
    count = number_on(plugin, user)
    return "99+" if count > 99 else str(count or "")


@require_POST
def theme(request):
    """Keep the choice of light, dark or as the device for a year."""
    choice = request.POST.get("theme")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = redirect(target)
    if choice in {"light", "dark", "auto"}:
        response.set_cookie("theme", choice, max_age=YEAR, samesite="Lax", secure=settings.IS_HTTPS)
    return response
