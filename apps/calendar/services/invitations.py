"""Answering invitations, and taking over those that came by mail."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.calendar import ical
from apps.calendar.models import Attendance, Calendar, Change, Event
from apps.calendar.permissions import can_answer
from apps.calendar.services.events import store
from apps.calendar.services.versions import record
from sso.api import User, require


@transaction.atomic
def answer_invitation(attendance: Attendance, answer: str, *, by: User) -> Attendance:
    """Set the answer to an invitation; to a series also for its changed occurrences not yet answered.

    Raises PermissionDenied when ``by`` neither is the person nor acts for them.
    """
    require(can_answer(by, attendance))
    if answer not in Attendance.Answer.values:
        raise ValidationError(_("This is not an answer to an invitation."))
    values = {"answer": answer, "answered_at": timezone.now(), "answered_by": by}
    for name, value in values.items():
        setattr(attendance, name, value)
    attendance.save(update_fields=list(values))
    Attendance.objects.filter(
        event__series=attendance.event_id, user=attendance.user_id, answer=Attendance.Answer.NEEDS_ACTION
    ).update(**values)
    return attendance


@transaction.atomic
def receive_invitation(user: User, content: bytes) -> Event:
    """Take the invitation ``content`` (text/calendar) into the calendar of ``user`` and return its event.

    The same UID is updated, never doubled (RFC 5546 §2.1.4); an older SEQUENCE changes nothing; CANCEL calls
    off. An event of the suite itself is returned as it is. Raises ValidationError with words for the reader.
    """
    method, parts = ical.parse(content)
    if method not in {"REQUEST", "PUBLISH", "ADD", "CANCEL"}:
        raise ValidationError(_("This is an answer to an invitation, not an invitation."))
    calendar = Calendar.objects.of_user(user)
    found = None
    for part in sorted(parts, key=lambda one: one.recurrence_at is not None):
        ours = Event.objects.visible_to(user).filter(uid=part.uid).exclude(calendar=calendar)
        event = ours.order_by("recurrence_at").first() or _take(calendar, part, method == "CANCEL", by=user)
        found = found or event
    if not found:
        raise ValidationError(_("What is called off here is not in your calendar."))
    return found


def _take(calendar: Calendar, part: ical.Parsed, is_cancelled: bool, *, by: User) -> Event | None:
    own = Event.objects.select_for_update(of=("self",)).filter(calendar=calendar, uid=part.uid)
    event = own.filter(recurrence_at=part.recurrence_at).first()
    series = own.filter(recurrence_at=None).first() if part.recurrence_at else None
    if event and part.sequence < event.sequence:
        return event
    if is_cancelled and not event and not series:
        return None
    fields = {**part.fields, **({"status": Event.Status.CANCELLED} if is_cancelled else {})}
    if is_cancelled and (event or series):
        fields = {"status": Event.Status.CANCELLED}
        if not event:
            fields = {**part.fields, **fields, "summary": series.summary, "location": series.location}
    act = Change.Act.CHANGED if event else Change.Act.CREATED
    event = event or Event(calendar=calendar, uid=part.uid, recurrence_at=part.recurrence_at, series=series)
    for name, value in {**fields, "sequence": part.sequence}.items():
        setattr(event, name, value)
    if event.is_cancelled:
        act, event.mark = Change.Act.CANCELLED, Event.Mark.CANCELLED
    if part.recurrence_at is None and event.pk:
        replaced = event.overrides.values_list("recurrence_at", flat=True)
        event.exdates = sorted({*event.exdates, *(at.isoformat() for at in replaced)})
    store(event)
    if series:
        series.exdates = sorted({*series.exdates, part.recurrence_at.isoformat()})
        store(series)
    record(event, act, by=by)
    return event
