"""Invitations that came by mail."""

from datetime import UTC, datetime
from time import process_time

import pytest
from django.core.exceptions import ValidationError

from apps.calendar import ical, services
from apps.calendar.models import Event
from apps.calendar.plugin import PLUGIN
from tests.calendar.factories import AttendanceFactory, EventFactory, at
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def mail(*lines: str, method: str = "REQUEST") -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//other//EN", f"METHOD:{method}", "BEGIN:VEVENT"]
    return "\r\n".join([*head, *lines, "END:VEVENT", "END:VCALENDAR", ""]).encode()


ORGANIZER = "ba@elsewhere.example"
MEETING = (
    "UID:42@elsewhere.example",
    "DTSTAMP:20261101T000000Z",
    "DTSTART:20261130T010000Z",
    "DTEND:20261130T023000Z",
    "SUMMARY:Họp liên ngành",
    "LOCATION:Phòng 5",
    "ORGANIZER;CN=Nguyễn Văn Ba:mailto:ba@elsewhere.example",
)


def test_request_becomes_an_event_of_mine():
    user = UserFactory()

    event = services.receive_invitation(user, mail(*MEETING))

    assert (event.calendar.user, event.summary, event.location) == (user, "Họp liên ngành", "Phòng 5")
    assert (event.starts_at, event.ends_at) == (at("2026-11-30 08:00"), at("2026-11-30 09:30"))
    assert event.organizer_name == "Nguyễn Văn Ba <ba@elsewhere.example>"


def test_same_uid_is_updated_and_an_older_one_ignored():
    user = UserFactory()
    services.receive_invitation(user, mail(*MEETING))
    newer = mail(*MEETING, "SEQUENCE:2").replace("Phòng 5".encode(), b"Online")
    services.receive_invitation(user, newer, sender=ORGANIZER)
    services.receive_invitation(user, mail(*MEETING, "SEQUENCE:1"), sender=ORGANIZER)

    event = Event.objects.get()

    assert (event.location, event.sequence) == ("Online", 2)


def test_cancel_calls_off_and_keeps_what_was_known():
    user = UserFactory()
    services.receive_invitation(user, mail(*MEETING))

    cancel = mail("UID:42@elsewhere.example", "DTSTART:20261130T010000Z", "SEQUENCE:1", method="CANCEL")
    event = services.receive_invitation(user, cancel, sender=ORGANIZER)

    assert (event.is_cancelled, event.summary, Event.objects.count()) == (True, "Họp liên ngành", 1)


def test_cancel_of_the_unknown_is_refused():
    with pytest.raises(ValidationError):
        services.receive_invitation(UserFactory(), mail(*MEETING, method="CANCEL"))

    assert not Event.objects.exists()


def test_changed_occurrence_replaces_its_own():
    user = UserFactory()
    services.receive_invitation(user, mail(*MEETING, "RRULE:FREQ=WEEKLY;COUNT=3"))

    one = services.receive_invitation(
        user,
        mail(
            "UID:42@elsewhere.example",
            "RECURRENCE-ID:20261207T010000Z",
            "DTSTART:20261208T010000Z",
            "DTEND:20261208T020000Z",
            "SUMMARY:Họp dời ngày",
        ),
        sender=ORGANIZER,
    )

    series = Event.objects.get(recurrence_at=None)
    assert (one.series, one.recurrence_at) == (series, at("2026-12-07 08:00"))
    assert series.exdates == [datetime(2026, 12, 7, 1, tzinfo=UTC).isoformat()]


def test_event_of_the_suite_is_not_doubled():
    event = EventFactory(uid="42@elsewhere.example")
    guest = AttendanceFactory(event=event).user

    assert services.receive_invitation(guest, mail(*MEETING)) == event
    assert Event.objects.count() == 1


def test_two_people_take_over_the_same_invitation():
    first, second = UserFactory.create_batch(2)

    events = [services.receive_invitation(user, mail(*MEETING)) for user in (first, second)]

    assert [event.calendar.user for event in events] == [first, second]


RUBBISH = [
    b"",
    b"no calendar",
    b"\xff\xfe\x00\x01",
    b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR",
    mail("SUMMARY:no time", "UID:1"),
    mail("UID:1", "DTSTART:20269999T990000Z"),
    mail("DTSTART:20261130T010000Z"),
    mail("UID:1", "DTSTART:00010101T000000Z"),
    mail(*MEETING, method="REPLY"),
]


@pytest.mark.parametrize("content", RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_is_refused_in_words(content):
    with pytest.raises(ValidationError):
        services.receive_invitation(UserFactory(), content)

    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("lines", "starts", "ends", "is_all_day"),
    [
        (("DTSTART;VALUE=DATE:20261130",), "2026-11-30 00:00", "2026-12-01 00:00", True),
        (("DTSTART:20261130T080000", "DURATION:PT2H"), "2026-11-30 08:00", "2026-11-30 10:00", False),
        (("DTSTART;TZID=Europe/Paris:20261130T080000",), "2026-11-30 14:00", "2026-11-30 14:00", False),
        (
            ("DTSTART:20261130T010000Z", "DTEND:20261129T010000Z"),
            "2026-11-30 08:00",
            "2026-11-30 08:00",
            False,
        ),
    ],
)
def test_times_of_every_form_are_understood(lines, starts, ends, is_all_day):
    event = services.receive_invitation(UserFactory(), mail("UID:1", *lines))

    assert (event.starts_at, event.ends_at, event.is_all_day) == (at(starts), at(ends), is_all_day)


ENDLESS = (
    "FREQ=SECONDLY",
    "FREQ=WEEKLY;INTERVAL=0",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31;COUNT=2",
    f"FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE=0,15,30,45",
)


@pytest.mark.any_database
@pytest.mark.parametrize("rule", ENDLESS)
def test_rule_that_would_never_end_counting_is_left_out(rule):
    event = services.receive_invitation(UserFactory(), mail(*MEETING, f"RRULE:{rule}"))

    assert event.rrule == ""


def test_receiver_of_the_plugin_returns_the_address():
    [receiver] = PLUGIN.receives
    user = UserFactory()

    url = receiver.receive(user, "invite.ics", mail(*MEETING), "text/calendar")

    assert url == Event.objects.get().get_absolute_url()


@pytest.mark.any_database
@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;UNTIL=99991231T235959Z",
        "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=WEEKLY;COUNT=1",
    ],
)
def test_rule_that_can_be_counted_is_kept(rule):
    event = services.receive_invitation(UserFactory(), mail(*MEETING, f"RRULE:{rule}"))

    assert event.rrule == rule


@pytest.mark.any_database
@pytest.mark.parametrize("rule", ["FREQ=DAILY;COUNT=1000", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;COUNT=1000"])
def test_two_hundred_long_series_are_read_in_good_time(rule):
    lines = [f"BEGIN:VEVENT\nUID:{n}\nDTSTART:20261125T090000Z\nRRULE:{rule}\nEND:VEVENT" for n in range(200)]
    before = process_time()

    _method, events = ical.parse("\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR"]).encode())
    took = process_time() - before  # half a minute and more, if all were counted out

    assert (len(events), took < 12) == (200, True)
