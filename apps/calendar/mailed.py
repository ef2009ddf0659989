"""What the mail page says of an invitation, a change, a cancellation, an answer (RFC 6047), and what it offers."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.calendar import ical, services
from apps.calendar.models import Attendance, Event
from apps.calendar.occurrences import spread
from apps.calendar.wording import repeats, span
from intranet.api import Item, ItemCard, Named
from sso.api import User

ANSWERS = {
    "accept": Attendance.Answer.ACCEPTED,
    "perhaps": Attendance.Answer.TENTATIVE,
    "decline": Attendance.Answer.DECLINED,
}
MOST_CLASHES = 3


@dataclass
class State:
    """Where an invitation stands: ``words`` with their tone, and the names of what can be done."""

    words: str
    tone: str = "info"
    acts: tuple[str, ...] = ()


def card(user: User, item: Item) -> ItemCard:
    """Return what an item of a calendar is to ``user``. Reading an answer notes it, as reading a mail marks it.

    Raises ValidationError with words for what cannot be read or is not to be trusted.
    """
    method, parts = ical.parse(item.content)
    if method == "REPLY":
        rows = services.note_answers(user, item.content, sender=item.sender)
        return ItemCard(
            template="calendar/_mailed_answers.html", context={"rows": rows, "event": rows[0].event}
        )
    if method == "COUNTER":
        times = parts[0].fields
        when = span(times["starts_at"], times["ends_at"], times["is_all_day"])
        raise ValidationError(
            _("Another time is proposed: %(when)s. Please answer by mail.") % {"when": when}
        )
    if method not in services.SCHEDULED:
        raise ValidationError(_("This calendar message asks for nothing that can be done here."))
    part = min(parts, key=lambda one: one.recurrence_at is not None)
    event = services.event_of_suite(user, part.uid)
    state = State(_("This event is in the calendar already."), "success") if event else None
    if state is None:
        own = Event.objects.filter(calendar__user=user, uid=part.uid).order_by("recurrence_at")
        event = own.filter(recurrence_at=part.recurrence_at).first()
        known = event or own.first()
        ask = _cancelled if method == "CANCEL" else _invited
        state = ask(user, part, event, known, item.sender, method == "REQUEST" and is_one(parts))
    answer = event.attendances.filter(user=user).values_list("answer", flat=True).first() if event else None
    done = next((name for name, value in ANSWERS.items() if value == answer), "")
    return ItemCard(
        template="calendar/_mailed.html",
        context=_facts(user, part, event, is_off=method == "CANCEL")
        | {"state": state, "more": len({one.uid for one in parts}) - 1},
        acts=tuple(named for named in _acts(bool(event)) if named.name in state.acts),
        done=done if done in state.acts and services.is_same(part, event, False) else "",
    )


def act(user: User, item: Item, name: str) -> str:
    """Do what a button of the card says and return words that say so. ValidationError for what it does not offer."""
    if name not in {named.name for named in card(user, item).acts}:
        raise ValidationError(_("This can no longer be done."))
    if name in ANSWERS:
        event = services.answer_mail(user, item.content, ANSWERS[name], sender=item.sender)
        return _("Your answer to “%(title)s” has been sent to its organiser.") % {"title": event}
    event = services.receive_invitation(user, item.content, sender=item.sender)
    if event.is_cancelled:
        return _("“%(title)s” has been called off.") % {"title": event}
    return _("“%(title)s” is in the calendar.") % {"title": event}


def is_one(parts: list[ical.Parsed]) -> bool:
    """Say whether all parts are of one event, as an invitation's are (RFC 5546 §3.2)."""
    return len({part.uid for part in parts}) == 1


def _acts(is_known: bool) -> tuple[Named, ...]:
    return (
        Named(name="accept", label=_("Take part")),
        Named(name="perhaps", label=_("Perhaps")),
        Named(name="decline", label=_("Do not take part")),
        Named(name="add", label=_("Update my calendar") if is_known else _("Add to my calendar")),
        Named(name="cancel", label=_("Call it off in my calendar")),
    )


def _cancelled(user, part, event, known, sender, is_asked) -> State:
    if known is None:
        return State(_("This has been called off. It is not in your calendar."))
    if event and event.is_cancelled:
        return State(_("This has been called off, in your calendar too."), "success")
    if event and services.is_older(part, event):
        return _older()
    if not services.is_from_organizer(part, known, sender):
        return State(_("Only a mail from its organiser can change this event or call it off."), "warning")
    return State(_("The organiser has called this off."), "warning", ("cancel",))


def _invited(user, part, event, known, sender, is_asked) -> State:
    if event and services.is_older(part, event):
        return _older()
    is_same = event is not None and services.is_same(part, event, False)
    if (
        known
        and known.organizer_email
        and not is_same
        and not services.is_from_organizer(part, known, sender)
    ):
        return State(_("Only a mail from its organiser can change this event or call it off."), "warning")
    if event and event.is_cancelled and is_same:
        return State(_("This has been called off, in your calendar too."), "success")
    email = user.email.lower()
    is_invited = is_asked and email in part.attendees and part.organizer_email
    if is_invited and email != part.organizer_email.lower():
        acts = (*ANSWERS, *(() if is_same else ("add",)))
        words = _("Your answer goes to %(organizer)s by mail.") % {"organizer": part.organizer_email}
    else:
        acts = () if is_same else ("add",)
        words = _("This event is in the calendar already.") if is_same else ""
    if known and not is_same:
        words = " ".join(filter(None, (_("The organiser has changed this event."), words)))
    if part.is_from_there_on:
        more = _("It is meant for all following ones too; here only this one is changed.")
        words = " ".join(filter(None, (words, more)))
    if not known and part.organizer_email and sender.lower() != part.organizer_email.lower():
        strange = _("This came from %(sender)s, not from the organiser.") % {"sender": sender or "?"}
        return State(" ".join(filter(None, (strange, words))), "warning", acts)
    return State(words, "warning" if part.is_from_there_on or (known and not is_same) else "info", acts)


def _older() -> State:
    return State(_("This is an earlier version; your calendar knows a later one."))


def _facts(user: User, part: ical.Parsed, event: Event | None, is_off: bool) -> dict:
    """Return what an invitation says beside what the calendar has."""
    said = part.fields
    when = span(said["starts_at"], said["ends_at"], said["is_all_day"])
    was = span(event.starts_at, event.ends_at, event.is_all_day) if event else ""
    place = event.location if event else ""
    clashes = []
    if not (is_off or said["is_all_day"]):
        others = Event.objects.of_person(user).exclude(uid=part.uid).exclude(status=Event.Status.CANCELLED)
        found = spread(others.between(said["starts_at"], said["ends_at"]), said["starts_at"], said["ends_at"])
        clashes = found[:MOST_CLASHES]
    return {
        "event": event,
        "is_off": is_off,
        "title": said["summary"],
        "when": when,
        "was_when": was if was != when else "",
        "repeats": repeats(said["rrule"]) if said["rrule"] else "",
        "place": said["location"],
        "was_place": place if place != said["location"] else "",
        "organizer": said["organizer_text"],
        "asked": len(part.attendees),
        "clashes": clashes,
    }
