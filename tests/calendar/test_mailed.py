"""Scheduling by mail (RFC 5546, RFC 6047): who may say what, and what comes of it."""

from contextlib import suppress

import icalendar
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from apps.calendar import mailed, services
from apps.calendar.models import Attendance, Event
from intranet.api import Item
from sso.api import Delegation
from tests.calendar.conftest import OWN
from tests.calendar.factories import AttendanceFactory, EventFactory, at
from tests.calendar.test_invitations import MEETING, ORGANIZER, RUBBISH, mail
from tests.calendar.test_mailed_answers import opened
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ASKED = (*MEETING, f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:MAILTO:{OWN.upper()}")
CANCEL = ("UID:42@elsewhere.example", "DTSTAMP:20261102T000000Z", "DTSTART:20261130T010000Z", "SEQUENCE:1")
MOVED = tuple(line.replace("20261130T01", "20261130T02").replace("T02300", "T03300") for line in ASKED)


def item(*lines: str, method: str = "REQUEST", sender: str = ORGANIZER) -> Item:
    return Item(
        title="invite.ics", content=mail(*lines, method=method), content_type="text/calendar", sender=sender
    )


def offered(person, one: Item) -> tuple:
    """Return the acts of the card, the one in force, and its words."""
    card = mailed.card(person, one)
    state = card.context.get("state")
    return [named.name for named in card.acts], card.done, state.words if state else ""


@pytest.mark.parametrize(
    ("name", "answer"), [("accept", "ACCEPTED"), ("perhaps", "TENTATIVE"), ("decline", "DECLINED")]
)
def test_an_answer_is_kept_and_sent_to_the_organiser(name, answer, person, sent):
    words = mailed.act(person, item(*ASKED, "SEQUENCE:3"), name)

    row = Attendance.objects.get()
    assert (row.user, row.answer, row.event.calendar.user) == (person, answer, person)
    assert words == "Đã gửi câu trả lời về “Họp liên ngành” cho người tổ chức."
    [(sender, letter)] = sent
    assert (sender, letter.to, letter.content_type) == (person, ORGANIZER, "text/calendar; method=REPLY")
    reply = icalendar.Calendar.from_ical(letter.content)
    [event] = reply.walk("VEVENT")
    assert (reply["METHOD"], event["UID"], event["SEQUENCE"]) == ("REPLY", "42@elsewhere.example", 3)
    assert (event["ATTENDEE"], event["ATTENDEE"].params["PARTSTAT"]) == (f"mailto:{OWN}", answer)
    assert (event["ORGANIZER"], "DTSTAMP" in event) == (f"mailto:{ORGANIZER}", True)
    assert event.decoded("dtstart") == at("2026-11-30 08:00")


def test_the_reply_to_one_occurrence_names_it(person, sent):
    services.receive_invitation(person, mail(*ASKED, "RRULE:FREQ=WEEKLY;COUNT=3"), sender=ORGANIZER)
    one = [line.replace("202611", "202612").replace("1230T", "1207T") for line in ASKED]

    mailed.act(person, item(*one, "RECURRENCE-ID:20261207T010000Z"), "decline")

    [event] = icalendar.Calendar.from_ical(sent[0][1].content).walk("VEVENT")
    assert event.decoded("recurrence-id") == at("2026-12-07 08:00")
    assert {row.event.recurrence_at: row.answer for row in Attendance.objects.all()} == {
        None: "NEEDS-ACTION",
        at("2026-12-07 08:00"): "DECLINED",
    }


def test_what_was_declined_takes_no_time_and_comes_back_with_another_answer(person, sent):
    mailed.act(person, item(*ASKED), "decline")
    declined = list(Event.objects.of_person(person))

    mailed.act(person, item(*ASKED), "perhaps")

    assert (declined, list(Event.objects.of_person(person))) == ([], list(Event.objects.all()))
    assert len(sent) == 2


def test_nothing_is_answered_when_the_mail_is_not_sent(person, settings):
    settings.MAIL_IMAP_URL = ""  # so nobody has mail

    with pytest.raises(ValidationError):
        mailed.act(person, item(*ASKED), "accept")

    assert Attendance.objects.get().answer == "NEEDS-ACTION"


def test_the_card_of_an_invitation_says_when_and_what_else_is_then(person):
    other = EventFactory(starts_at=at("2026-11-30 09:00"))
    AttendanceFactory(event=other, user=person)

    card = mailed.card(person, item(*ASKED))

    assert {key: card.context[key] for key in ("title", "when", "place", "was_when", "asked")} == {
        "title": "Họp liên ngành",
        "when": "8h00–9h30, Thứ Hai, 30/11/2026",
        "place": "Phòng 5",
        "was_when": "",
        "asked": 1,
    }
    assert [one.event for one in card.context["clashes"]] == [other]
    assert not Event.objects.filter(calendar__user=person).exists()


# method, lines, sender, what is in the calendar before; acts offered
OFFERS = {
    "invited": (("REQUEST", ASKED, ORGANIZER, ()), ["accept", "perhaps", "decline", "add"]),
    "passed on": (("REQUEST", ASKED, "x@else.example", ()), ["accept", "perhaps", "decline", "add"]),
    "somebody else invited": (("REQUEST", MEETING, ORGANIZER, ()), ["add"]),
    "own invitation": (
        ("REQUEST", (*ASKED[:-2], f"ORGANIZER:mailto:{OWN}", ASKED[-1]), OWN, ()),
        ["add"],
    ),
    "no organiser": (("REQUEST", (*MEETING[:-1], ASKED[-1]), ORGANIZER, ()), ["add"]),
    "published": (("PUBLISH", ASKED, ORGANIZER, ()), ["add"]),
    "the same again": (("REQUEST", ASKED, ORGANIZER, ASKED), ["accept", "perhaps", "decline"]),
    "the same by others": (("REQUEST", ASKED, "x@else.example", ASKED), ["accept", "perhaps", "decline"]),
    "changed": (
        ("REQUEST", (*MOVED, "SEQUENCE:1"), ORGANIZER, ASKED),
        ["accept", "perhaps", "decline", "add"],
    ),
    "changed by others": (("REQUEST", (*MOVED, "SEQUENCE:1"), "x@else.example", ASKED), []),
    "changed by nobody": (("REQUEST", (*MOVED, "SEQUENCE:1"), "", ASKED), []),
    "an earlier version": (("REQUEST", ASKED, ORGANIZER, (*ASKED, "SEQUENCE:4")), []),
    "called off": (("CANCEL", CANCEL, ORGANIZER, ASKED), ["cancel"]),
    "called off by others": (("CANCEL", CANCEL, "x@else.example", ASKED), []),
    "called off, unknown": (("CANCEL", CANCEL, ORGANIZER, ()), []),
}


@pytest.mark.parametrize(("given_", "acts"), OFFERS.values(), ids=OFFERS)
def test_what_is_offered_is_what_can_be_done(given_, acts, person, sent):
    method, lines, sender, before = given_
    if before:
        services.receive_invitation(person, mail(*before), sender=ORGANIZER)
    known = list(Event.objects.values())
    one = item(*lines, method=method, sender=sender)

    assert offered(person, one)[0] == acts

    for name in {"accept", "perhaps", "decline", "add", "cancel", "x"} - set(acts):
        with pytest.raises(ValidationError):
            mailed.act(person, one, name)
    assert (list(Event.objects.values()), sent) == (known, [])


def test_a_changed_time_asks_for_the_answer_again(person, sent):
    mailed.act(person, item(*ASKED), "accept")
    one = item(*MOVED, "SEQUENCE:1")

    card = mailed.card(person, one)
    mailed.act(person, one, "add")

    assert (card.context["was_when"], card.done) == ("8h00–9h30, Thứ Hai, 30/11/2026", "")
    assert Attendance.objects.get().answer == "NEEDS-ACTION"
    assert Event.objects.get().starts_at == at("2026-11-30 09:00")


def test_a_changed_room_keeps_the_answer(person, sent):
    mailed.act(person, item(*ASKED), "accept")
    room = [line.replace("Phòng 5", "Phòng 6") for line in ASKED]

    mailed.act(person, item(*room, "SEQUENCE:1"), "add")

    assert (Attendance.objects.get().answer, Event.objects.get().location) == ("ACCEPTED", "Phòng 6")


def test_the_same_sequence_with_a_later_stamp_is_newer(person):
    services.receive_invitation(person, mail(*ASKED), sender=ORGANIZER)
    later = [line.replace("20261101T", "20261103T").replace("Phòng 5", "Phòng 6") for line in ASKED]

    for content in (mail(*later), mail(*ASKED)):
        services.receive_invitation(person, content, sender=ORGANIZER)

    assert Event.objects.get().location == "Phòng 6"


def test_calling_off_needs_a_click_and_ends_the_answering(person, sent):
    mailed.act(person, item(*ASKED), "accept")
    one = item(*CANCEL, method="CANCEL")
    shown = offered(person, one)
    before = Event.objects.get().is_cancelled

    words = mailed.act(person, one, "cancel")

    assert (shown[0], before, Event.objects.get().is_cancelled) == (["cancel"], False, True)
    assert words == "Đã hủy “Họp liên ngành”."
    assert offered(person, one)[0] == offered(person, item(*ASKED))[0] == []
    with pytest.raises(ValidationError):
        services.answer_invitation(Attendance.objects.get(), "ACCEPTED", by=person)


def test_a_series_that_is_called_off_takes_its_changed_occurrences_along(person):
    services.receive_invitation(person, mail(*ASKED, "RRULE:FREQ=WEEKLY;COUNT=3"), sender=ORGANIZER)
    one = [line.replace("202611", "202612").replace("1230T", "1208T") for line in ASKED]
    services.receive_invitation(person, mail(*one, "RECURRENCE-ID:20261207T010000Z"), sender=ORGANIZER)

    services.receive_invitation(person, mail(*CANCEL, method="CANCEL"), sender=ORGANIZER)

    assert [event.is_cancelled for event in Event.objects.all()] == [True, True]


def test_an_event_of_the_suite_cannot_be_changed_by_mail(person):
    event = EventFactory(uid="42@elsewhere.example", organizer=person, summary="Của tôi")
    AttendanceFactory(event=event, user=person)

    acts, _done, words = offered(person, item(*ASKED, "SEQUENCE:9"))
    services.receive_invitation(person, mail(*CANCEL, method="CANCEL"), sender=ORGANIZER)

    event.refresh_from_db()
    assert (acts, words) == ([], "Lịch này đã có trong lịch của bạn.")
    assert (event.summary, event.is_cancelled) == ("Của tôi", False)


# --- who × what ------------------------------------------------------------------------------------


def test_only_the_person_asked_answers_by_mail(person, sent):
    services.receive_invitation(person, mail(*ASKED), sender=ORGANIZER)
    secretary = UserFactory()
    Delegation.objects.create(giver=person, receiver=secretary, apps=["calendar"])
    row = Attendance.objects.get()

    with pytest.raises(PermissionDenied):
        services.answer_invitation(row, "ACCEPTED", by=secretary)

    assert list(Attendance.objects.visible_to(secretary)) == []
    services.answer_invitation(row, "ACCEPTED", by=person)
    assert [letter.to for _person, letter in sent] == [ORGANIZER]


def test_what_others_organise_is_not_changed_here(person, signed_in):
    event = services.receive_invitation(person, mail(*ASKED), sender=ORGANIZER)
    client = signed_in(person)

    pages = [client.get(f"{event.get_absolute_url()}{name}") for name in ("", "change/", "cancel/")]

    assert [page.status_code for page in pages] == [200, 403, 403]
    assert ORGANIZER in pages[0].content.decode()


def test_an_answer_that_cannot_be_sent_is_said_on_the_calendar_s_page(person, signed_in, settings):
    settings.MAIL_IMAP_URL = ""
    services.receive_invitation(person, mail(*ASKED), sender=ORGANIZER)
    row = Attendance.objects.get()
    client = signed_in(person)

    page = client.post(f"/calendar/invitations/{row.pk}/accept/", follow=True)
    fragment = client.post(f"/calendar/invitations/{row.pk}/accept/", headers={"HX-Request": "true"})

    row.refresh_from_db()
    assert "Từ đây không gửi thư được." in page.content.decode()
    assert (fragment.status_code, "toast" in fragment["HX-Trigger"], row.answer) == (
        422,
        True,
        "NEEDS-ACTION",
    )


# --- rubbish ---------------------------------------------------------------------------------------

COUNTER = mail(*ASKED, method="COUNTER")
ODD = [*RUBBISH[:-1], COUNTER, mail(*ASKED, method="REFRESH"), mail(*ASKED, method="X" * 5000)]


@pytest.mark.parametrize("content", ODD, ids=range(len(ODD)))
def test_what_cannot_be_read_is_said_in_words(content, person, caplog):
    card = opened(person, content, ORGANIZER)

    assert ("alert-warning" in card.body, card.acts, caplog.records) == (True, (), [])


LINES = [
    "METHOD:REPLY",
    "METHOD:CANCEL",
    "RRULE:FREQ=WEEKLY;COUNT=3",
    "RRULE:FREQ=MONTHLY;BYDAY=9XX",
    "RRULE:FREQ=DAILY;UNTIL=99991231T235959Z",
    "RRULE:FREQ=YEARLY;COUNT=-1",
    "RRULE:FREQ=WEEKLY;INTERVAL=0;COUNT=2",
    "RRULE:FREQ=DAILY;INTERVAL=0",
    "RECURRENCE-ID:20261207T010000Z",
    "RECURRENCE-ID;VALUE=DATE:20261207",
    "SEQUENCE:-5",
    "SEQUENCE:99999999999999999999",
    "DTSTART;TZID=Nowhere/Land:20261130T080000",
    "DTEND:20261130",
    "DURATION:-P99999D",
    "EXDATE:20261207T010000Z,2026",
    "ORGANIZER:http://x",
    'ORGANIZER;CN="a\nb":mailto:ba@elsewhere.example\nBcc: x@y.example',
    f"ATTENDEE;PARTSTAT=WHATEVER:mailto:{OWN}",
    "STATUS:NONSENSE",
    "SUMMARY:\x00\x07" + "x" * 400,
    "BEGIN:VALARM",
    "END:VEVENT",
    "BEGIN:VEVENT",
]


@examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kept=st.sets(st.sampled_from(ASKED), min_size=len(ASKED) - 2),
    more=st.lists(st.sampled_from(LINES) | st.text(max_size=40), max_size=4),
    method=st.sampled_from(["REQUEST", "CANCEL", "REPLY", "ADD", "COUNTER", "PUBLISH", "\x00"]),
    name=st.sampled_from(["accept", "decline", "add", "cancel"]),
)
def test_no_calendar_file_breaks_anything(kept, more, method, name, person, sent):
    one = Item(
        title="",
        content=mail(*(line for line in ASKED if line in kept), *more, method=method),
        content_type="text/calendar",
        sender=ORGANIZER,
    )

    for ask in (lambda: mailed.card(person, one), lambda: mailed.act(person, one, name)):
        with suppress(ValidationError):
            ask()
    assert all("\n" not in letter.to for _person, letter in sent)
