from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.calendar.models import FOREVER, Event
from apps.calendar.occurrences import occurrence_at, occurrences
from apps.calendar.weeks import Week, midnight, parse_day, weeks_of_month
from apps.calendar.wording import repeats, span
from tests.calendar.factories import EventFactory, at

pytestmark = pytest.mark.django_db


def starts(since: str, until: str) -> list[str]:
    found = occurrences(Event.objects.all(), at(since), at(until))
    return [f"{one.starts_at.astimezone(at(since).tzinfo):%m-%d %H:%M}" for one in found]


def test_weekly_series_keeps_the_hour_of_the_ministry():
    EventFactory(starts_at=at("2026-11-02 06:30"), rrule="FREQ=WEEKLY;BYDAY=MO")

    assert starts("2026-11-16 00:00", "2026-12-07 00:00") == ["11-16 06:30", "11-23 06:30", "11-30 06:30"]


def test_series_from_a_zone_with_summer_time_moves_with_that_zone():
    EventFactory(starts_at=datetime(2026, 10, 19, 7, tzinfo=UTC), rrule="FREQ=WEEKLY", tzid="Europe/Paris")

    assert starts("2026-10-19 00:00", "2026-11-01 00:00") == ["10-19 14:00", "10-26 15:00"]


def test_left_out_occurrences_do_not_take_place():
    EventFactory(starts_at=at("2026-11-16 09:00"), rrule="FREQ=WEEKLY;COUNT=3")
    EventFactory(
        starts_at=at("2026-11-16 10:00"),
        rrule="FREQ=WEEKLY;COUNT=3",
        exdates=[at("2026-11-23 10:00").astimezone(UTC).isoformat()],
    )

    assert starts("2026-11-20 00:00", "2026-12-31 00:00") == ["11-23 09:00", "11-30 09:00", "11-30 10:00"]


def test_all_day_event_stands_on_each_of_its_days():
    EventFactory(starts_at=at("2026-11-25 00:00"), ends_at=at("2026-11-28 00:00"), is_all_day=True)

    [one] = occurrences(Event.objects.all(), at("2026-11-27 00:00"), at("2026-11-28 00:00"))

    assert one.days == [date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 27)]
    assert occurrences(Event.objects.all(), at("2026-11-28 00:00"), at("2026-11-29 00:00")) == []


def test_all_day_series_recurs_by_day():
    EventFactory(
        starts_at=at("2026-11-02 00:00"),
        ends_at=at("2026-11-03 00:00"),
        is_all_day=True,
        rrule="FREQ=MONTHLY;UNTIL=20270102",
    )

    assert starts("2026-11-01 00:00", "2027-06-01 00:00") == ["11-02 00:00", "12-02 00:00", "01-02 00:00"]


def test_every_occurrence_of_an_all_day_series_is_found_by_its_moment():
    event = EventFactory(
        starts_at=at("2026-11-02 00:00"),
        ends_at=at("2026-11-03 00:00"),
        is_all_day=True,
        rrule="FREQ=DAILY;COUNT=4",
    )
    moments = [at(f"2026-11-0{day} 00:00").astimezone(UTC) for day in range(2, 6)]

    assert [found and found.starts_at for found in (occurrence_at(event, one) for one in moments)] == moments
    assert occurrence_at(event, at("2026-11-06 00:00").astimezone(UTC)) is None


@pytest.mark.parametrize(
    ("rrule", "last"),
    [
        ("", "2026-11-02 09:00"),
        ("FREQ=DAILY;COUNT=5", "2026-11-06 09:00"),
        ("FREQ=MONTHLY;BYDAY=1MO;COUNT=3", "2027-01-04 09:00"),
        ("FREQ=DAILY;UNTIL=20261110T100000Z", "2026-11-10 18:00"),
    ],
)
def test_last_at_is_not_before_the_end_of_the_last_occurrence(rrule, last):
    assert EventFactory(starts_at=at("2026-11-02 08:00"), rrule=rrule).last_at == at(last)


@pytest.mark.parametrize("rrule", ["FREQ=WEEKLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=1000"])
def test_series_without_end_or_with_one_far_away_lasts_forever(rrule):
    assert EventFactory(rrule=rrule).last_at == FOREVER


@pytest.mark.parametrize("count", [1, 6])
def test_occurrences_are_one_query(count):
    for number in range(count):
        EventFactory(rrule="FREQ=DAILY" if number % 2 else "")

    with CaptureQueriesContext(connection) as queries:
        found = occurrences(Event.objects.all(), at("2026-11-30 00:00"), at("2026-12-01 00:00"))

    assert (len(found), len(queries)) == (count, 1)


@pytest.mark.parametrize(
    "text", ["", None, "rubbish", "2026-W54", "2026-W00", "0001-W01", "٢٠٢٦-W01", "2026-W1' OR 1"]
)
def test_week_that_cannot_be_read_is_this_week(text, time_machine):
    time_machine.move_to(at("2026-11-25 12:00"))

    assert Week.parse(text) == Week(date(2026, 11, 23))


def test_week_is_an_iso_week():
    week = Week.parse("2026-W53")

    assert (week.number, week.monday, week.sunday, str(week.next)) == (
        53,
        date(2026, 12, 28),
        date(2027, 1, 3),
        "2027-W01",
    )


def test_day_that_cannot_be_read_is_today(time_machine):
    time_machine.move_to(at("2026-11-25 00:30"))

    assert parse_day("2026-02-30") == parse_day("9999-12-31") == date(2026, 11, 25)


def test_month_begins_and_ends_with_whole_weeks():
    assert [str(week) for week in weeks_of_month(date(2026, 11, 15))] == [
        "2026-W44", "2026-W45", "2026-W46", "2026-W47", "2026-W48", "2026-W49",
    ]  # fmt: skip


def test_midnight_is_the_ministrys():
    assert midnight(date(2026, 11, 30)).astimezone(UTC) == datetime(2026, 11, 29, 17, tzinfo=UTC)


def plain(words: str) -> str:
    """The name of a weekday keeps together by a no-break space."""
    return words.replace("\N{NO-BREAK SPACE}", " ")


def test_times_are_written_as_in_the_office():
    start = at("2026-11-30 08:00")

    assert plain(span(start, start + timedelta(minutes=90), False)) == "8h00–9h30, Thứ Hai, 30/11/2026"
    assert plain(span(midnight(date(2026, 11, 30)), midnight(date(2026, 12, 2)), True)) == (
        "Từ Thứ Hai, 30/11/2026 đến Thứ Ba, 01/12/2026"
    )
    assert plain(repeats("FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20261231T165959Z")) == (
        "Hằng tuần vào Thứ Hai, Thứ Năm, đến ngày 31/12/2026"
    )
