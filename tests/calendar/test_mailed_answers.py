"""Answers that come by mail to what a person has organised (RFC 5546 §3.2.3)."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.calendar import services
from apps.calendar.models import Attendance
from intranet import handover
from intranet.api import Item
from tests.calendar.factories import AttendanceFactory, EventFactory, at
from tests.calendar.test_invitations import mail
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def reply(
    uid: str, address: str, answer: str = "ACCEPTED", *more: str, stamp: str = "20261101T000000Z"
) -> bytes:
    lines = (f"UID:{uid}", f"DTSTAMP:{stamp}", "DTSTART:20261130T010000Z", "ORGANIZER:mailto:me@mic.example")
    return mail(*lines, f"ATTENDEE;PARTSTAT={answer}:mailto:{address}", *more, method="REPLY")


def opened(person, content: bytes, sender: str):
    one = Item(title="", content=content, content_type="text/calendar", sender=sender)
    return handover.card_of(person, one)


@pytest.fixture
def asked(person):
    """An event that ``person`` has organised, and the invitation of a guest."""
    event = EventFactory(organizer=person)
    return AttendanceFactory(event=event, user=UserFactory(email="khach@mic.example"))


@pytest.mark.parametrize("answer", ["ACCEPTED", "TENTATIVE", "DECLINED"])
def test_an_answer_to_our_event_is_noted_when_it_is_opened(answer, person, asked):
    card = opened(person, reply(asked.event.uid, "Khach@mic.example", answer), "khach@MIC.example")

    asked.refresh_from_db()
    assert (asked.answer, asked.answered_at, asked.answered_by) == (
        answer,
        at("2026-11-01 07:00"),
        asked.user,
    )
    assert asked.user.full_name in card.body


def test_an_earlier_answer_never_replaces_a_later_one(person, asked):
    late = reply(asked.event.uid, "khach@mic.example", "DECLINED", stamp="20261102T000000Z")
    for content in (late, reply(asked.event.uid, "khach@mic.example", "ACCEPTED")):
        services.note_answers(person, content, sender="khach@mic.example")

    asked.refresh_from_db()
    assert asked.answer == "DECLINED"


def test_an_answer_from_the_future_does_not_stand_for_ever(person, asked):
    future = reply(asked.event.uid, "khach@mic.example", "DECLINED", stamp="20991102T000000Z")

    services.note_answers(person, future, sender="khach@mic.example")

    asked.refresh_from_db()
    assert asked.answered_at <= timezone.now()


def test_an_answer_to_one_occurrence_is_of_that_one(person):
    series = EventFactory(organizer=person, rrule="FREQ=WEEKLY;COUNT=3")
    guest = AttendanceFactory(event=series, user=UserFactory(email="khach@mic.example"))
    content = reply(series.uid, "khach@mic.example", "DECLINED", "RECURRENCE-ID:20261207T010000Z")

    services.note_answers(person, content, sender="khach@mic.example")

    guest.refresh_from_db()
    one = Attendance.objects.get(event__series=series)
    assert (guest.answer, one.answer, one.event.recurrence_at) == (
        "NEEDS-ACTION",
        "DECLINED",
        at("2026-12-07 08:00"),
    )


FORGED = {
    "in another's name": ("khach@mic.example", "ke.xau@else.example"),
    "by an unknown sender": ("khach@mic.example", ""),
    "by somebody not invited": ("ke.xau@else.example", "ke.xau@else.example"),
}


@pytest.mark.parametrize(("attendee", "sender"), FORGED.values(), ids=FORGED)
def test_an_answer_that_is_not_the_sender_s_own_changes_nothing(attendee, sender, person, asked):
    card = opened(person, reply(asked.event.uid, attendee), sender)

    asked.refresh_from_db()
    assert (asked.answer, "alert-warning" in card.body, card.acts) == ("NEEDS-ACTION", True, ())


def test_an_answer_counts_in_the_mailbox_of_the_organiser_only(asked):
    stranger = UserFactory(email="la@mic.example")

    with pytest.raises(ValidationError):
        services.note_answers(
            stranger, reply(asked.event.uid, "khach@mic.example"), sender="khach@mic.example"
        )

    asked.refresh_from_db()
    assert asked.answer == "NEEDS-ACTION"
