"""The week of the ministry's leaders."""

from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.calendar import services
from apps.calendar.board import leaders_board
from apps.calendar.models import Calendar, PublishedWeek
from apps.calendar.permissions import can_add_event, can_publish_week
from apps.calendar.views.frame import tabs
from apps.calendar.weeks import Week


def leaders_week(request):
    week = Week.parse(request.GET["week"]) if "week" in request.GET else Week.coming()
    board = leaders_board(week.days, seen_by=request.user)
    context = {
        "tabs": tabs(request.user, "leaders"),
        "week": week,
        "this_week": Week.of(timezone.localdate()),
        "board": board,
        "is_list": request.GET.get("layout") == "list",
        "is_published": PublishedWeek.objects.filter(monday=week.monday).exists(),
        "has_items": any(day["lines"] for day in board["days"]),
        "can_publish": can_publish_week(request.user),
        "can_add": can_add_event(request.user, Calendar(kind=Calendar.Kind.LEADERS)),
    }
    return TemplateResponse(request, "calendar/leaders_week.html", context)


@require_POST
def week_publish(request):
    week = Week.parse(request.POST.get("week"))
    services.publish_week(week, by=request.user)
    messages.success(request, _("Week %(number)s has been published.") % {"number": week.number})
    return redirect(f"{reverse('calendar:leaders')}?week={week}")
