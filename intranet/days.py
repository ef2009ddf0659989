"""The words above the home page: the greeting, the day by the sun, the moon and the week."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from lunar_vn import SUPPORTED_YEAR_RANGE, solar_to_lunar

from intranet.templatetags.ui import weekday

MONTHS = ("Giêng", "Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười", "Mười Một", "Chạp")


def sunday_in_mind(today: date) -> tuple[date, bool]:
    """Return the Sunday that ends the week people have in mind, at a weekend the coming one, and whether it is that."""
    is_next = today.weekday() >= 5
    return today + timedelta(days=6 - today.weekday() + 7 * is_next), is_next


def hours(at: datetime) -> str:
    """Return the time of day that something is set for, in the words of the office: "8h00", in English "8:00"."""
    local = timezone.localtime(at)
    return f"{local.hour}{'h' if get_language() == 'vi' else ':'}{local.minute:02}"


def end_hours(at: datetime) -> str:
    """Return the time of day at which something ends: midnight is "24h00" of the day before."""
    words = hours(at)
    return words.replace("0", "24", 1) if timezone.localtime(at).time() == time() else words


def greeting(now: datetime, name: str) -> str:
    """Return the greeting of the hour of ``now`` (local time)."""
    words = {"name": name}
    if now.hour < 11:
        return _("Good morning, %(name)s") % words
    if now.hour < 13:
        return _("Good day, %(name)s") % words
    if now.hour < 18:
        return _("Good afternoon, %(name)s") % words
    return _("Good evening, %(name)s") % words


def day_line(day: date) -> str:
    """Return "Thứ Hai, 23/11/2026 · 15 tháng Mười âm lịch · tuần 48"."""
    return _day_line(day, get_language() or "vi")


@lru_cache(maxsize=32)
def _day_line(day: date, language: str) -> str:
    parts = [
        f"{weekday(day)}, {date_format(day, 'd/m/Y')}".replace(" ", "\N{NO-BREAK SPACE}"),
        lunar_words(day, language),
        _("week %(number)d") % {"number": day.isocalendar().week},
    ]
    return " · ".join(part for part in parts if part)


def lunar_words(day: date, language: str) -> str:
    """Return the day of the Vietnamese lunar calendar (UTC+7, not the Chinese one); "" outside its tables."""
    first, last = SUPPORTED_YEAR_RANGE
    if not first <= day.year <= last:
        return ""
    moon = solar_to_lunar(day)
    if language != "vi":
        leap = pgettext("lunar month", " (leap)") if moon.leap else ""
        return _("lunar %(day)d/%(month)d") % {"day": moon.day, "month": moon.month} + leap
    number = f"mồng {moon.day}" if moon.day <= 10 else str(moon.day)
    return f"{number} tháng {MONTHS[moon.month - 1]}{' nhuận' if moon.leap else ''} âm lịch"
