from datetime import timedelta
from unicodedata import normalize

import pytest
from django.core.exceptions import ValidationError

from apps.calendar import services
from apps.calendar.models import Attendance, Calendar, Change, Event
from apps.calendar.occurrences import occurrences
from apps.calendar.weeks import Week
from intranet.models import Notification
from tests.calendar.factories import (
    AttendanceFactory,
    EventFactory,
    at,
    deputy_minister,
    leaders_event,
    minister,
    office_clerk,
)
from tests.factories import DelegationFactory, UserFactory

pytestmark = pytest.mark.django_db

TIMES = {"starts_at": at("2026-11-30 08:00"), "ends_at": at("2026-11-30 09:00")}
UNTIL = at("2027-03-01 00:00")


def own_calendar():
    owner = UserFactory()
    return Calendar.objects.of_user(owner), owner


def series(owner_calendar, **fields) -> Event:
    return EventFactory(calendar=owner_calendar, summary="Giao ban", rrule="FREQ=WEEKLY;COUNT=4", **fields)


def times_of(calendar) -> list[tuple[str, str]]:
    found = occurrences(Event.objects.filter(calendar=calendar), at("2026-11-01 00:00"), UNTIL)
    zone = UNTIL.tzinfo
    return [(f"{one.starts_at.astimezone(zone):%m-%d %H:%M}", one.event.summary) for one in found]


def notices() -> set[tuple[str, str]]:
    return set(Notification.objects.values_list("kind", "to__username"))


def test_item_waits_for_the_publication_of_its_week():
    clerk, leader = office_clerk(), minister()
    event = services.create_event(
        Calendar.objects.of_leaders(), by=clerk, leaders=[leader], summary="Họp", **TIMES
    )

    services.publish_week(Week.parse("2026-W49"), by=clerk)

    event.refresh_from_db()
    assert (event.is_draft, event.mark) == (False, "")
    assert [change.act for change in event.changes.all()] == [Change.Act.PUBLISHED, Change.Act.CREATED]


def test_item_added_to_a_published_week_is_marked():
    clerk, leader = office_clerk(), minister()
    services.publish_week(Week.parse("2026-W49"), by=clerk)

    event = services.create_event(
        Calendar.objects.of_leaders(), by=clerk, leaders=[leader], summary="Họp", **TIMES
    )

    assert (event.is_draft, event.mark) == (False, Event.Mark.ADDED)


def test_chairing_leader_gets_the_item_in_the_own_column():
    clerk, leader, other = office_clerk(), minister(), deputy_minister()

    event = services.create_event(
        Calendar.objects.of_leaders(), by=clerk, leaders=[leader], chair=other, summary="Họp", **TIMES
    )

    assert {row.user for row in event.attendances.filter(is_leader=True)} == {leader, other}


def test_change_is_a_version_that_says_what_by_whom_for_whom_and_why():
    leader = minister()
    secretary = DelegationFactory(giver=leader).receiver
    event = leaders_event(leader, summary="Họp", location="P. 201")

    services.change_event(event, by=secretary, location="P. 305", reason="Phòng đang sửa")

    event.refresh_from_db()
    change = event.changes.get()
    assert (event.sequence, event.mark, event.reason) == (1, Event.Mark.CHANGED, "Phòng đang sửa")
    assert (change.by, change.on_behalf_of, change.reason) == (secretary, leader, "Phòng đang sửa")
    assert change.fields == [["location", "P. 201", "P. 305"]]


def test_change_of_nothing_is_no_version():
    calendar, owner = own_calendar()
    event = EventFactory(calendar=calendar, summary="Họp")

    services.change_event(event, by=owner, summary="Họp")

    event.refresh_from_db()
    assert (event.sequence, event.changes.count()) == (0, 0)


def test_cancelled_item_stays_and_cannot_be_changed():
    clerk = office_clerk()
    event = leaders_event(minister())

    services.cancel_event(event, by=clerk, reason="Đoàn hoãn chuyến thăm", is_postponed=True)

    event.refresh_from_db()
    assert (event.status, event.mark, event.sequence) == ("CANCELLED", "postponed", 1)
    with pytest.raises(ValidationError):
        services.change_event(event, by=clerk, location="P. 201")


def test_draft_is_deleted_when_cancelled():
    event = leaders_event(minister(), is_draft=True)

    assert services.cancel_event(event, by=office_clerk()) is None
    assert not Event.objects.exists()


def test_event_does_not_end_before_it_begins():
    calendar, owner = own_calendar()

    with pytest.raises(ValidationError):
        services.create_event(
            calendar, by=owner, summary="Họp", starts_at=TIMES["ends_at"], ends_at=TIMES["starts_at"]
        )

    assert not Event.objects.exists()


def test_notices_go_to_the_invited_never_to_the_actor(django_capture_on_commit_callbacks):
    calendar, owner = own_calendar()
    first, second, third = UserFactory.create_batch(3)

    with django_capture_on_commit_callbacks(execute=True):
        event = services.create_event(
            calendar, by=owner, people=[first, second], chair=owner, summary="Họp", **TIMES
        )
    assert notices() == {("calendar.invited", first.username), ("calendar.invited", second.username)}

    Notification.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        services.change_event(event, by=owner, people=[second, third], leaders=[], location="P. 201")
    assert notices() == {
        ("calendar.cancelled", first.username),
        ("calendar.changed", second.username),
        ("calendar.invited", third.username),
    }

    Notification.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        services.cancel_event(event, by=owner, reason="Bận")
    assert notices() == {("calendar.cancelled", second.username), ("calendar.cancelled", third.username)}


def test_nobody_hears_of_a_draft(django_capture_on_commit_callbacks):
    clerk, guest = office_clerk(), UserFactory()

    with django_capture_on_commit_callbacks(execute=True):
        services.create_event(
            Calendar.objects.of_leaders(),
            by=clerk,
            leaders=[minister()],
            people=[guest],
            summary="Họp",
            **TIMES,
        )
    assert notices() == set()

    with django_capture_on_commit_callbacks(execute=True):
        services.publish_week(Week.parse("2026-W49"), by=clerk)
    assert notices() == {("calendar.invited", guest.username)}


def test_one_occurrence_is_changed():
    calendar, owner = own_calendar()
    event, guest = series(calendar), UserFactory()
    AttendanceFactory(event=event, user=guest, answer=Attendance.Answer.ACCEPTED)

    one = services.change_event(
        event,
        by=owner,
        on=at("2026-12-07 08:00"),
        starts_at=at("2026-12-08 14:00"),
        ends_at=at("2026-12-08 15:00"),
    )

    assert times_of(calendar) == [
        ("11-30 08:00", "Giao ban"), ("12-08 14:00", "Giao ban"),
        ("12-14 08:00", "Giao ban"), ("12-21 08:00", "Giao ban"),
    ]  # fmt: skip
    assert (one.uid, one.recurrence_at, one.series) == (event.uid, at("2026-12-07 08:00"), event)
    assert [(row.user, row.answer) for row in one.attendances.all()] == [(guest, Attendance.Answer.ACCEPTED)]


def test_this_and_all_following_are_changed():
    calendar, owner = own_calendar()
    event = series(calendar)

    services.change_event(
        event, by=owner, on=at("2026-12-14 08:00"), following=True, summary="Giao ban mở rộng"
    )

    assert times_of(calendar) == [
        ("11-30 08:00", "Giao ban"), ("12-07 08:00", "Giao ban"),
        ("12-14 08:00", "Giao ban mở rộng"), ("12-21 08:00", "Giao ban mở rộng"),
    ]  # fmt: skip


def test_whole_series_moves_with_its_exceptions():
    calendar, owner = own_calendar()
    event = series(calendar)
    services.cancel_event(event, by=owner, on=at("2026-12-07 08:00"), reason="Nghỉ")
    event.refresh_from_db()

    hour = timedelta(hours=1)
    services.change_event(event, by=owner, starts_at=event.starts_at + hour, ends_at=event.ends_at + hour)

    assert times_of(calendar) == [
        ("11-30 09:00", "Giao ban"), ("12-07 08:00", "Giao ban"),
        ("12-14 09:00", "Giao ban"), ("12-21 09:00", "Giao ban"),
    ]  # fmt: skip
    assert event.overrides.get().is_cancelled


def test_occurrence_that_never_takes_place_is_refused():
    calendar, owner = own_calendar()

    with pytest.raises(ValidationError):
        services.change_event(series(calendar), by=owner, on=at("2026-12-08 08:00"), summary="Khác")


def test_cancelling_a_series_cancels_its_changed_occurrences():
    calendar, owner = own_calendar()
    event = series(calendar)
    one = services.change_event(event, by=owner, on=at("2026-12-07 08:00"), summary="Khác")
    event.refresh_from_db()

    services.cancel_event(event, by=owner, reason="Thôi")

    one.refresh_from_db()
    event.refresh_from_db()
    assert (event.is_cancelled, one.is_cancelled) == (True, True)


def test_answer_to_a_series_counts_for_its_changed_occurrences():
    calendar, owner = own_calendar()
    event = series(calendar)
    row = AttendanceFactory(event=event)
    one = services.change_event(event, by=owner, on=at("2026-12-07 08:00"), summary="Khác")

    services.answer_invitation(row, Attendance.Answer.DECLINED, by=row.user)

    assert one.attendances.get().answer == Attendance.Answer.DECLINED


def test_overlap_of_person_and_room_is_told():
    owner = UserFactory()
    calendar = Calendar.objects.of_user(owner)
    guest = UserFactory(full_name="Lê An")
    other = EventFactory(summary="Họp kín", starts_at=at("2026-11-30 08:30"))
    AttendanceFactory(event=other, user=guest)
    room = EventFactory(
        calendar=calendar, summary="Tập huấn", location="P. 201", starts_at=at("2026-11-30 08:30")
    )
    EventFactory(calendar=calendar, location="P. 201", starts_at=at("2026-11-30 09:00"))
    event = EventFactory(location="p. 201")
    AttendanceFactory(event=event, user=guest)

    found = services.conflicts(event, seen_by=owner)

    assert [(one.who, one.title, one.other.event) for one in found] == [
        ("Lê An", "", other),
        ("P. 201", "Tập huấn", room),
    ]


def test_overlap_with_a_series_is_told():
    leader = minister()
    weekly = leaders_event(leader, rrule="FREQ=WEEKLY", starts_at=at("2026-11-02 08:30"))
    event = leaders_event(leader)

    assert [one.other.event for one in services.conflicts(event, seen_by=leader)] == [weekly]


def test_a_room_is_the_same_however_its_name_was_typed():
    calendar, owner = own_calendar()
    other = EventFactory(location="Phòng họp 301")

    event = services.create_event(
        calendar, by=owner, summary="Họp", location=normalize("NFD", "Phòng họp 301"), **TIMES
    )

    assert event.location == "Phòng họp 301"
    assert [one.other.event for one in services.conflicts(event, seen_by=owner)] == [other]
