"""When events take place: single events as they are, series by their rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import icalendar
import recurring_ical_events
from dateutil.rrule import rrulestr
from django.utils import timezone
from django.utils.translation import gettext

from apps.calendar.models import FOREVER, Event
from apps.calendar.weeks import midnight
from apps.calendar.wording import end_hours, hours, last_day, span

UTC = ZoneInfo("UTC")
COUNTED_FOR = timedelta(days=366 * 30)
MOST_OCCURRENCES = 1000  # a series that says COUNT=10000 is taken for endless


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event at one of its times."""

    event: Event
    starts_at: datetime
    ends_at: datetime

    @property
    def first_day(self) -> date:
        return timezone.localdate(self.starts_at)

    @property
    def last_day(self) -> date:
        return max(self.first_day, last_day(self.ends_at))

    @property
    def days(self) -> list[date]:
        return [self.first_day + timedelta(days=n) for n in range((self.last_day - self.first_day).days + 1)]

    @property
    def is_long(self) -> bool:
        """Say whether it takes whole days or several."""
        return self.event.is_all_day or self.first_day != self.last_day

    @property
    def url(self) -> str:
        url = self.event.get_absolute_url()
        return f"{url}?on={moment_name(self.starts_at)}" if self.event.is_series else url

    def time_on(self, day: date) -> str:
        """Return when it begins on ``day``, or until when it goes on; "" if it takes all of the day."""
        if self.event.is_all_day or not self.first_day <= day <= self.last_day:
            return ""
        if day == self.first_day:
            return hours(self.starts_at)
        goes_on = day < self.last_day or self.ends_at >= midnight(day + timedelta(days=1))
        return "" if goes_on else gettext("until %(time)s") % {"time": end_hours(self.ends_at)}

    @property
    def end(self) -> str:
        """When it ends, for what begins and ends on one day."""
        return "" if self.is_long or self.starts_at == self.ends_at else end_hours(self.ends_at)

    @property
    def when(self) -> str:
        return span(self.starts_at, self.ends_at, self.event.is_all_day)


def moment_name(at: datetime) -> str:
    """Return the name of an occurrence in addresses: "20261123T010000Z", RFC 5545 §3.3.5."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def occurrences(events, since: datetime, until: datetime) -> list[Occurrence]:
    """Return the occurrences of the queryset ``events`` in [since, until), by time."""
    return spread(events.between(since, until), since, until)


def spread(events: Iterable[Event], since: datetime, until: datetime) -> list[Occurrence]:
    """Return the occurrences of ``events`` in [since, until), by time."""
    found = []
    for event in events:
        if getattr(event, "is_hidden", False):
            event.hide()
        found += of_event(event, since, until)
    return sorted(found, key=lambda one: (one.starts_at, not one.event.is_all_day, one.event.pk))


def of_event(event: Event, since: datetime, until: datetime) -> list[Occurrence]:
    if not event.rrule:
        return [Occurrence(event, event.starts_at, event.ends_at)]
    return [Occurrence(event, *times) for times in _expand(*_rule(event), since, until)]


def occurrence_at(event: Event, at: datetime) -> Occurrence | None:
    """Return the occurrence of a series that begins at ``at``, None when there is none."""
    return next((one for one in of_event(event, at, at + timedelta(seconds=1)) if one.starts_at == at), None)


def last_moment(event: Event) -> datetime:
    """Return the end of the event's last occurrence, FOREVER when the series has no end."""
    if not event.rrule:
        return event.ends_at
    rule = icalendar.vRecur.from_ical(event.rrule)
    if "UNTIL" not in rule and ("COUNT" not in rule or int(rule["COUNT"][0]) > MOST_OCCURRENCES):
        return FOREVER
    if "UNTIL" in rule:
        last = rule["UNTIL"][0]
        end = midnight(last + timedelta(days=1)) if not isinstance(last, datetime) else last
        if timezone.is_naive(end):
            end = timezone.make_aware(end, zone_of(event))
        return max(event.ends_at, min(min(end, FOREVER) + (event.ends_at - event.starts_at), FOREVER))
    return max(event.ends_at, _end_of_last(event, rule))


def _end_of_last(event: Event, rule: icalendar.vRecur) -> datetime:
    """Return the end of the last occurrence of a rule with COUNT, FOREVER when it comes later than can be looked for.

    Left-out ones count. Strangers write such rules too: 1000 times 29 February would be searched for a minute.
    """
    zone, count = zone_of(event), int(rule["COUNT"][0])
    start = event.starts_at.astimezone(zone).replace(tzinfo=None)
    bare = icalendar.vRecur({key: value for key, value in rule.items() if key != "COUNT"})
    found = rrulestr(bare.to_ical().decode(), dtstart=start).replace(until=start + COUNTED_FOR)
    starts = list(islice(found, count))
    if len(starts) < count:
        return FOREVER
    return starts[-1].replace(tzinfo=zone) + (event.ends_at - event.starts_at)


def count_before(event: Event, at: datetime) -> int:
    """Return how many occurrences the rule makes before ``at``, left-out ones included."""
    starts_at, ends_at, is_all_day, rrule, _, zone = _rule(event)
    times = _expand(starts_at, ends_at, is_all_day, rrule, (), zone, starts_at, at)
    return sum(start < at for start, _ in times)


def zone_of(event: Event):
    """Return the zone in which the event recurs."""
    try:
        return ZoneInfo(event.tzid) if event.tzid else timezone.get_default_timezone()
    except (ZoneInfoNotFoundError, ValueError):
        return timezone.get_default_timezone()


def _rule(event: Event) -> tuple:
    return event.starts_at, event.ends_at, event.is_all_day, event.rrule, tuple(event.exdates), zone_of(event)


@lru_cache(maxsize=4096)
def _expand(starts_at, ends_at, is_all_day, rrule, exdates, zone, since, until) -> tuple:
    """Return the (start, end) of the occurrences in [since, until); pure, so it is done once.

    The library takes days for those of the zone of ``since`` and ``until``.
    """
    query = recurring_ical_events.of(_calendar(starts_at, ends_at, is_all_day, rrule, exdates, zone))
    found = query.between(timezone.localtime(since), timezone.localtime(until))
    times = [(_moment(part.start), _moment(part.end)) for part in found]
    return tuple(sorted((start, end) for start, end in times if start < until and end > since))


def _calendar(starts_at, ends_at, is_all_day, rrule, exdates, zone) -> icalendar.Calendar:
    def local(at: datetime) -> date | datetime:
        return timezone.localdate(at) if is_all_day else at.astimezone(zone)

    component = icalendar.Event()
    component.add("uid", "series")
    component.add("dtstart", local(starts_at))
    component.add("dtend", local(ends_at))
    component.add("rrule", icalendar.vRecur.from_ical(rrule))
    for moment in exdates:
        component.add("exdate", local(datetime.fromisoformat(moment)))
    calendar = icalendar.Calendar()
    calendar.add_component(component)
    return calendar


def _moment(value: date | datetime) -> datetime:
    return value.astimezone(UTC) if isinstance(value, datetime) else midnight(value).astimezone(UTC)
