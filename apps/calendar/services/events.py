"""Making, changing, cancelling and publishing events."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.calendar.models import Attendance, Calendar, Change, Event, PublishedWeek
from apps.calendar.occurrences import last_moment, occurrence_at
from apps.calendar.permissions import (
    can_add_event,
    can_change_event,
    can_publish_week,
    is_ministry_leader,
    may_act_as,
)
from apps.calendar.services.series import override, split
from apps.calendar.services.versions import differences, record, snapshot, tell
from apps.calendar.weeks import Week, midnight
from sso.api import User, nfc, require

WRITTEN = (
    "summary", "location", "description", "chair_text", "participants_text", "invitation_number", "note", "reason",
)  # fmt: skip


@transaction.atomic
def create_event(
    calendar: Calendar, *, by: User, people: Iterable[User] = (), leaders: Iterable[User] = (), **fields: Any
) -> Event:
    """Return a new event of ``calendar`` and invite ``people``; ``fields`` are those of Event.

    In the leaders' calendar it is a draft until its week is published; in a published week, marked as added.
    Raises PermissionDenied when ``by`` may not add it.
    """
    leaders = _with_chair(calendar, leaders, fields.get("chair"))
    require(can_add_event(by, calendar, leaders if calendar.is_leaders else None))
    organizer = calendar.user if calendar.is_personal else by
    event = Event(
        calendar=calendar, uid=f"{uuid.uuid4()}@{settings.MAIL_DOMAIN}", organizer=organizer, **fields
    )
    if calendar.is_leaders:
        is_published = PublishedWeek.objects.filter(monday=_week_of(event).monday).exists()
        event.is_draft, event.mark = not is_published, Event.Mark.ADDED if is_published else ""
    store(event)
    added, _removed = set_people(event, people, leaders, by=by)
    record(event, Change.Act.CREATED, by=by, on_behalf_of=_for_whom(event, by))
    tell(event, "calendar.invited", to=added, by=by)
    return event


@transaction.atomic
def change_event(
    event: Event,
    *,
    by: User,
    on: datetime | None = None,
    following: bool = False,
    people: Iterable[User] | None = None,
    leaders: Iterable[User] | None = None,
    reason: str = "",
    **fields: Any,
) -> Event:
    """Change ``event`` and return the event that stands for it now, with a new version.

    ``on`` names one occurrence of a series by its start: only that one is changed, with ``following`` also
    all after it. ``people`` and ``leaders`` None leave who takes part as it is.
    Raises PermissionDenied when ``by`` may not, ValidationError when it is called off or never takes place.
    """
    event = _locked(event)
    require(can_change_event(by, event))
    if event.is_cancelled:
        raise ValidationError(_("It has been called off and can no longer be changed."))
    if leaders is not None:
        leaders = _with_chair(event.calendar, leaders, fields.get("chair", event.chair))
        require(can_add_event(by, event.calendar, leaders if event.calendar.is_leaders else None))
    if on and event.is_series:
        event = _one_of(event, on, following)
        if not following:
            fields.pop("rrule", None)
    before, moved_from = snapshot(event), event.starts_at
    for name, value in fields.items():
        setattr(event, name, value)
    if event.is_series and event.starts_at != moved_from:
        _shift(event, event.starts_at - moved_from)
    store(event)
    added, removed = set_people(event, people or (), leaders or (), by=by) if people is not None else ([], [])
    changed = differences(before, snapshot(event))
    if not changed:
        return event
    event.sequence += 1
    event.reason = reason
    if event.calendar.is_leaders and not event.is_draft:
        event.mark = Event.Mark.CHANGED
    store(event)
    record(event, Change.Act.CHANGED, by=by, on_behalf_of=_for_whom(event, by), reason=reason, fields=changed)
    staying = [row.user for row in _attendances(event) if row.user not in added]
    tell(event, "calendar.changed", to=staying, by=by, reason=reason)
    tell(event, "calendar.invited", to=added, by=by)
    tell(
        event,
        "calendar.cancelled",
        to=removed,
        by=by,
        reason=_("You are no longer among those who take part."),
    )
    return event


@transaction.atomic
def cancel_event(
    event: Event, *, by: User, reason: str = "", on: datetime | None = None, is_postponed: bool = False
) -> Event | None:
    """Call ``event`` off, or postpone it without a new time; of a series only the occurrence ``on`` if given.

    It stays where it is, struck through. A draft that nobody has seen is deleted, and None returned.
    Raises PermissionDenied when ``by`` may not.
    """
    event = _locked(event)
    require(can_change_event(by, event))
    if event.is_draft:
        _touch(event.calendar)
        event.delete()
        return None
    if event.is_cancelled:
        return event
    if on and event.is_series:
        event = _one_of(event, on, following=False)
    whole = [event, *event.overrides.exclude(status=Event.Status.CANCELLED)] if event.is_series else [event]
    for one in whole:
        one.status, one.reason = Event.Status.CANCELLED, reason
        one.mark = Event.Mark.POSTPONED if is_postponed else Event.Mark.CANCELLED
        one.sequence += 1
        store(one)
    act = Change.Act.POSTPONED if is_postponed else Change.Act.CANCELLED
    record(event, act, by=by, on_behalf_of=_for_whom(event, by), reason=reason)
    tell(event, "calendar.cancelled", to=[row.user for row in _attendances(event)], by=by, reason=reason)
    return event


@transaction.atomic
def publish_week(week: Week, *, by: User) -> PublishedWeek:
    """Let everybody read the leaders' calendar of ``week`` and invite who takes part. Twice does no harm."""
    require(can_publish_week(by))
    calendar = Calendar.objects.of_leaders()
    published, _created = PublishedWeek.objects.get_or_create(
        monday=week.monday, defaults={"published_by": by}
    )
    drafts = Event.objects.filter(calendar=calendar, is_draft=True).select_for_update(of=("self",))
    for event in drafts.between(midnight(week.monday), midnight(week.next.monday)).select_related("calendar"):
        event.is_draft = False
        store(event)
        record(event, Change.Act.PUBLISHED, by=by)
        invited = [row.user for row in _attendances(event) if not row.is_leader]
        tell(event, "calendar.invited", to=invited, by=by)
    _touch(calendar)
    return published


def store(event: Event) -> None:
    """Save ``event`` with what follows from it. Raises ValidationError when it ends before it begins."""
    if event.ends_at < event.starts_at:
        raise ValidationError(_("The end is before the beginning."))
    for name in WRITTEN:
        setattr(event, name, nfc(getattr(event, name)))
    event.last_at = last_moment(event)
    event.changed_at = timezone.now()
    event.derive_search_key()
    event.save()
    _touch(event.calendar)


def set_people(
    event: Event, people: Iterable[User], leaders: Iterable[User], *, by: User
) -> tuple[list, list]:
    """Let exactly these people and the chair take part; return who came and who went.

    Leaders and the one who writes it down need not answer an invitation.
    """
    wanted = {person.pk: (person, False) for person in people}
    if event.chair:
        wanted[event.chair.pk] = (event.chair, False)
    wanted |= {person.pk: (person, True) for person in leaders}
    if event.calendar.user_id:
        wanted.pop(event.calendar.user_id, None)
    rows = {row.user_id: row for row in _attendances(event)}
    gone = [row for key, row in rows.items() if key not in wanted]
    Attendance.objects.filter(pk__in=[row.pk for row in gone]).delete()
    added = []
    for key, (person, is_leader) in wanted.items():
        row = rows.get(key)
        if row and row.is_leader != is_leader:
            row.is_leader = is_leader
            row.save(update_fields=["is_leader"])
        elif not row:
            is_sure = is_leader or key == by.pk
            answer = Attendance.Answer.ACCEPTED if is_sure else Attendance.Answer.NEEDS_ACTION
            Attendance.objects.create(event=event, user=person, is_leader=is_leader, answer=answer)
            added.append(person)
    return added, [row.user for row in gone]


def _with_chair(calendar: Calendar, leaders: Iterable[User], chair: User | None) -> list[User]:
    """Return ``leaders`` with the chair if one of the ministry's leaders; none in other calendars."""
    if not calendar.is_leaders:
        return []
    found = list(leaders)
    if chair and chair not in found and is_ministry_leader(chair):
        found.append(chair)
    return found


def _one_of(event: Event, on: datetime, following: bool) -> Event:
    if not occurrence_at(event, on):
        raise ValidationError(_("There is no such occurrence of this series."))
    one = split(event, on) if following else override(event, on)
    for changed in {event, one}:
        store(changed)
    return one


def _shift(event: Event, delta: timedelta) -> None:
    """Move what a series leaves out or replaces along with it."""
    event.exdates = [(datetime.fromisoformat(text) + delta).isoformat() for text in event.exdates]
    event.overrides.update(recurrence_at=F("recurrence_at") + delta)


def _locked(event: Event) -> Event:
    return (
        Event.objects.select_for_update(of=("self",))
        .select_related("calendar__user", "chair")
        .get(pk=event.pk)
    )


def _attendances(event: Event) -> list[Attendance]:
    return list(event.attendances.select_related("user"))


def _touch(calendar: Calendar) -> None:
    Calendar.objects.filter(pk=calendar.pk).update(version=F("version") + 1)


def _week_of(event: Event) -> Week:
    return Week.of(timezone.localdate(event.starts_at))


def _for_whom(event: Event, by: User) -> User | None:
    """Return the person for whom ``by`` acts in this event, None when in the own name or by office."""
    if event.calendar.is_personal:
        return event.calendar.user if event.calendar.user_id != by.pk else None
    if event.calendar.is_leaders and not can_publish_week(by):
        leaders = [row.user for row in _attendances(event) if row.is_leader]
        return next((one for one in leaders if one.pk != by.pk and may_act_as(by, one)), None)
    return None
