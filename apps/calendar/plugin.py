"""What the calendar offers the shell."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Case, IntegerField, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.calendar import mailed
from apps.calendar.board import board_for_all
from apps.calendar.models import Attendance, Calendar, Event, unit_paths
from apps.calendar.occurrences import occurrences, spread
from apps.calendar.services import receive_invitation
from apps.calendar.weeks import Week, midnight
from apps.calendar.wording import span
from intranet.api import Duty, Hit, Named, Place, Plugin, Receiver, Widget, is_working_day
from sso.api import User, acting_for, prepared

DAYS_SHOWN, DAYS_LOOKED_AT = 2, 5
MOST_DUTIES = 50
UNIT_LINES = 8


def leaders_days(place: Place) -> dict:
    """The leaders' calendar of today and tomorrow; days off without items give way to the days after them."""
    today = timezone.localdate()
    board = board_for_all([today + timedelta(days=number) for number in range(DAYS_LOOKED_AT)])
    days = [day for day in board["days"] if day["lines"] or is_working_day(day["day"])]
    days = days or board["days"]
    return {**board, "days": days[:DAYS_SHOWN], "week": Week.of(days[0]["day"]).number}


def unit_days(place: Place) -> dict:
    """What stands in the unit's calendar in the coming seven days, for those who may read it."""
    is_open = any(place.unit.path.startswith(path) for path in unit_paths(place.user))
    if not is_open:
        return {"is_open": False, "lines": [], "url": ""}
    since = midnight(timezone.localdate())
    events = Event.objects.shown_to(place.user).filter(calendar__kind=Calendar.Kind.UNIT)
    found = occurrences(events.filter(calendar__unit=place.unit), since, since + timedelta(days=7))
    lines = []
    for one in found[:UNIT_LINES]:
        day = max(one.first_day, timezone.localdate())
        line = {"title": str(one.event.summary), "url": "" if one.event.is_hidden else one.url}
        line |= {"place": one.event.location, "day": day, "time": one.time_on(day)}
        lines.append(line | {"is_off": one.event.is_cancelled})
    return {"is_open": True, "lines": lines, "url": reverse("calendar:unit", args=[place.unit.pk])}


def agenda(user: User, starts: datetime, ends: datetime) -> Iterator[Hit]:
    """What the person takes part in between ``starts`` and ``ends``, without what has been called off."""
    for one in spread(_events_of(user.pk, starts, ends), starts, ends):
        excerpt = " · ".join(filter(None, (one.event.location, one.event.chair_name)))
        yield Hit(
            title=one.event.summary, url=one.url, excerpt=excerpt, starts=one.starts_at, ends=one.ends_at
        )


@prepared
def _events_of(person: int, since: datetime, until: datetime):
    events = Event.objects.of_person(person).exclude(status=Event.Status.CANCELLED)
    return events.between(since, until).select_related("chair")


def duties(user: User) -> list[Duty]:
    """Invitations not answered yet, the person's own and those of the people they act for."""
    now = timezone.now()
    rows = _unanswered(tuple(person.pk for person in acting_for(user, "calendar")), user.pk, now)
    return [
        Duty(
            title=row.event.summary,
            url=row.event.get_absolute_url(),
            source=_source(row, user),
            due=row.event.starts_at if row.event.starts_at > now else None,
            act_url=reverse("calendar:answer", args=[row.pk, "accept"]),
            act_label=_("Take part"),
        )
        for row in rows
    ]


@prepared
def _unanswered(people: tuple[int, ...], person: int, now: datetime):
    rows = Attendance.objects.of_people(people).answerable(person).unanswered(now)
    return rows.select_related("user", "event__calendar__unit", "event__organizer")[:MOST_DUTIES]


def _source(row: Attendance, user: User) -> str:
    calendar = row.event.calendar
    source = str(calendar) if not calendar.is_personal else row.event.organizer_name
    if row.user_id != user.pk:
        whom = _("for %(name)s") % {"name": row.user}
        return f"{source} · {whom}"
    return source


def search(user: User, query: str, limit: int) -> Iterator[Hit]:
    """Events that contain every word, accents optional; those spelt as asked first, then the newest."""
    exact = Case(When(summary__icontains=query, then=Value(0)), default=Value(1), output_field=IntegerField())
    events = Event.objects.visible_to(user).matching(query).order_by(exact, "-starts_at")
    for event in events.only("summary", "location", "starts_at", "ends_at", "is_all_day")[:limit]:
        excerpt = " · ".join(
            filter(None, (span(event.starts_at, event.ends_at, event.is_all_day), event.location))
        )
        url = event.get_absolute_url()
        yield Hit(title=event.summary, url=url, excerpt=excerpt, starts=event.starts_at, ends=event.ends_at)


def receive(user: User, title: str, content: bytes, content_type: str) -> str:
    return receive_invitation(user, content).get_absolute_url()


PLUGIN = Plugin(
    slug="calendar",
    name=_("Calendar"),
    icon="calendar",
    home="calendar:mine",
    urls="apps.calendar.urls",
    nav=(
        Named(name="calendar:mine", label=_("My calendar")),
        Named(name="calendar:leaders", label=_("Leaders of the ministry")),
        Named(name="calendar:invitations", label=_("Invitations")),
    ),
    widgets=(
        Widget(
            slug="leaders",
            title=_("Calendar of the ministry's leaders"),
            template="calendar/_leaders_widget.html",
            css="calendar/calendar.css",
            context=leaders_days,
            is_wide=True,
            more="calendar:leaders",
        ),
        Widget(
            slug="unit",
            title=_("Calendar of the unit"),
            template="calendar/_unit_widget.html",
            css="calendar/calendar.css",
            context=unit_days,
            places=("unit",),
            is_wide=True,
        ),
    ),
    search=search,
    agenda=agenda,
    duties=duties,
    kinds=(
        Named(name="calendar.invited", label=_("I am invited to an event")),
        Named(name="calendar.changed", label=_("An event I take part in has changed")),
        Named(name="calendar.cancelled", label=_("An event I take part in has been called off")),
    ),
    receives=(
        Receiver(
            content_types=("text/calendar", "application/ics"),
            label=_("Add to my calendar"),
            receive=receive,
            card=mailed.card,
            act=mailed.act,
        ),
    ),
)
