"""Times in the words of the office: 8h00, Thứ Hai, 23/11/2026."""

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from intranet.api import WEEKDAYS, end_hours, hours

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")  # of the weekdays, in rules of repetition
SHORT_WEEKDAYS = (_("Mo"), _("Tu"), _("We"), _("Th"), _("Fr"), _("Sa"), _("Su"))

NTH = {
    "1": pgettext_lazy("weekday of a month", "first"),
    "2": pgettext_lazy("weekday of a month", "second"),
    "3": pgettext_lazy("weekday of a month", "third"),
    "4": pgettext_lazy("weekday of a month", "fourth"),
    "-1": pgettext_lazy("weekday of a month", "last"),
}
ODD_PARTS = {"BYSETPOS", "BYYEARDAY", "BYWEEKNO", "BYHOUR", "BYMINUTE", "BYSECOND"}


def full_day(day: date) -> str:
    """Return "Thứ Hai, 23/11/2026"."""
    return f"{WEEKDAYS[day.weekday()]}, {date_format(day, 'd/m/Y')}"


def last_day(ends_at: datetime) -> date:
    """Return the last day of something that ends at ``ends_at``: midnight belongs to the day before."""
    return (timezone.localtime(ends_at) - timedelta(microseconds=1)).date()


def span(starts_at: datetime, ends_at: datetime, is_all_day: bool) -> str:
    """Return when something is, in full: "8h00–9h30, Thứ Hai, 23/11/2026"; what takes no time has no end."""
    first, last = timezone.localdate(starts_at), max(timezone.localdate(starts_at), last_day(ends_at))
    if is_all_day and first == last:
        return gettext("All day, %(day)s") % {"day": full_day(first)}
    if is_all_day:
        return gettext("From %(first)s to %(last)s") % {"first": full_day(first), "last": full_day(last)}
    if starts_at == ends_at:
        return f"{hours(starts_at)}, {full_day(first)}"
    if first == last:
        return f"{hours(starts_at)}–{end_hours(ends_at)}, {full_day(first)}"
    return f"{hours(starts_at)}, {full_day(first)} – {end_hours(ends_at)}, {full_day(last)}"


def _on_which_days(parts: dict[str, str]) -> str:
    """Return the days that a rule names, "" when it names none; what words cannot say in short is said to be so."""
    codes = [code for code in parts.get("BYDAY", "").split(",") if code]
    numbers = [number for number in parts.get("BYMONTHDAY", "").split(",") if number]
    if parts.get("BYSETPOS") == "-1" and set(codes) == set(CODES[:5]) and not numbers:
        return gettext("on the last working day of the month")
    if ODD_PARTS & parts.keys() or (codes and numbers):
        return gettext("by a rule of its own")
    if numbers == ["-1"]:
        return gettext("on the last day of the month")
    if numbers and all(number.isdecimal() for number in numbers):
        return gettext("on the days %(days)s of the month") % {"days": ", ".join(numbers)}
    days = [(code[:-2], code[-2:]) for code in codes]
    if numbers or not all(day in CODES and (not nth or nth in NTH) for nth, day in days):
        return gettext("by a rule of its own")
    if not any(nth for nth, _day in days):
        names = [str(WEEKDAYS[CODES.index(day)]) for _nth, day in days]
        return gettext("on %(days)s") % {"days": ", ".join(names)} if names else ""
    words = gettext("on the %(nth)s %(day)s of the month")
    return ", ".join(
        words % {"nth": NTH.get(nth, ""), "day": WEEKDAYS[CODES.index(day)]} for nth, day in days
    )


def repeats(rrule: str) -> str:
    """Return a recurrence rule in words: "Hằng tuần vào Thứ Hai, đến 31/12/2026"."""
    parts = dict(part.split("=", 1) for part in rrule.upper().split(";") if "=" in part)
    step = int(parts.get("INTERVAL", "1"))
    words = {
        "DAILY": gettext("Every day") if step == 1 else gettext("Every %(n)d days") % {"n": step},
        "WEEKLY": gettext("Every week") if step == 1 else gettext("Every %(n)d weeks") % {"n": step},
        "MONTHLY": gettext("Every month") if step == 1 else gettext("Every %(n)d months") % {"n": step},
        "YEARLY": gettext("Every year") if step == 1 else gettext("Every %(n)d years") % {"n": step},
    }.get(parts.get("FREQ", ""), rrule)
    if on := _on_which_days(parts):
        words += f" {on}"
    if "UNTIL" in parts:
        until = datetime.strptime(parts["UNTIL"][:8], "%Y%m%d").date()  # noqa: DTZ007 (a day)
        words += ", " + gettext("until %(day)s") % {"day": date_format(until, "d/m/Y")}
    if "COUNT" in parts:
        words += ", " + gettext("%(n)s times") % {"n": parts["COUNT"]}
    return words
