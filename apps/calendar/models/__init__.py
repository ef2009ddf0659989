"""Calendars, what stands in them, and who takes part."""

from apps.calendar.models.calendars import Calendar, Feed, PublishedWeek
from apps.calendar.models.events import FOREVER, Attendance, Change, Event, keeps_leaders_calendar, unit_paths

__all__ = [
    "FOREVER",
    "Attendance",
    "Calendar",
    "Change",
    "Event",
    "Feed",
    "PublishedWeek",
    "keeps_leaders_calendar",
    "unit_paths",
]
