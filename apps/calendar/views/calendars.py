"""My calendar and the calendars of units: by day, week and month."""

from datetime import date, timedelta

from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from apps.calendar.models import Calendar, Event
from apps.calendar.occurrences import Occurrence, occurrences
from apps.calendar.permissions import keeps_unit_calendar
from apps.calendar.views.frame import own_units, readable_units, tabs
from apps.calendar.weeks import Week, midnight, parse_day, weeks_of_month
from intranet.api import holiday, working_weekend
from sso.api import acting_for

VIEWS = ("day", "week", "month")
MOST_IN_A_MONTH_CELL = 3


def mine(request):
    """The person's own calendar; ``of`` names somebody for whom the person acts."""
    people = acting_for(request.user, "calendar")
    person = next((one for one in people if str(one.pk) == request.GET.get("of")), request.user)
    events = Event.objects.shown_to(request.user).of_person(person)
    context = {
        "tabs": tabs(request.user, "mine"),
        "person": person,
        "people": people if len(people) > 1 else [],
        "new_in": f"user-{person.pk}",
        "of": f"&of={person.pk}" if person != request.user else "",
    }
    return _page(request, events, "calendar/mine.html", context, usual="week")


def unit(request, pk):
    units = readable_units(request.user)
    unit = get_object_or_404(units, pk=pk)
    events = Event.objects.shown_to(request.user).filter(
        calendar__kind=Calendar.Kind.UNIT, calendar__unit=unit
    )
    own = {one.pk for one in own_units(request.user)}
    context = {
        "tabs": tabs(request.user, f"unit-{unit.pk}"),
        "unit": unit,
        "units": units.filter(parent__parent=None)[:100] if unit.pk not in own else [],
        "new_in": f"unit-{unit.pk}" if keeps_unit_calendar(request.user, unit) else "",
    }
    return _page(request, events, "calendar/unit.html", context, usual="month")


def _page(request, events, template: str, context: dict, usual: str):
    day = parse_day(request.GET.get("day"))
    view = request.GET.get("view") if request.GET.get("view") in VIEWS else usual
    weeks = weeks_of_month(day) if view == "month" else [Week.of(day)]
    days = [day] if view == "day" else [day for week in weeks for day in week.days]
    found = occurrences(events.with_people(), midnight(days[0]), midnight(days[-1] + timedelta(days=1)))
    cells = [_cell(one, found, day) for one in days]
    step = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}[view]
    first = day.replace(day=1) if view == "month" else day
    today = timezone.localdate()
    is_this_month = (day.year, day.month) == (today.year, today.month)
    filled = [cell for cell in cells if cell["lines"] and not cell["is_outside"]]
    context |= {
        "day": day,
        "view": view,
        "views": VIEWS,
        "week": Week.of(day),
        "cells": cells,
        "rows": [cells[start : start + 7] for start in range(0, len(cells), 7)],
        "has_items": any(cell["lines"] for cell in cells),
        "previous": (first - timedelta(days=1)).replace(day=1) if view == "month" else first - step,
        "next": (first + step).replace(day=1) if view == "month" else first + step,
        "today": today,
        "days_over": [cell for cell in filled if is_this_month and cell["day"] < today],
        "days_to_come": [cell for cell in filled if not is_this_month or cell["day"] >= today],
        "here": reverse("calendar:unit", args=[context["unit"].pk])
        if "unit" in context
        else reverse("calendar:mine"),
    }
    return TemplateResponse(request, template, context)


def _cell(day: date, found: list[Occurrence], shown: date) -> dict:
    lines = [{"one": one, "time": one.time_on(day)} for one in found if one.first_day <= day <= one.last_day]
    return {
        "day": day,
        "holiday": holiday(day),
        "worked": working_weekend(day),
        "is_today": day == timezone.localdate(),
        "is_outside": day.month != shown.month,
        "lines": lines,
        "first_lines": lines[:MOST_IN_A_MONTH_CELL],
        "more": max(0, len(lines) - MOST_IN_A_MONTH_CELL),
    }
