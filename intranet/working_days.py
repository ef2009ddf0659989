"""Public holidays, and on which days the offices work: Labour Code 45/2019/QH14 art. 111–112.

The library ``holidays`` keeps them, with the days that the Prime Minister swaps against a Saturday each year.
"""

import re
from datetime import date, timedelta
from functools import lru_cache

import holidays
from django.utils.translation import get_language
from django.utils.translation import gettext as _

AMERICAN = re.compile(r"(\d\d)/(\d\d)/(\d{4})")  # how the library writes days in English


@lru_cache(maxsize=64)
def _days_of(year: int, language: str = "vi") -> holidays.HolidayBase:
    """What is known of ``year``: a Saturday may make good for a day of the year before or after."""
    return holidays.country_holidays("VN", years=range(year - 1, year + 2), language=language)


def holiday(day: date) -> str:
    """Return the name of the public holiday on ``day``, "" on other days."""
    if get_language() != "en":
        return _days_of(day.year).get(day, "")
    return AMERICAN.sub(r"\2/\1/\3", _days_of(day.year, "en_US").get(day, ""))


def working_weekend(day: date) -> str:
    """Return what a day of a weekend is called that is worked in place of another one, "" on other days."""
    return _("Working day") if day in _days_of(day.year).weekend_workdays else ""


def is_working_day(day: date) -> bool:
    return _days_of(day.year).is_working_day(day)


def next_working_day(day: date) -> date:
    """Return the first working day after ``day``."""
    while not is_working_day(day := day + timedelta(days=1)):
        pass
    return day
