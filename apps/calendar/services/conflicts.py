"""Who or which place would be in two events at once: said as a warning, never forbidden."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.calendar.models import Attendance, Event
from apps.calendar.occurrences import Occurrence, occurrences, of_event
from sso.api import User, fold

LOOK_AHEAD = timedelta(days=62)  # of a series, only the coming weeks are compared
MOST = 5


@dataclass(frozen=True)
class Conflict:
    """``who`` (people or the place) is taken by ``other``; ``title`` is "" for who may not read that."""

    who: str
    title: str
    other: Occurrence


def conflicts(event: Event, *, seen_by: User) -> list[Conflict]:
    """Return the first few events that overlap with ``event`` in people or place, each once, by time."""
    people = {row.user_id: row.user.full_name for row in event.attendances.select_related("user")}
    if event.is_cancelled or not (people or event.location):
        return []
    since = max(event.starts_at, timezone.now()) if event.is_series else event.starts_at
    until = min(event.last_at, since + LOOK_AHEAD)
    shared = Attendance.objects.filter(event=OuterRef("pk"), user__in=people)
    shared = shared.exclude(answer=Attendance.Answer.DECLINED)
    same = Q(Exists(shared)) | Q(calendar__user__in=people)
    if event.location:
        same |= Q(location__iexact=event.location)
    others = Event.objects.filter(same).exclude(pk=event.pk).exclude(status=Event.Status.CANCELLED)
    others = others.exclude(series=event).exclude(pk=event.series_id)
    taken = occurrences(others.with_people(), since, until)
    readable = set(
        Event.objects.visible_to(seen_by)
        .filter(pk__in={one.event.pk for one in taken})
        .values_list("pk", flat=True)
    )
    found, told = [], set()
    for own in of_event(event, since, until):
        for other in taken:
            if other.event.pk in told:
                continue
            if other.starts_at < own.ends_at and other.ends_at > own.starts_at:
                who = _shared(people, event.location, other.event)
                title = other.event.summary if other.event.pk in readable else ""
                if who:
                    found.append(Conflict(who, title, other))
                    told.add(other.event.pk)
            if len(found) == MOST:
                return found
    return found


def _shared(people: dict[int, str], location: str, other: Event) -> str:
    others = {row.user_id for row in other.people if row.answer != Attendance.Answer.DECLINED}
    names = [name for key, name in people.items() if key in others or key == other.calendar.user_id]
    if location and fold(location) == fold(other.location):
        names.append(other.location)
    return ", ".join(names)
