"""Events to and from iCalendar, RFC 5545 and RFC 5546."""

import re
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from math import prod
from threading import Lock
from zoneinfo import ZoneInfo, available_timezones

import icalendar
from dateutil.rrule import rrulestr
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar.timezone import tzp

from apps.calendar.models import Event
from apps.calendar.occurrences import last_moment, zone_of
from apps.calendar.weeks import midnight
from sso.api import User, nfc

READING = Lock()
PRODUCT = "-//intranet-suite//calendar//VI"
FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}  # others would give thousands of occurrences a day
YEARS = range(1970, 2200)
MOST_A_DAY = 24  # occurrences of a series
MOST_SEQUENCE = 2**31 - 1
MOST_EVENTS = 200
LOOK_AHEAD = timedelta(days=366 * 12)
LATEST = MAXYEAR - 400 - 12  # of the years that have 400 and LOOK_AHEAD behind them
MOST_ATTENDEES = 2000


def feed(name: str, events, answers: dict[int, str]) -> bytes:
    """Return ``events`` and their overrides as a calendar to subscribe to; ``answers`` by the event's key."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", settings.TIME_ZONE)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    by_key, replaced = {event.pk: event for event in events}, {}
    for event in events:
        if event.series_id:
            replaced.setdefault(event.series_id, set()).add(event.recurrence_at)
    for event in events:
        series = by_key.get(event.series_id)
        calendar.add_component(component(event, replaced.get(event.pk, ()), answers.get(event.pk), series))
    calendar.add_missing_timezones()
    for zone in calendar.walk("VTIMEZONE"):
        _spell_out(zone)
    return calendar.to_ical()


def _spell_out(zone: icalendar.Timezone) -> None:
    """Give each change of a clock a line of its own: ical.js, which many programs use, reads one of a line."""
    for part in zone.subcomponents:
        moments = part.pop("RDATE", None)
        for moment in moments.dts if moments else ():
            part.add("rdate", [moment.dt])


def component(
    event: Event, replaced=(), answer: str | None = None, series: Event | None = None
) -> icalendar.Event:
    """Return the VEVENT of ``event``, one of ``series``.

    ``replaced`` are the occurrences that events of their own stand for.
    """
    local = partial(_local, event)
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
        part.add("recurrence-id", _local(series or event, event.recurrence_at))  # as the series says it
    if event.organizer and event.organizer.email:
        organizer = icalendar.vCalAddress(f"mailto:{event.organizer.email}")
        organizer.params["CN"] = icalendar.vText(event.organizer.full_name)
        part.add("organizer", organizer)
    if answer == "DECLINED" or event.is_cancelled:
        part.add("transp", "TRANSPARENT")
    return part


def reply(event: Event, person: User, answer: str) -> bytes:
    """Return the answer of ``person`` to the organiser of ``event`` (RFC 5546 §3.2.3)."""
    local = partial(_local, event)
    part = icalendar.Event()
    part.add("uid", event.uid)
    part.add("dtstamp", timezone.now().astimezone(UTC))
    part.add("sequence", event.sequence)
    part.add("dtstart", local(event.starts_at))
    part.add("dtend", local(event.ends_at))
    part.add("summary", event.summary)
    if event.rrule:
        part.add("rrule", icalendar.vRecur.from_ical(event.rrule))
    if event.recurrence_at:
        part.add("recurrence-id", local(event.recurrence_at))
    part.add("organizer", icalendar.vCalAddress(f"mailto:{event.organizer_email}"))
    attendee = icalendar.vCalAddress(f"mailto:{person.email}")
    attendee.params["CN"] = icalendar.vText(person.full_name)
    attendee.params["PARTSTAT"] = icalendar.vText(answer)
    part.add("attendee", attendee)
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "REPLY")
    calendar.add_component(part)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _local(event: Event, at: datetime) -> date | datetime:
    return timezone.localdate(at) if event.is_all_day else at.astimezone(zone_of(event))


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
    """One VEVENT of an invitation, in the words of our model. ``attendees``: PARTSTAT by lower-case address."""

    uid: str
    sequence: int
    recurrence_at: datetime | None
    is_from_there_on: bool = (
        False  # meant for all following too (RFC 5545 §3.2.13), of which only the one is taken
    )
    fields: dict = field(default_factory=dict)
    attendees: dict[str, str] = field(default_factory=dict)

    @property
    def organizer_email(self) -> str:
        return self.fields["organizer_email"]

    @property
    def version(self) -> tuple:
        """What rises with every version of the event (RFC 5546 §2.1.5)."""
        return (self.sequence, self.fields["stamped_at"])


def parse(content: bytes) -> tuple[str, list[Parsed]]:
    """Return the method (PUBLISH when it says none) and the events of ``content``.

    Raises ValidationError with words for the reader when it holds no event that can be read. The library remembers the
    zones that files describe by their names for the whole process, so it forgets them before each: no mail sets the
    clocks of another one.
    """
    with READING:
        tzp.use_default()
        return _read_all(content)


def _read_all(content: bytes) -> tuple[str, list[Parsed]]:
    try:
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
        method = next((str(one["METHOD"]).upper() for one in calendars if "METHOD" in one), "PUBLISH")
        parts = [part for one in calendars for part in one.walk("VEVENT")]
    except Exception as error:  # the parser answers rubbish with whatever it stumbled over
        raise ValidationError(_("This is not a calendar file that can be read.")) from error
    found = [one for part in parts[:MOST_EVENTS] if (one := _read(part))]
    if not found:
        raise ValidationError(_("There is no event in this calendar file."))
    return method, found


def _read(part: icalendar.Event) -> Parsed | None:
    """Return what a VEVENT says, None when it lacks a UID or a time, or when it cannot be read."""
    try:
        found = _parsed(part)
        if found.fields["rrule"]:
            last_moment(Event(**found.fields))  # what cannot be counted out cannot be shown
    except Exception:  # as above: one event that cannot be read is left out
        return None
    years = {found.fields["starts_at"].year, found.fields["ends_at"].year}
    return found if found.uid and years <= set(YEARS) else None


def _parsed(part: icalendar.Event) -> Parsed:
    start = part.decoded("dtstart")
    is_all_day = not isinstance(start, datetime)
    starts_at, ends_at = _utc(start), _utc(_end(part, start))
    recurrence = _utc(part.decoded("recurrence-id")) if "recurrence-id" in part else None
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
        "tzid": "" if is_all_day else _zone_name(start),
        "status": status if status in Event.Status.values else Event.Status.CONFIRMED,
        "is_private": str(part.get("class", "")).upper() in {"PRIVATE", "CONFIDENTIAL"},
        "organizer_text": _organizer(organizer)[:250],
        "organizer_email": address_of(organizer),
        "stamped_at": _utc(part.decoded("dtstamp")) if "dtstamp" in part else None,
    }
    sequence = min(max(0, int(part.get("sequence", 0))), MOST_SEQUENCE)
    is_from_there_on = recurrence is not None and "RANGE" in part["recurrence-id"].params
    return Parsed(_text(part, "uid", 255), sequence, recurrence, is_from_there_on, fields, _attendees(part))


def _zone_name(start: datetime) -> str:
    """Return the name of the zone of ``start``: of one that only the file describes, one with the same clock.

    "" where clocks never change, so that it does not matter.
    """
    described = start.tzinfo
    if described is None or hasattr(described, "key"):
        return str(getattr(described, "key", "") or "")[:64]
    moments = [start.replace(tzinfo=None) + timedelta(days=15 * number) for number in range(25)]
    clock = [described.utcoffset(moment) for moment in moments]
    if len(set(clock)) == 1:
        return ""
    zones = (ZoneInfo(name) for name in sorted(available_timezones()))
    return next((zone.key for zone in zones if [zone.utcoffset(one) for one in moments] == clock), "")


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
    return _clean(str(value[0] if isinstance(value, list) and value else value))[:length]


def _clean(text: str) -> str:
    """Return ``text`` as a database and a page can hold it."""
    return nfc(text.replace("\x00", "").encode("utf-8", "replace").decode()).strip()


def _rule(part: icalendar.Event) -> str:
    rule = part.get("rrule")
    rule = rule[0] if isinstance(rule, list) else rule
    if not rule or str(next(iter(rule.get("FREQ", [""])), "")).upper() not in FREQUENCIES:
        return ""
    a_day = prod(len(rule.get(name, [0])) for name in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    if a_day > MOST_A_DAY:
        return ""
    text = rule.to_ical().decode()
    return text if len(text) <= 250 and _comes_again(rule, part.decoded("dtstart")) else ""


def _comes_again(rule: icalendar.vRecur, start: date | datetime) -> bool:
    """Whether ``rule`` has occurrences soon. Those of INTERVAL=0 would be looked for for ever.

    30 February is looked for until the last year there is, so the search begins near it: the calendar is the same every
    400 years.
    """
    if int(next(iter(rule.get("INTERVAL", [1])), 1)) < 1:
        return False
    late = LATEST + (start.year - LATEST) % 400
    first = datetime(late, start.month, start.day)  # noqa: DTZ001 (only days matter)
    bare = icalendar.vRecur({key: value for key, value in rule.items() if key not in {"COUNT", "UNTIL"}})
    found = rrulestr(bare.to_ical().decode(), dtstart=first).replace(until=first + LOOK_AHEAD)
    return len(list(islice(found, 2))) == 2


def _exdates(part: icalendar.Event) -> list[str]:
    """Return the left-out moments as they are stored: ISO 8601 in UTC."""
    lines = part.get("exdate", [])
    lines = lines if isinstance(lines, list) else [lines]
    return [_utc(one.dt).isoformat() for line in lines for one in getattr(line, "dts", [])]


def _attendees(part: icalendar.Event) -> dict[str, str]:
    lines = part.get("attendee", [])
    lines = lines if isinstance(lines, list) else [lines]
    states = {
        address_of(line).lower(): str(getattr(line, "params", {}).get("PARTSTAT", "NEEDS-ACTION")).upper()
        for line in lines[:MOST_ATTENDEES]
    }
    return {address: state for address, state in states.items() if address}


def address_of(value) -> str:
    """Return the mail address of an ORGANIZER or ATTENDEE, "" when it is none."""
    value = value[0] if isinstance(value, list) and value else value
    address = re.sub(r"^mailto:", "", str(value or "").strip(), flags=re.IGNORECASE)
    try:
        validate_email(address)
        address.encode("ascii")
    except (ValidationError, UnicodeEncodeError):
        return ""
    return address if len(address) <= 254 else ""


def _organizer(organizer) -> str:
    organizer = organizer[0] if isinstance(organizer, list) and organizer else organizer
    if organizer is None:
        return ""
    address = re.sub(r"^mailto:", "", str(organizer), flags=re.IGNORECASE)
    name = _clean(str(getattr(organizer, "params", {}).get("CN", "")))
    return f"{name} <{address}>" if name and name != address else address
