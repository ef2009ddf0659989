"""Weeks and months as pages show them."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

YEARS = range(2000, 2101)


def midnight(day: date) -> datetime:
    """Return the moment at which ``day`` begins in the ministry's time zone."""
    return timezone.make_aware(datetime.combine(day, time()))


def parse_day(text: str | None) -> date:
    """Return the day that ``text`` (2026-11-23) names, today when it names none."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return timezone.localdate()
    return day if day.year in YEARS else timezone.localdate()


@dataclass(frozen=True)
class Week:
    """An ISO 8601 week."""

    monday: date

    @classmethod
    def of(cls, day: date) -> "Week":
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def parse(cls, text: str | None) -> "Week":
        """Return the week that ``text`` (2026-W48) names, this week when it names none."""
        found = re.fullmatch(r"(\d{4})-W(\d{1,2})", text or "", re.ASCII)
        try:
            week = cls(date.fromisocalendar(int(found[1]), int(found[2]), 1)) if found else None
        except ValueError:
            week = None
        return week if week and week.monday.year in YEARS else cls.of(timezone.localdate())

    @classmethod
    def coming(cls) -> "Week":
        """Return this week until Friday, the next one from Saturday on."""
        return cls.of(timezone.localdate() + timedelta(days=2))

    def __str__(self):
        return f"{self.monday:%G-W%V}"

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=number) for number in range(7)]

    @property
    def previous(self) -> "Week":
        return Week(self.monday - timedelta(days=7))

    @property
    def next(self) -> "Week":
        return Week(self.monday + timedelta(days=7))

    @property
    def nearby(self) -> list["Week"]:
        """Return this week in the middle of the eight before and the eight after it."""
        return [Week(self.monday + timedelta(weeks=number)) for number in range(-8, 9)]

    @property
    def is_this(self) -> bool:
        return self.monday <= timezone.localdate() <= self.sunday


def weeks_of_month(day: date) -> list[Week]:
    """Return the weeks that the month of ``day`` touches."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    week, found = Week.of(first), []
    while week.monday < following:
        found.append(week)
        week = week.next
    return found
