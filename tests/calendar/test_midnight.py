"""What ends at midnight, goes on over it, or takes several days, wherever its times are said."""

import re

import pytest
from django.utils import translation

from apps.calendar.board import leaders_board
from apps.calendar.models import Calendar, Event
from apps.calendar.occurrences import Occurrence
from apps.calendar.weeks import Week
from apps.calendar.wording import span
from tests.calendar.factories import EventFactory, at, leaders_event, minister
from tests.calendar.test_times import form_data
from tests.factories import person_of

pytestmark = pytest.mark.django_db

SPANS = [
    ("2026-11-30 20:00", "2026-12-01 00:00", "vi", "20h00–24h00, Thứ Hai, 30/11/2026"),
    ("2026-11-30 20:00", "2026-12-01 00:00", "en", "20:00–24:00, Monday, 30/11/2026"),
    ("2026-11-30 20:00", "2026-12-02 00:00", "vi", "20h00, Thứ Hai, 30/11/2026 – 24h00, Thứ Ba, 01/12/2026"),
    ("2026-11-30 22:00", "2026-12-01 06:00", "vi", "22h00, Thứ Hai, 30/11/2026 – 6h00, Thứ Ba, 01/12/2026"),
    ("2026-11-30 00:00", "2026-11-30 00:30", "vi", "0h00–0h30, Thứ Hai, 30/11/2026"),
    ("2026-11-30 00:00", "2026-11-30 00:00", "vi", "0h00, Thứ Hai, 30/11/2026"),
    ("2026-11-30 08:00", "2026-11-30 08:00", "vi", "8h00, Thứ Hai, 30/11/2026"),
]


@pytest.mark.parametrize(("starts", "ends", "language", "words"), SPANS)
def test_a_span_ends_at_24_hours_of_its_last_day(starts, ends, language, words):
    with translation.override(language):
        assert span(at(starts), at(ends), False).replace("\xa0", " ") == words


DAYS = [
    ("2026-11-30 20:00", "2026-12-01 00:00", ["20h00"]),
    ("2026-11-30 22:00", "2026-12-01 06:00", ["22h00", "đến 6h00"]),
    ("2026-11-30 14:00", "2026-12-02 11:30", ["14h00", "", "đến 11h30"]),
    ("2026-11-30 14:00", "2026-12-02 00:00", ["14h00", ""]),
    ("2026-11-30 00:00", "2026-11-30 00:00", ["0h00"]),
]


@pytest.mark.parametrize(("starts", "ends", "times"), DAYS)
def test_each_day_of_an_event_says_when_it_begins_or_until_when_it_goes_on(starts, ends, times):
    one = Occurrence(Event(starts_at=at(starts), ends_at=at(ends)), at(starts), at(ends))

    assert [one.time_on(day) for day in one.days] == times


@pytest.mark.parametrize("view", ["day", "week"])
def test_the_second_day_of_a_night_duty_is_not_said_to_be_all_day(signed_in, view):
    person = person_of()
    calendar = Calendar.objects.of_user(person)
    EventFactory(calendar=calendar, starts_at=at("2026-11-30 22:00"), ends_at=at("2026-12-01 06:00"))

    page = signed_in(person).get(f"/calendar/?view={view}&day=2026-12-01").content.decode()

    assert "đến 6h00" in page
    assert "cả ngày" not in page


def test_the_agenda_of_the_day_ends_at_24_hours(signed_in, time_machine):
    time_machine.move_to(at("2026-11-30 12:00"))
    person = person_of()
    calendar = Calendar.objects.of_user(person)
    EventFactory(calendar=calendar, starts_at=at("2026-11-30 20:00"), ends_at=at("2026-12-01 00:00"))
    EventFactory(calendar=calendar, starts_at=at("2026-11-30 22:00"), ends_at=at("2026-12-01 06:00"))

    page = signed_in(person).get("/").content.decode()

    assert re.findall(r'<div class="day-time">(\S+?)<small>(\S+?)</small>', page) == [
        ("20h00", "24h00"),
        ("22h00", "24h00"),
    ]


SESSIONS = [
    ("2026-11-30 08:00", "2026-11-30 11:30", ["Sáng"]),
    ("2026-11-30 08:00", "2026-11-30 12:30", ["Sáng"]),
    ("2026-11-30 08:00", "2026-11-30 17:00", ["Sáng", "Chiều"]),
    ("2026-11-30 14:00", "2026-11-30 18:00", ["Chiều"]),
    ("2026-11-30 16:00", "2026-11-30 21:00", ["Chiều", "Tối"]),
    ("2026-11-30 19:00", "2026-12-01 00:00", ["Tối"]),
    ("2026-11-29 14:00", "2026-12-01 00:00", ["Sáng", "Chiều", "Tối"]),
]


@pytest.mark.parametrize(("starts", "ends", "sessions"), SESSIONS)
def test_a_leader_is_not_free_in_a_session_that_an_item_goes_on_in(starts, ends, sessions):
    leaders_event(minister(), starts_at=at(starts), ends_at=at(ends))

    with translation.override("vi"):
        monday = leaders_board(Week.of(at("2026-11-30 12:00").date()).days)["days"][0]

    assert [row["name"] for row in monday["sessions"] if row["cells"][0]] == sessions


@pytest.mark.parametrize(
    ("typed", "ends"),
    [
        ({"end_time": "24h00"}, "2026-12-01 00:00"),
        ({"end_time": "24:00"}, "2026-12-01 00:00"),
        ({"end_time": "0:00"}, "2026-12-01 00:00"),
        ({"end_time": "24h", "end_day": "2026-12-01"}, "2026-12-02 00:00"),
        ({"end_time": "0:00", "end_day": "2026-12-01"}, "2026-12-01 00:00"),
    ],
)
def test_24_hours_can_be_typed_and_are_shown_again(signed_in, typed, ends):
    browser = signed_in(person_of())

    browser.post("/calendar/events/new/", form_data(start_time="20:00", **typed))
    event = Event.objects.get()
    shown = browser.get(f"{event.get_absolute_url()}change/").context["form"]
    again = {name: str(shown[name].value()) for name in ("start_day", "start_time", "end_day", "end_time")}
    browser.post(f"{event.get_absolute_url()}change/", form_data(**again, summary="Tên khác"))

    event.refresh_from_db()
    assert (event.summary, event.ends_at, shown["end_time"].value()) == ("Tên khác", at(ends), "24:00")


@pytest.mark.parametrize("typed", ["24:30", "25:00", "24h01"])
def test_after_24_hours_there_is_no_time(signed_in, typed):
    page = signed_in(person_of()).post("/calendar/events/new/", form_data(end_time=typed))

    assert (page.status_code, list(page.context["form"].errors)) == (422, ["end_time"])
