"""Deadlines put into groups."""

from datetime import date

from django.utils import timezone
from django.utils.translation import pgettext_lazy

from intranet.api import sunday_in_mind

BUCKETS = {
    "overdue": pgettext_lazy("deadline", "Overdue"),
    "today": pgettext_lazy("deadline", "Today"),
    "week": pgettext_lazy("deadline", "This week"),
    "next_week": pgettext_lazy("deadline", "Next week"),
    "later": pgettext_lazy("deadline", "Later"),
    "undated": pgettext_lazy("deadline", "No deadline"),
}


def bucket(day: date | None) -> str:
    """Return the key in BUCKETS of a deadline; the week ends on Sunday, and at a weekend the coming one counts."""
    if day is None:
        return "undated"
    today = timezone.localdate()
    if day <= today:
        return "today" if day == today else "overdue"
    sunday, is_next = sunday_in_mind(today)
    if day > sunday:
        return "later"
    return "next_week" if is_next else "week"
