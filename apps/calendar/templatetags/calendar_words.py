"""Words of the calendar in templates."""

from django import template

from apps.calendar import wording

register = template.Library()
register.filter("repeats", wording.repeats)


@register.filter
def when(event) -> str:
    """Return when an event is, in full."""
    return wording.span(event.starts_at, event.ends_at, event.is_all_day)


@register.filter
def weekday_short(day) -> str:
    """Return "T2" … "CN"."""
    return wording.SHORT_WEEKDAYS[day.weekday()]
