"""Answering invitations, and taking over those that came by mail (RFC 5546, RFC 6047)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.calendar import ical
from apps.calendar.models import Attendance, Calendar, Change, Event
from apps.calendar.occurrences import occurrence_at
from apps.calendar.permissions import can_answer
from apps.calendar.services.events import store
from apps.calendar.services.series import override
from apps.calendar.services.versions import record
from apps.calendar.wording import span
from intranet.api import Letter, send_letter
from sso.api import User, require

SCHEDULED = {"REQUEST", "PUBLISH", "ADD", "CANCEL"}


def answer_invitation(attendance: Attendance, answer: str, *, by: User) -> Attendance:
    """Set the answer to an invitation; to a series also for its changed occurrences not yet answered.

    Of what was invited to from elsewhere the organiser is told by mail first, so that an answer that stands here
    is one that went out. Raises PermissionDenied when ``by`` neither is the person nor acts for them,
    ValidationError when the mail cannot be sent.
    """
    require(can_answer(by, attendance))
    if answer not in Attendance.Answer.values:
        raise ValidationError(_("This is not an answer to an invitation."))
    if attendance.event.is_answered_by_mail:
        if attendance.event.is_cancelled:
            raise ValidationError(_("It has been called off: there is nothing to answer."))
        send_letter(by, _letter(attendance.event, answer, by))
    _set_answer(attendance, answer, by, timezone.now())
    return attendance


def receive_invitation(user: User, content: bytes, *, sender: str = "") -> Event:
    """Take the invitation ``content`` (text/calendar) into the calendar of ``user`` and return its event.

    The same UID is updated, never doubled (RFC 5546 §2.1.4); an older version changes nothing; CANCEL calls
    off. What has an organiser is changed only by a mail whose ``sender`` is that organiser. An event of the suite
    itself is returned as it is. Raises ValidationError with words for the reader.
    """
    method, parts = ical.parse(content)
    if method not in SCHEDULED:
        raise ValidationError(_("This is an answer to an invitation, not an invitation."))
    return _receive(user, parts, method == "CANCEL", sender)


def answer_mail(user: User, content: bytes, answer: str, *, sender: str = "") -> Event:
    """Take the invitation over and answer it. Raises ValidationError for who is not invited, as above too."""
    event = receive_invitation(user, content, sender=sender)
    attendance = Attendance.objects.filter(event=event, user=user).select_related("event", "user").first()
    if attendance is None:
        raise ValidationError(
            _("Your mail address is not among those invited, so there is nobody to answer for.")
        )
    answer_invitation(attendance, answer, by=user)
    return event


@transaction.atomic
def note_answers(user: User, content: bytes, *, sender: str = "") -> list[Attendance]:
    """Note the answers ``content`` (METHOD:REPLY) to events that ``user`` has organised, and return them.

    Only the answer of the sender is noted, and never over a later one. Raises ValidationError when there is none.
    """
    method, parts = ical.parse(content)
    if method != "REPLY":
        raise ValidationError(_("This is not an answer to an invitation."))
    found = []
    for part in parts:
        if set(part.attendees) != {sender.lower()}:
            raise ValidationError(
                _("This answer is not from the person in whose name it speaks; it is not noted.")
            )
        answer = part.attendees[sender.lower()]
        attendance = _asked(user, part, sender)
        if attendance is None or answer not in Attendance.Answer.values:
            continue
        at = min(part.fields["stamped_at"] or timezone.now(), timezone.now())
        if attendance.answered_at is None or attendance.answered_at < at:
            _set_answer(attendance, answer, attendance.user, at)
        found.append(attendance)
    if not found:
        raise ValidationError(
            _("This answers an invitation that is not of your calendar here; nothing is noted.")
        )
    return found


def _asked(user: User, part: ical.Parsed, sender: str) -> Attendance | None:
    """Return the attendance that an answer is about; of a series the occurrence is made that it names."""
    ours = Event.objects.select_for_update(of=("self",)).filter(
        uid=part.uid, organizer=user, organizer_email="", is_draft=False
    )
    event = ours.filter(recurrence_at=part.recurrence_at).first()
    if event is None and part.recurrence_at and (series := ours.filter(recurrence_at=None).first()):
        if not series.attendances.filter(user__email__iexact=sender).exists():
            return None
        if not occurrence_at(series, part.recurrence_at):
            return None
        event = override(series, part.recurrence_at)
        store(series)
        store(event)
    rows = event.attendances.select_related("user", "event") if event else Attendance.objects.none()
    return rows.filter(user__email__iexact=sender).first()


@transaction.atomic
def _set_answer(attendance: Attendance, answer: str, by: User, at) -> None:
    values = {"answer": answer, "answered_at": at, "answered_by": by}
    for name, value in values.items():
        setattr(attendance, name, value)
    attendance.save(update_fields=list(values))
    Attendance.objects.filter(
        event__series=attendance.event_id, user=attendance.user_id, answer=Attendance.Answer.NEEDS_ACTION
    ).update(**values)


def _letter(event: Event, answer: str, person: User) -> Letter:
    """Return the mail that tells the organiser of the answer of ``person``."""
    subject, text = {
        Attendance.Answer.ACCEPTED: (_("Takes part: %(title)s"), _("%(name)s takes part.")),
        Attendance.Answer.TENTATIVE: (_("Perhaps: %(title)s"), _("%(name)s perhaps takes part.")),
        Attendance.Answer.DECLINED: (_("Does not take part: %(title)s"), _("%(name)s does not take part.")),
    }[answer]
    when = span(event.starts_at, event.ends_at, event.is_all_day)
    lines = [text % {"name": person.full_name}, "", event.summary, when, event.location]
    return Letter(
        to=event.organizer_email,
        subject=subject % {"title": event.summary},
        text="\n".join(lines).rstrip() + "\n",
        content=ical.reply(event, person, answer),
        content_type="text/calendar; method=REPLY",
    )


@transaction.atomic
def _receive(user: User, parts: list[ical.Parsed], is_cancelled: bool, sender: str) -> Event:
    calendar = Calendar.objects.of_user(user)
    found = None
    for part in sorted(parts, key=lambda one: one.recurrence_at is not None):
        event = event_of_suite(user, part.uid) or _take(calendar, part, is_cancelled, sender)
        found = found or event
    if not found:
        raise ValidationError(_("What is called off here is not in your calendar."))
    return found


def event_of_suite(user: User, uid: str) -> Event | None:
    """Return the event that was made here and that ``user`` may read anyway."""
    made_here = Event.objects.visible_to(user).filter(uid=uid, organizer_email="")
    return made_here.exclude(calendar__user=user, organizer=None).order_by("recurrence_at").first()


def _take(calendar: Calendar, part: ical.Parsed, is_cancelled: bool, sender: str) -> Event | None:
    own = Event.objects.select_for_update(of=("self",)).filter(calendar=calendar, uid=part.uid)
    event = own.filter(recurrence_at=part.recurrence_at).first()
    series = own.filter(recurrence_at=None).first() if part.recurrence_at else None
    known = event or series
    if event and (is_older(part, event) or is_same(part, event, is_cancelled)):
        _ask(event, part, series, is_moved=False)
        return event
    if is_cancelled and not known:
        return None
    if known:
        _require_organizer(known, part, is_cancelled, sender)
    was = (event.starts_at, event.ends_at, event.rrule) if event else None
    fields = part.fields
    if is_cancelled:
        fields = {"status": Event.Status.CANCELLED, "stamped_at": part.fields["stamped_at"]}
        if not event:
            fields = {**part.fields, **fields, "summary": series.summary, "location": series.location}
    act = Change.Act.CHANGED if event else Change.Act.CREATED
    event = event or Event(calendar=calendar, uid=part.uid, recurrence_at=part.recurrence_at, series=series)
    for name, value in {**fields, "sequence": part.sequence}.items():
        setattr(event, name, value)
    event.mark = Event.Mark.CANCELLED if event.is_cancelled else ""
    if event.is_cancelled:
        act = Change.Act.CANCELLED
    if part.recurrence_at is None and event.pk:
        _keep_overrides(event)
    store(event)
    if series:
        series.exdates = sorted({*series.exdates, part.recurrence_at.isoformat()})
        store(series)
    is_moved = was is not None and was != (event.starts_at, event.ends_at, event.rrule)
    _ask(event, part, series, is_moved)
    record(event, act, by=calendar.user)
    return event


def is_older(part: ical.Parsed, event: Event) -> bool:
    """Say whether ``event`` knows a later version than ``part`` (RFC 5546 §2.1.5)."""
    if part.sequence != event.sequence:
        return part.sequence < event.sequence
    stamped_at = part.fields["stamped_at"]
    return bool(stamped_at and event.stamped_at and stamped_at < event.stamped_at)


def is_same(part: ical.Parsed, event: Event, is_cancelled: bool) -> bool:
    """Say whether ``event`` is what ``part`` says already."""
    stamps = {part.fields["stamped_at"], event.stamped_at} - {None}
    is_newer_stamp = len(stamps) == 2 and part.fields["stamped_at"] > event.stamped_at
    return part.sequence == event.sequence and not is_newer_stamp and event.is_cancelled >= is_cancelled


def is_from_organizer(part: ical.Parsed, event: Event, sender: str) -> bool:
    """Say whether a mail of ``sender`` may change ``event``: the organiser has sent it, and is still the same."""
    known = event.organizer_email.lower()
    return known == sender.lower() and part.organizer_email.lower() in {known, ""}


def _require_organizer(event: Event, part: ical.Parsed, is_cancelled: bool, sender: str) -> None:
    if not event.organizer_email and not is_cancelled and not part.organizer_email:
        return  # a file without an organiser: its reader's own
    if not event.organizer_email or not is_from_organizer(part, event, sender):
        raise ValidationError(_("Only a mail from its organiser can change this event or call it off."))


def _keep_overrides(event: Event) -> None:
    """Let a series leave out what its changed occurrences stand for; with it they are called off too.

    Those of times that the series no longer has stand for nothing any more and go.
    """
    overrides = list(event.overrides.all())
    if event.is_series and not event.is_cancelled:
        gone = [one for one in overrides if not occurrence_at(event, one.recurrence_at)]
        event.overrides.filter(pk__in=[one.pk for one in gone]).delete()
        overrides = [one for one in overrides if one not in gone]
    event.exdates = sorted({*event.exdates, *(one.recurrence_at.isoformat() for one in overrides)})
    for one in overrides if event.is_cancelled else ():
        one.status, one.mark = Event.Status.CANCELLED, Event.Mark.CANCELLED
        store(one)


def _ask(event: Event, part: ical.Parsed, series: Event | None, is_moved: bool) -> None:
    """Let the owner be asked for an answer if the organiser asks; again when the time is another one."""
    owner = event.calendar.user
    email = owner.email.lower()
    if email not in part.attendees or email == part.organizer_email.lower() or event.is_cancelled:
        return
    given = series and series.attendances.filter(user=owner).first()
    answer = (
        given.answer if given and event.starts_at == event.recurrence_at else Attendance.Answer.NEEDS_ACTION
    )
    row, is_new = Attendance.objects.get_or_create(event=event, user=owner, defaults={"answer": answer})
    if is_moved and not is_new:
        row.answer, row.answered_at = Attendance.Answer.NEEDS_ACTION, None
        row.save(update_fields=["answer", "answered_at"])
