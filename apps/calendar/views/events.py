"""One event: read it, make it, change it, call it off."""

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.calendar import services
from apps.calendar.forms import CancelForm, EventForm, initial_of
from apps.calendar.models import Event
from apps.calendar.occurrences import Occurrence, moment_name, occurrence_at, of_event
from apps.calendar.people import MOST_SUGGESTIONS
from apps.calendar.permissions import can_change_event
from apps.calendar.views.frame import calendar_named, tabs, writable_calendars
from apps.calendar.weeks import parse_day
from apps.calendar.wording import repeats
from sso.api import User, require

PARTS = ("all", "one", "following")


def event_detail(request, pk):
    event = _fetch(request, pk)
    one = _occurrence(event, request.GET.get("on")) or _coming(event)
    rows = event.people
    context = {
        "tabs": tabs(request.user, ""),
        "event": event,
        "one": one,
        "on": moment_name(one.starts_at) if event.is_series else "",
        "repeats": repeats(event.rrule) if event.is_series else "",
        "leaders": [row for row in rows if row.is_leader],
        "rows": [row for row in rows if not row.is_leader],
        "mine": next((row for row in rows if row.user_id == request.user.pk and not row.is_leader), None),
        "changes": event.changes.select_related("by", "on_behalf_of")[:50],
        "can_change": can_change_event(request.user, event),
        "conflicts": [],
    }
    if context["can_change"] and not event.is_cancelled and event.last_at > timezone.now():
        context["conflicts"] = services.conflicts(event, seen_by=request.user)
    return TemplateResponse(request, "calendar/event_detail.html", context)


def event_new(request):
    name = request.GET.get("calendar") or f"user-{request.user.pk}"
    calendar = calendar_named(request.user, name)
    day = parse_day(request.GET.get("day"))
    initial = {"start_day": day, "start_time": datetime(day.year, day.month, day.day, 8).time()}  # noqa: DTZ001
    form = EventForm(_posted(request), calendar=calendar, initial=initial)
    if request.method == "POST" and form.is_valid():
        if not calendar.pk:
            calendar = type(calendar).objects.get_or_create(
                kind=calendar.kind, unit=calendar.unit, user=calendar.user
            )[0]
        event = services.create_event(calendar, by=request.user, **form.values)
        messages.success(request, _("“%(title)s” is in the calendar.") % {"title": event})
        return _done(request, event)
    context = {"calendars": writable_calendars(request.user), "name": name, "calendar": calendar}
    return _form_page(request, form, "calendar/event_form.html", context)


def event_change(request, pk):
    event = _fetch(request, pk)
    require(can_change_event(request.user, event))
    one, part = _occurrence(event, request.GET.get("on")), request.GET.get("part")
    part = part if one and event.is_series and part in PARTS else "all"
    times = (event.starts_at, event.ends_at) if part == "all" else (one.starts_at, one.ends_at)
    form = EventForm(
        _posted(request),
        calendar=event.calendar,
        event=event,
        part=part,
        initial=initial_of(event, *times),
    )
    if request.method == "POST" and form.is_valid():
        on = one.starts_at if part != "all" else None
        try:
            changed = services.change_event(
                event, by=request.user, on=on, following=part == "following", **form.values
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The change has been saved."))
            return _done(request, changed)
    context = {"event": event, "part": part, "one": one, "calendar": event.calendar}
    return _form_page(request, form, "calendar/event_form.html", context)


def event_cancel(request, pk):
    event = _fetch(request, pk)
    require(can_change_event(request.user, event))
    one = _occurrence(event, request.GET.get("on")) if event.is_series else None
    is_one = one is not None and request.GET.get("part") == "one"
    if request.method == "POST" and event.is_draft:
        services.cancel_event(event, by=request.user)
        messages.success(request, _("The draft has been deleted."))
        return redirect(reverse("calendar:leaders"))
    form = CancelForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        on = one.starts_at if is_one else None
        event = services.cancel_event(event, by=request.user, on=on, **form.cleaned_data)
        is_postponed = form.cleaned_data["is_postponed"]
        words = (
            _("“%(title)s” has been postponed.") if is_postponed else _("“%(title)s” has been called off.")
        )
        messages.success(request, words % {"title": event})
        return redirect(event)
    context = {"event": event, "one": one if is_one else None}
    return _form_page(request, form, "calendar/event_cancel.html", context)


def people_suggestions(request):
    """People whose name begins with what is being typed, as checkboxes."""
    words = request.GET.get("people_typed", "").split(",")[-1].strip()
    found = User.objects.active().matching(words)[:MOST_SUGGESTIONS] if len(words) > 1 else []
    return TemplateResponse(request, "calendar/_people_found.html", {"people": found})


def _fetch(request, pk) -> Event:
    events = Event.objects.visible_to(request.user).with_people().select_related("series", "organizer")
    events = events.select_related("calendar__unit", "calendar__user", "chair", "preparing_unit")
    return get_object_or_404(events, pk=pk)


def _occurrence(event: Event, name: str | None) -> Occurrence | None:
    """Return the occurrence that the address names; 404 when the series has none then."""
    if not name or not event.is_series:
        return None
    try:
        at = datetime.strptime(name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        one = occurrence_at(event, at)
    except (ValueError, OverflowError):
        one = None
    if not one:
        raise Http404
    return one


def _coming(event: Event) -> Occurrence:
    """Return the event itself; of a series the next occurrence, else the first."""
    now = timezone.now()
    coming = of_event(event, now, now + timedelta(days=400)) if event.is_series else []
    return coming[0] if coming else Occurrence(event, event.starts_at, event.ends_at)


def _posted(request):
    return request.POST if request.method == "POST" else None


def _done(request, event: Event):
    """Go to the event, whose page says what else is then; of what is over it is said here."""
    is_over = event.last_at <= timezone.now()
    for conflict in services.conflicts(event, seen_by=request.user) if is_over else ():
        about = {
            "who": conflict.who,
            "title": conflict.title or _("something else"),
            "when": conflict.other.when,
        }
        messages.warning(request, _("At the same time: %(who)s – %(title)s (%(when)s).") % about)
    return redirect(event)


def _form_page(request, form, template: str, context: dict):
    context |= {"form": form, "tabs": tabs(request.user, "")}
    return TemplateResponse(request, template, context, status=422 if form.is_bound else 200)
