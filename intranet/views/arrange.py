"""Arranging the home page: one's own, a unit's, the ministry's."""

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from intranet import services
from intranet.layouts import arranged, compute, layers_above, own_layout, owner_name, slots_of, unit_layout
from intranet.permissions import can_arrange
from sso.api import Role, Unit, is_system_admin

MOVES = {"up": False, "down": True}


@require_http_methods(["GET", "POST"])
def arrange_own(request):
    return _arrange(request, own_layout(request.user), _("My home page"))


@require_http_methods(["GET", "POST"])
def arrange_unit(request, pk):
    unit = get_object_or_404(Unit.objects.current(), pk=pk)
    return _arrange(request, unit_layout(unit), unit.name)


@require_http_methods(["GET", "POST"])
def arrange_ministry(request):
    return _arrange(request, unit_layout(None), _("The whole ministry"))


def _arrange(request, layout, title):
    if not can_arrange(request.user, layout):
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            _change(request, layout)
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            if not request.htmx:
                return redirect(request.path)
            layout = own_layout(request.user) if layout.user_id else unit_layout(layout.unit)
    context = {**_state(request.user, layout), "title": title, "problem": problem}
    name = "intranet/_arrange.html" if request.htmx else "intranet/arrange.html"
    return TemplateResponse(request, name, context, status=422 if problem else 200)


def _change(request, layout):
    act, name = request.POST.get("act", ""), request.POST.get("widget", "")
    if act == "reset":
        services.reset_layout(layout, by=request.user)
    elif act in MOVES:
        services.move_widget(layout, name, down=MOVES[act], by=request.user)
    elif act == "place":
        services.place_widget(layout, name, request.POST.get("before", ""), by=request.user)
    else:
        services.change_layout(layout, act, name, by=request.user)


def _state(user, layout):
    """Return the two columns as they are, what is hidden, and the other layers this person may arrange."""
    below = compute(slots_of(user), layers_above(layout, user))
    kept = {slot.name for slot in below if slot.pinned_by}
    slots = arranged(below, layout.operations, owner_name(layout))
    shown = [slot for slot in slots if not slot.is_hidden]
    return {
        "layout": layout,
        "columns": [
            (_("Wide column"), [slot for slot in shown if slot.widget.is_wide]),
            (_("Narrow column"), [slot for slot in shown if not slot.widget.is_wide]),
        ],
        "hidden": [slot for slot in slots if slot.is_hidden],
        "kept": kept,
        "is_shared": layout.user_id is None,
        "is_changed": bool(layout.operations),
        "may_arrange_ministry": is_system_admin(user),
        "units": [role.unit for role in user.current_roles if role.name == Role.UNIT_ADMIN and role.unit],
    }
