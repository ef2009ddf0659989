"""The secret iCalendar address."""

from datetime import UTC, date, datetime

import icalendar
import pytest
import recurring_ical_events

from apps.calendar import services
from apps.calendar.models import Attendance, Calendar, Feed
from tests.calendar.factories import (
    AttendanceFactory,
    EventFactory,
    at,
    deputy_minister,
    leaders_event,
    minister,
)
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(at("2026-11-25 08:00"))


def fetch(client, person, **headers):
    return client.get(f"/calendar/feed/{services.renew_feed(person)}.ics", **headers)


def events_of(response) -> list[icalendar.Event]:
    return icalendar.Calendar.from_ical(response.content).walk("VEVENT")


def test_feed_holds_my_events_and_the_leaders_items_that_concern_me(client):
    leader = deputy_minister()
    EventFactory(calendar=Calendar.objects.of_user(leader), summary="Của tôi")
    leaders_event(leader, summary="Họp Bộ")
    leaders_event(minister(), summary="Của Bộ trưởng")
    leaders_event(leader, summary="Dự thảo", is_draft=True)
    EventFactory(summary="Của người khác")
    AttendanceFactory(event__summary="Đã từ chối", user=leader, answer=Attendance.Answer.DECLINED)

    response = fetch(client, leader)

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert sorted(str(event["summary"]) for event in events_of(response)) == ["Của tôi", "Họp Bộ"]


def test_feed_is_valid_and_complete(client):
    person = UserFactory(full_name="Lê An")
    calendar = Calendar.objects.of_user(person)
    series = EventFactory(
        calendar=calendar, summary="Giao ban " + "rất dài " * 20, rrule="FREQ=WEEKLY;COUNT=4"
    )
    services.change_event(
        series,
        by=person,
        on=at("2026-12-07 08:00"),
        starts_at=at("2026-12-08 09:00"),
        ends_at=at("2026-12-08 10:00"),
    )
    series.refresh_from_db()
    services.cancel_event(series, by=person, on=at("2026-12-14 08:00"), reason="Nghỉ")
    EventFactory(
        calendar=calendar,
        summary="Nghỉ phép",
        is_all_day=True,
        starts_at=at("2026-11-30 00:00"),
        ends_at=at("2026-12-01 00:00"),
    )

    content = fetch(client, person).content

    parsed = icalendar.Calendar.from_ical(content)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert str(parsed["x-wr-calname"]) == "Lịch của Lê An"
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in content
    assert [str(zone["tzid"]) for zone in parsed.walk("VTIMEZONE")] == ["Asia/Ho_Chi_Minh"]
    parts = {
        part.get("recurrence-id") and part.decoded("recurrence-id").astimezone(UTC): part
        for part in parsed.walk("VEVENT")
        if part["uid"] == series.uid
    }
    assert set(parts) == {None, datetime(2026, 12, 7, 1, tzinfo=UTC), datetime(2026, 12, 14, 1, tzinfo=UTC)}
    assert str(parts[datetime(2026, 12, 14, 1, tzinfo=UTC)]["status"]) == "CANCELLED"
    assert "exdate" not in parts[None]
    [leave] = [part for part in parsed.walk("VEVENT") if str(part["summary"]) == "Nghỉ phép"]
    assert (leave.decoded("dtstart"), leave.decoded("dtend")) == (date(2026, 11, 30), date(2026, 12, 1))
    found = recurring_ical_events.of(parsed).between(date(2026, 12, 1), date(2026, 12, 31))
    times = sorted(one.start.astimezone(UTC) for one in found if str(one["status"]) != "CANCELLED")
    assert times == [datetime(2026, 12, 8, 2, tzinfo=UTC), datetime(2026, 12, 21, 1, tzinfo=UTC)]


def test_change_keeps_the_uid_and_raises_the_sequence(client):
    person = UserFactory()
    event = EventFactory(calendar=Calendar.objects.of_user(person))
    token = services.renew_feed(person)
    [before] = events_of(client.get(f"/calendar/feed/{token}.ics"))

    services.change_event(event, by=person, location="P. 201")

    [after] = events_of(client.get(f"/calendar/feed/{token}.ics"))
    assert (after["uid"], after["sequence"], str(after["location"])) == (before["uid"], 1, "P. 201")


def test_unchanged_feed_is_304_until_something_changes(client, time_machine):
    person = UserFactory()
    event = EventFactory(calendar=Calendar.objects.of_user(person))
    token = services.renew_feed(person)
    first = client.get(f"/calendar/feed/{token}.ics")

    same = client.get(f"/calendar/feed/{token}.ics", headers={"if-none-match": first["ETag"]})
    since = client.get(f"/calendar/feed/{token}.ics", headers={"if-modified-since": first["Last-Modified"]})
    time_machine.shift(60)
    services.change_event(event, by=person, location="P. 201")
    changed = client.get(f"/calendar/feed/{token}.ics", headers={"if-none-match": first["ETag"]})

    assert (same.status_code, since.status_code, changed.status_code) == (304, 304, 200)
    assert same.content == b""


@pytest.mark.parametrize("token", ["x", "A" * 43, "..%2f..", "%00", "a" * 5000])
def test_token_that_is_garbage_is_404(client, token):
    services.renew_feed(UserFactory())

    assert client.get(f"/calendar/feed/{token}.ics").status_code == 404


def test_renewed_or_ended_address_is_404(client):
    person = UserFactory()
    old = services.renew_feed(person)
    new = services.renew_feed(person)

    assert client.get(f"/calendar/feed/{old}.ics").status_code == 404
    assert client.get(f"/calendar/feed/{new}.ics").status_code == 200
    services.stop_feed(person)
    assert client.get(f"/calendar/feed/{new}.ics").status_code == 404


def test_person_who_left_has_no_feed(client):
    person = UserFactory()
    token = services.renew_feed(person)
    person.is_active = False
    person.save()

    assert client.get(f"/calendar/feed/{token}.ics").status_code == 404


def test_token_is_not_kept_and_shown_once(signed_in):
    person = UserFactory()
    client = signed_in(person)

    first = client.post("/calendar/feed/renew/", follow=True)

    url = first.context["url"]
    token = url.rsplit("/", 1)[1].removesuffix(".ics")
    assert len(token) == 43
    assert Feed.objects.get().token_hash == Feed.digest(token) != token
    assert url in first.content.decode()
    assert token not in client.get("/calendar/feed/").content.decode()


@pytest.mark.parametrize("count", [1, 5])
def test_feed_asks_as_many_queries_for_any_length(client, django_assert_num_queries, count):
    person = UserFactory()
    calendar = Calendar.objects.of_user(person)
    EventFactory.create_batch(count, calendar=calendar, chair=person, organizer=person)
    token = services.renew_feed(person)
    client.get(f"/calendar/feed/{token}.ics")

    with django_assert_num_queries(8):
        assert len(events_of(client.get(f"/calendar/feed/{token}.ics"))) == count


def test_the_changed_occurrence_of_a_series_is_named_in_the_zone_of_the_series(client):
    person = UserFactory()
    calendar = Calendar.objects.of_user(person)
    series = EventFactory(calendar=calendar, uid="a@x", rrule="FREQ=WEEKLY;COUNT=3", tzid="Asia/Tokyo")
    moved = {"starts_at": at("2026-12-08 09:00"), "ends_at": at("2026-12-08 10:00"), "tzid": "UTC"}
    EventFactory(calendar=calendar, uid="a@x", series=series, recurrence_at=at("2026-12-07 08:00"), **moved)

    content = fetch(client, person).content

    assert b"RECURRENCE-ID;TZID=Asia/Tokyo:20261207T100000\r\n" in content
    assert b"DTSTART:20261208T020000Z\r\n" in content


def test_each_change_of_a_clock_has_a_line_of_its_own(client):
    person = UserFactory()
    calendar = Calendar.objects.of_user(person)
    EventFactory(calendar=calendar, rrule="FREQ=WEEKLY;COUNT=3", tzid="Europe/Paris")

    content = fetch(client, person).content

    lines = [line for line in content.replace(b"\r\n ", b"").split(b"\r\n") if line.startswith(b"RDATE")]
    assert b"RDATE:20270328T030000" in lines
    assert not any(b"," in line for line in lines)
    [zone] = icalendar.Calendar.from_ical(content).walk("VTIMEZONE")
    clock = zone.to_tz(lookup_tzid=False)
    hours = [datetime(2026, month, 15, tzinfo=clock).utcoffset().seconds // 3600 for month in (1, 7, 12)]
    assert hours == [1, 2, 1]


def test_the_feed_in_another_language_is_another_one(client):
    person = UserFactory(full_name="Lê An")
    token = services.renew_feed(person)
    before = client.get(f"/calendar/feed/{token}.ics")
    type(person).objects.filter(pk=person.pk).update(language="en")

    after = client.get(f"/calendar/feed/{token}.ics", headers={"if-none-match": before["ETag"]})

    assert (after.status_code, b"X-WR-CALNAME:Calendar of" in after.content) == (200, True)
