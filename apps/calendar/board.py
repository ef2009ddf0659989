"""The leaders' calendar as a table: day × morning, afternoon, evening × leader."""

from datetime import date, datetime, timedelta

from django.core.cache import caches
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.calendar.models import Calendar, Event
from apps.calendar.occurrences import Occurrence, occurrences
from apps.calendar.weeks import midnight
from apps.calendar.wording import WEEKDAYS
from intranet.api import holiday, working_weekend
from sso.api import Post, User, prepared

NOON, EVENING = 12, 18
OVERHANG = timedelta(hours=1)  # what goes on for no longer than this does not stand in the next session too
CACHE_SECONDS = 300  # names and posts may change without a change of the calendar


def ministry_leaders() -> list[Post]:
    """Return the posts of the minister and the deputies, the highest first, one for each person."""
    posts = Post.objects.leaders().filter(unit__parent=None, user__is_active=True).select_related("user")
    found = {}
    for post in posts:
        found.setdefault(post.user_id, post)
    return list(found.values())


def leaders_board(days: list[date], *, seen_by: User | None = None) -> dict:
    """Return the table of ``days`` in plain values: ``columns`` and ``days``.

    A day has ``sessions`` (rows of cells, one a column) and ``lines``, the same without the columns.
    ``seen_by`` None is for everybody: no drafts, nothing private.
    """
    events = Event.objects.filter(calendar__kind=Calendar.Kind.LEADERS)
    everybodys = events.filter(is_draft=False).annotate(is_hidden=F("is_private"))
    events = events.shown_to(seen_by) if seen_by else everybodys
    since, until = midnight(days[0]), midnight(days[-1] + timedelta(days=1))
    return _board(days, occurrences(events.with_people(), since, until))


def _board(days: list[date], found: list[Occurrence]) -> dict:
    columns = _columns(found)
    places = {column["pk"]: place for place, column in enumerate(columns)}
    return {"columns": columns, "days": [_day(day, found, columns, places) for day in days]}


def board_for_all(days: list[date]) -> dict:
    """Return the table that everybody sees, kept until the leaders' calendar changes. One query when kept."""
    version = next((version for (version,) in _versions()), None)
    key = f"calendar.board.{get_language()}.{days[0]:%Y%m%d}.{len(days)}.{version}"

    def board() -> dict:
        return {**(_board(days, []) if version is None else leaders_board(days)), "key": key}

    return caches["process"].get_or_set(key, board, CACHE_SECONDS)


@prepared
def _versions():
    """Of the leaders' calendar; none when there is no such calendar."""
    return Calendar.objects.filter(kind=Calendar.Kind.LEADERS).order_by("pk").values_list("version")[:1]


def _columns(found: list[Occurrence]) -> list[dict]:
    """Return the leaders of today, then those of the time who have left."""
    columns = [
        {"pk": post.user_id, "title": post.title, "name": post.user.full_name} for post in ministry_leaders()
    ]
    known = {column["pk"] for column in columns}
    for row in (row for one in found for row in one.event.people if row.is_leader):
        if row.user_id not in known:
            known.add(row.user_id)
            columns.append({"pk": row.user_id, "title": "", "name": row.user.full_name})
    return columns


def _day(day: date, found: list[Occurrence], columns: list[dict], places: dict[int, int]) -> dict:
    names = (_("Morning"), _("Afternoon"), _("Evening"))
    rows = [[[] for _column in columns] for _name in names]
    lines = []
    for one in found:
        if not one.first_day <= day <= one.last_day:
            continue
        first, last = _sessions(one, day)
        leaders = [row.user_id for row in one.event.people if row.is_leader]
        item = _item(one, day, [columns[places[key]] for key in leaders])
        lines.append(item)
        item = item if day == one.first_day else _again(item)
        for session in range(first, last + 1):
            for key in leaders:
                rows[session][places[key]].append(item if session == first else _again(item))
    sessions = [{"name": name, "cells": cells} for name, cells in zip(names, rows, strict=True)]
    return {
        "day": day,
        "weekday": str(WEEKDAYS[day.weekday()]),
        "date": date_format(day, "d/m"),
        "holiday": holiday(day),
        "worked": working_weekend(day),
        "is_today": day == timezone.localdate(),
        "sessions": sessions if any(rows[2]) else sessions[:2],
        "lines": lines,
    }


def _again(item: dict) -> dict:
    """Return the item as it stands in further sessions: without what has been said."""
    return {**item, "time": "", "participants": "", "unit": "", "is_chair_shown": False}


def _sessions(one: Occurrence, day: date) -> tuple[int, int]:
    """Return the first and the last session of ``day`` that the occurrence stands in."""
    if one.event.is_all_day:
        return 0, 1
    first = _session(one.starts_at) if day == one.first_day else 0
    return first, max(first, _session(one.ends_at - OVERHANG) if day == one.last_day else 1)


def _session(at: datetime) -> int:
    hour = timezone.localtime(at).hour
    return 0 if hour < NOON else 1 if hour < EVENING else 2


def _item(one: Occurrence, day: date, leaders: list[dict]) -> dict:
    event = one.event
    is_hidden = getattr(event, "is_hidden", False)
    names = [
        row.user.full_name for row in event.people if not row.is_leader and row.user_id != event.chair_id
    ]
    leader_keys = {leader["pk"] for leader in leaders}
    return {
        "url": "" if is_hidden else one.url,
        "time": one.time_on(day),
        "title": str(event.summary),
        "place": event.location,
        "chair": event.chair_name,
        "is_chair_shown": bool(event.chair_name)
        and not (len(leaders) == 1 and event.chair_id in leader_keys),
        "participants": "; ".join(filter(None, [event.participants_text, ", ".join(names)])),
        "unit": event.preparing_unit.name if event.preparing_unit else "",
        "leaders": leaders,
        "mark": str(event.get_mark_display()) if event.mark else "",
        "reason": event.reason,
        "is_off": event.is_cancelled,
        "is_draft": event.is_draft,
        "is_tentative": event.status == Event.Status.TENTATIVE,
    }
