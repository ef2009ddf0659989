"""Tags that every template has: built in, no {% load %}."""

import re
from datetime import date, datetime
from functools import lru_cache

from django import template
from django.template.defaultfilters import stringfilter
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from intranet.addresses import address

register = template.Library()
register.simple_tag(address)

WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)

# A word that means nothing without the number behind it, and a time of day before its word.
BEFORE_NUMBER = re.compile(
    r"\b(P\.|[Ss]ố|[Tt]ầng|[Pp]hòng|[Pp]hòng họp|[Nn]hà|[Tt]uần|[Nn]gày|[Tt]háng|[Qq]uý|[Kk]hóa|[Ll]ần|[Ll]úc) (?=\d)"
)
AFTER_TIME = re.compile(r"\b(\d{1,2}(?:h\d{0,2}|:\d\d)) (?=sáng|trưa|chiều|tối|ngày)")


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
        return f"{timezone.localtime(value):%H:%M}" if isinstance(value, datetime) else _("today")
    if days == -1:
        return _("yesterday")
    if days == 1:
        return _("tomorrow")
    if 1 < days < 7:
        return WEEKDAYS[day.weekday()]
    return f"{day:%d/%m}" if day.year == today.year else f"{day:%d/%m/%Y}"


@register.filter
def whole(value: date | datetime | None) -> str:
    """Return the full day, and the time if there is one: "Thứ Hai, 23/11/2026, 08:12"."""
    if not value:
        return ""
    day = _day(value)
    words = f"{WEEKDAYS[day.weekday()]}, {day:%d/%m/%Y}"
    return f"{words}, {timezone.localtime(value):%H:%M}" if isinstance(value, datetime) else words


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


@register.filter(is_safe=True)
@stringfilter
def tied(text: str) -> str:
    """Return ``text`` with no-break spaces where a line must not end: "P. 402", "8h00 sáng", before a dash."""
    text = text.replace(" – ", "\N{NO-BREAK SPACE}– ")
    return AFTER_TIME.sub("\\1\N{NO-BREAK SPACE}", BEFORE_NUMBER.sub("\\1\N{NO-BREAK SPACE}", text))


@register.filter
def page_range(paginator, number: int):
    """Return the page numbers around ``number``, with gaps."""
    return paginator.get_elided_page_range(number, on_each_side=1, on_ends=1)


# Small parts that stand dozens of times on a page are tags: drawing them as templates took a third of its time.


@lru_cache(maxsize=500)
def _icon(name: str, size: int, css: str) -> SafeString:
    address = f"{static('vendor/icons/sprite.svg')}#{name}"
    return format_html(
        '<svg class="icon{}" width="{}" height="{}" aria-hidden="true"><use href="{}"></use></svg>',
        f" {css}" if css else "", size, size, address,
    )  # fmt: skip


@register.simple_tag
def icon(name: str, size: int = 20, css: str = "", label: str = "") -> SafeString:
    """Draw a Tabler icon; with ``label`` it speaks, else it is hidden from screen readers."""
    drawn = _icon(str(name), size, css)
    if not label:
        return drawn
    return mark_safe(drawn.replace('aria-hidden="true"', format_html('role="img" aria-label="{}"', label)))  # noqa: S308


@register.simple_tag
def time(at: date | datetime | None) -> SafeString | str:
    """Draw a day or an aware time in the shortest clear words; the whole of it on hover."""
    if not at:
        return ""
    return format_html('<time datetime="{}" title="{}">{}</time>', _iso(at), whole(at), when(at))


@register.simple_tag
def due(at: date | datetime | None) -> SafeString | str:
    """Draw a deadline: "2 days late" in red, "today" in amber."""
    if not at:
        return ""
    words = '<time class="{}" datetime="{}" title="{}">{}</time>'
    return format_html(words, due_state(at), _iso(at), whole(at), due_words(at))


@register.simple_tag
def avatar(user, size: str = "") -> SafeString:
    """Draw the circle with a person's initials; ``size`` is "sm", "lg" or ""."""
    css = f" avatar-{size}" if size else ""
    return format_html('<span class="avatar{}" aria-hidden="true">{}</span>', css, user.initials)


def _iso(at: date | datetime) -> str:
    return timezone.localtime(at).isoformat() if isinstance(at, datetime) else at.isoformat()
