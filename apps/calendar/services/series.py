"""Taking one occurrence, or all from one on, out of a series."""

import uuid
from copy import copy
from datetime import UTC, datetime, timedelta

import icalendar
from django.conf import settings
from django.utils import timezone

from apps.calendar.models import Attendance, Event
from apps.calendar.occurrences import count_before, zone_of


def override(series: Event, on: datetime) -> Event:
    """Return the event, saved, that stands for the occurrence of ``series`` at ``on``; ``series`` is not saved."""
    one = _copy(series, on)
    one.series, one.recurrence_at = series, on
    one.rrule, one.exdates = "", []
    series.exdates = sorted({*series.exdates, _stored(on)})
    _save_with_people(one, series)
    return one


def split(series: Event, on: datetime) -> Event:
    """End ``series``, not saved, before ``on``; return the new series, saved, that goes on from there."""
    if on <= series.starts_at:
        return series
    rule = icalendar.vRecur.from_ical(series.rrule)
    later = _copy(series, on)
    later.uid = f"{uuid.uuid4()}@{settings.MAIL_DOMAIN}"
    later.exdates = [text for text in series.exdates if datetime.fromisoformat(text) >= on]
    if "COUNT" in rule:
        rest = icalendar.vRecur(rule)
        rest["COUNT"] = [int(rule["COUNT"][0]) - count_before(series, on)]
        later.rrule = rest.to_ical().decode()
        del rule["COUNT"]
    # RFC 5545 §3.3.10: UNTIL has the type of DTSTART, a day or a moment in UTC.
    last = on - timedelta(seconds=1)
    rule["UNTIL"] = [last.astimezone(zone_of(series)).date() if series.is_all_day else last.astimezone(UTC)]
    series.rrule = rule.to_ical().decode()
    series.exdates = [text for text in series.exdates if datetime.fromisoformat(text) < on]
    _save_with_people(later, series)
    series.overrides.filter(recurrence_at__gte=on).update(series=later, uid=later.uid)
    return later


def _copy(series: Event, on: datetime) -> Event:
    """Return ``series`` as a new event at ``on``."""
    one = copy(series)
    one._state.adding = True
    one.pk = None
    one._prefetched_objects_cache = {}
    one.starts_at, one.ends_at = on, on + (series.ends_at - series.starts_at)
    one.last_at, one.created_at = one.ends_at, timezone.now()
    one.series, one.recurrence_at = None, None
    return one


def _save_with_people(one: Event, series: Event) -> None:
    one.save()
    names = ("user_id", "is_leader", "answer", "answered_at", "answered_by_id")
    rows = [Attendance(event=one, **row) for row in series.attendances.values(*names)]
    Attendance.objects.bulk_create(rows)


def _stored(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
