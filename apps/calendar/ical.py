"""Events to and from iCalendar, RFC 5545 and RFC 5546."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import icalendar
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.calendar.models import Event
from apps.calendar.occurrences import zone_of
from apps.calendar.weeks import midnight
from sso.api import nfc

FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}  # others would give thousands of occurrences a day
YEARS = range(1970, 2200)
MOST_EVENTS = 200


def feed(name: str, events, answers: dict[int, str]) -> bytes:
    """Return ``events`` and their overrides as a calendar to subscribe to; ``answers`` by the event's key."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//intranet-suite//calendar//VI")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", settings.TIME_ZONE)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    replaced = {}
    for event in events:
        if event.series_id:
            replaced.setdefault(event.series_id, set()).add(event.recurrence_at)
    for event in events:
        calendar.add_component(component(event, replaced.get(event.pk, ()), answers.get(event.pk)))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def component(event: Event, replaced=(), answer: str | None = None) -> icalendar.Event:
    """Return the VEVENT of ``event``; ``replaced`` are the occurrences that events of their own stand for."""
    zone = zone_of(event)

    def local(at: datetime) -> date | datetime:
        return timezone.localdate(at) if event.is_all_day else at.astimezone(zone)

    part = icalendar.Event()
    part.add("uid", event.uid)
    part.add("dtstamp", event.changed_at.astimezone(UTC))
    part.add("created", event.created_at.astimezone(UTC))
    part.add("last-modified", event.changed_at.astimezone(UTC))
    part.add("sequence", event.sequence)
    part.add("dtstart", local(event.starts_at))
    part.add("dtend", local(event.ends_at))
    part.add("summary", event.summary)
    part.add("status", event.status)
    part.add("class", "PRIVATE" if event.is_private else "PUBLIC")
    part.add("url", settings.BASE_URL + event.get_absolute_url())
    if event.location:
        part.add("location", event.location)
    if text := _description(event):
        part.add("description", text)
    if event.rrule:
        part.add("rrule", icalendar.vRecur.from_ical(event.rrule))
    moments = [datetime.fromisoformat(moment) for moment in event.exdates]
    for moment in moments:
        if moment not in replaced:
            part.add("exdate", local(moment))
    if event.recurrence_at:
        part.add("recurrence-id", local(event.recurrence_at))
    if event.organizer and event.organizer.email:
        organizer = icalendar.vCalAddress(f"mailto:{event.organizer.email}")
        organizer.params["CN"] = icalendar.vText(event.organizer.full_name)
        part.add("organizer", organizer)
    if answer == "DECLINED" or event.is_cancelled:
        part.add("transp", "TRANSPARENT")
    return part


def _description(event: Event) -> str:
    unit = event.preparing_unit.name if event.preparing_unit else ""
    lines = (
        (_("Chair"), event.chair_name),
        (_("Participants"), event.participants_text),
        (_("Preparing unit"), unit),
        (_("Number of the invitation"), event.invitation_number),
        (_("Reason"), event.reason),
        (_("Note"), event.note),
    )
    facts = "\n".join(f"{label}: {words}" for label, words in lines if words)
    return "\n\n".join(filter(None, (event.description, facts)))


@dataclass
class Parsed:
    """One VEVENT of an invitation, in the words of our model."""

    uid: str
    sequence: int
    recurrence_at: datetime | None
    fields: dict = field(default_factory=dict)


def parse(content: bytes) -> tuple[str, list[Parsed]]:
    """Return the method (REQUEST when it says none) and the events of ``content``.

    Raises ValidationError with words for the reader when it holds no event that can be read.
    """
    try:
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
        method = next((str(one["METHOD"]).upper() for one in calendars if "METHOD" in one), "REQUEST")
        parts = [part for one in calendars for part in one.walk("VEVENT")]
    except Exception as error:  # the parser answers rubbish with whatever it stumbled over
        raise ValidationError(_("This is not a calendar file that can be read.")) from error
    found = [one for part in parts[:MOST_EVENTS] if (one := _read(part))]
    if not found:
        raise ValidationError(_("There is no event in this calendar file."))
    return method, found


def _read(part: icalendar.Event) -> Parsed | None:
    """Return what a VEVENT says, None when it lacks a UID or a time."""
    try:
        start = part.decoded("dtstart")
        is_all_day = not isinstance(start, datetime)
        end = _end(part, start)
        starts_at, ends_at = _utc(start), _utc(end)
        recurrence = _utc(part.decoded("recurrence-id")) if "recurrence-id" in part else None
        sequence = int(part.get("sequence", 0))
    except Exception:  # as above: one event that cannot be read is left out
        return None
    uid = str(part.get("uid", ""))[:255]
    if not uid or starts_at.year not in YEARS or ends_at.year not in YEARS:
        return None
    status = str(part.get("status", "CONFIRMED")).upper()
    organizer = part.get("organizer")
    fields = {
        "summary": _text(part, "summary", 250) or str(_("Untitled event")),
        "description": _text(part, "description", 20000),
        "location": _text(part, "location", 200),
        "starts_at": starts_at,
        "ends_at": max(starts_at, ends_at),
        "is_all_day": is_all_day,
        "rrule": "" if recurrence else _rule(part),
        "exdates": _exdates(part),
        "tzid": getattr(start.tzinfo, "key", "") or "" if not is_all_day else "",
        "status": status if status in Event.Status.values else Event.Status.CONFIRMED,
        "is_private": str(part.get("class", "")).upper() in {"PRIVATE", "CONFIDENTIAL"},
        "organizer_text": _organizer(organizer)[:250],
    }
    return Parsed(uid=uid, sequence=max(0, sequence), recurrence_at=recurrence, fields=fields)


def _end(part: icalendar.Event, start: date | datetime) -> date | datetime:
    """Return DTEND, or DTSTART with DURATION, or what RFC 5545 §3.6.1 says when there is neither."""
    if "dtend" in part:
        end = part.decoded("dtend")
        return end if isinstance(end, datetime) == isinstance(start, datetime) else start
    if "duration" in part:
        return start + part.decoded("duration")
    return start if isinstance(start, datetime) else start + timedelta(days=1)


def _utc(value: date | datetime) -> datetime:
    """Return the moment of ``value``; floating times and days are the ministry's."""
    if not isinstance(value, datetime):
        return midnight(value).astimezone(UTC)
    return (timezone.make_aware(value) if timezone.is_naive(value) else value).astimezone(UTC)


def _text(part: icalendar.Event, name: str, length: int) -> str:
    value = part.get(name, "")
    text = str(value[0] if isinstance(value, list) and value else value)
    return nfc(text.replace("\x00", "")).strip()[:length]


def _rule(part: icalendar.Event) -> str:
    rule = part.get("rrule")
    rule = rule[0] if isinstance(rule, list) else rule
    if not rule or str(next(iter(rule.get("FREQ", [""])), "")).upper() not in FREQUENCIES:
        return ""
    text = rule.to_ical().decode()
    return text if len(text) <= 250 else ""


def _exdates(part: icalendar.Event) -> list[str]:
    """Return the left-out moments as they are stored: ISO 8601 in UTC."""
    lines = part.get("exdate", [])
    lines = lines if isinstance(lines, list) else [lines]
    return [_utc(one.dt).isoformat() for line in lines for one in getattr(line, "dts", [])]


def _organizer(organizer) -> str:
    if organizer is None:
        return ""
    address = str(organizer).removeprefix("mailto:").removeprefix("MAILTO:")
    name = str(getattr(organizer, "params", {}).get("CN", ""))
    return f"{name} <{address}>" if name and name != address else address
