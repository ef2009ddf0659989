"""Holidays and working days, with those that were swapped against Saturdays (2018, 2019, 2024 and 2026)."""

from datetime import date

import pytest
from django.utils.translation import override

from intranet.working_days import holiday, is_working_day, next_working_day, working_weekend


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2018-12-28", "2019-01-02"),  # 31 December was swapped
        ("2019-01-04", "2019-01-05"),  # against this Saturday
        ("2019-04-26", "2019-05-02"),
        ("2019-05-03", "2019-05-04"),
        ("2026-11-23", "2026-11-25"),  # the day of culture, a holiday since 2026
        ("2027-02-03", "2027-02-11"),  # Tết
        ("2026-11-27", "2026-11-30"),
    ],
)
def test_next_working_day_passes_over_holidays_and_stops_at_a_worked_saturday(day, following):
    assert next_working_day(date.fromisoformat(day)) == date.fromisoformat(following)


def test_public_holidays_are_named():
    assert (holiday(date(2026, 9, 2)), holiday(date(2026, 9, 3))) == ("Quốc khánh", "")


@pytest.mark.parametrize(
    ("language", "off", "worked"),
    [
        ("vi", "Ngày nghỉ (thay cho ngày 04/05/2024)", "Ngày làm bù"),
        ("en", "Day off (substituted from 04/05/2024)", "Working day"),
    ],
)
def test_both_days_of_a_swap_are_named_and_written_day_first(language, off, worked):
    with override(language):
        assert holiday(date(2024, 4, 29)) == off
        assert [working_weekend(date(2024, 5, number)) for number in (3, 4, 5)] == ["", worked, ""]


def test_every_day_that_a_calendar_shows_is_known():
    assert [is_working_day(date(year, 1, 1)) for year in (2000, 2100)] == [False, False]
