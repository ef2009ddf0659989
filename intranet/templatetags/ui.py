"""Tags that every template has: built in, no {% load %}."""

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

register = template.Library()

WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)


def _day(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


@register.filter
def weekday(value: date | datetime) -> str:
    """Return the name of the day: "Thứ Hai"."""
    return WEEKDAYS[_day(value).weekday()]


@register.filter
def when(value: date | datetime | None) -> str:
    """Return the shortest clear words: "14:05" today, "yesterday", "Thursday", "20/11", "20/11/2025"."""
    if not value:
        return ""
    day, today = _day(value), timezone.localdate()
    days = (day - today).days
    if days == 0:
        return date_format(timezone.localtime(value), "H:i") if isinstance(value, datetime) else _("today")
    if days == -1:
        return _("yesterday")
    if days == 1:
        return _("tomorrow")
    if 1 < days < 7:
        return WEEKDAYS[day.weekday()]
    return date_format(day, "d/m" if day.year == today.year else "d/m/Y")


@register.filter
def whole(value: date | datetime | None) -> str:
    """Return the full day, and the time if there is one: "Thứ Hai, 23/11/2026, 08:12"."""
    if not value:
        return ""
    words = f"{WEEKDAYS[_day(value).weekday()]}, {date_format(_day(value), 'd/m/Y')}"
    return (
        f"{words}, {date_format(timezone.localtime(value), 'H:i')}" if isinstance(value, datetime) else words
    )


@register.filter
def is_late(due: date | datetime | None) -> bool:
    """A day is in time until its end, a moment until it has come."""
    if not due:
        return False
    return due < timezone.now() if isinstance(due, datetime) else due < timezone.localdate()


@register.filter
def due_state(due: date | datetime | None) -> str:
    """Return the state class of a deadline: "is-late", "is-today" or ""."""
    if not due:
        return ""
    if is_late(due):
        return "is-late"
    return "is-today" if _day(due) == timezone.localdate() else ""


@register.filter
def due_words(due: date | datetime | None) -> str:
    """Return a deadline in words, for colour is never the only sign: "2 days late", "today"."""
    if not due or not is_late(due):
        return when(due)
    days = (timezone.localdate() - _day(due)).days
    if days == 0:
        return _("late since %(time)s") % {"time": when(due)}
    return ngettext("%(days)d day late", "%(days)d days late", days) % {"days": days}


@register.filter
def page_range(paginator, number: int):
    """Return the page numbers around ``number``, with gaps."""
    return paginator.get_elided_page_range(number, on_each_side=1, on_ends=1)
