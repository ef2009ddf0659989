"""The leaders' calendar from last week to the week after next, calendars of units, and personal ones."""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from apps.calendar import services
from apps.calendar.board import ministry_leaders
from apps.calendar.models import Attendance, Calendar, Event
from apps.calendar.weeks import Week, midnight
from demo.data.calendar_items import DRAFTS, OFFICER_ITEMS, PERSONAL, UNIT_ITEMS, UNITS, WEEKS, Item
from intranet.api import holiday
from sso.api import Post, Unit, User

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
OFFICER_UNIT = "KHTC"


@transaction.atomic
def load(progress) -> None:
    """Fill the calendars, unless the leaders' one has items already."""
    if Calendar.objects.of_leaders().events.exists():
        return
    this = Week.of(timezone.localdate())
    weeks = [this.previous, this, this.next]
    clerk = User.objects.get(username="vanthu")
    progress("leaders")
    for week, items in zip(weeks, WEEKS, strict=True):
        load_leaders(week, items, clerk)
        services.publish_week(week, by=clerk)
    load_leaders(this.next.next, DRAFTS, clerk)
    change_some(weeks[1:], clerk)
    progress("units")
    for code in UNITS:
        load_unit(Unit.objects.get(code=code), this)
    load_officer(this, Unit.objects.get(code=OFFICER_UNIT))
    progress("personal")
    load_personal(this)


def load_leaders(week: Week, items: list[Item], clerk: User) -> None:
    leaders = [post.user for post in ministry_leaders()]
    units = {unit.code: unit for unit in Unit.objects.top()}
    for number, item in enumerate(items, start=1):
        if holiday(week.days[item.day]):
            continue
        concerned = [leaders[place] for place in item.leaders]
        services.create_event(
            Calendar.objects.of_leaders(),
            by=clerk,
            leaders=concerned,
            summary=item.summary,
            location=item.place,
            participants_text=item.participants,
            preparing_unit=units[item.unit],
            kind=item.kind,
            chair=None if item.chair else concerned[0],
            chair_text=item.chair,
            invitation_number=f"{week.number * 10 + number}/GM-VP" if item.kind == "conference" else "",
            **times(week.days[item.day], item.starts, item.ends, week.days[max(item.day, item.until)]),
        )


def change_some(weeks: list[Week], clerk: User) -> None:
    """In each of the two weeks one item moves, one is called off, one is postponed, one is added late."""
    for week in weeks:
        rows = Event.objects.filter(calendar__kind=Calendar.Kind.LEADERS, is_all_day=False)
        rows = rows.between(midnight(week.days[2]), midnight(week.next.monday)).order_by("starts_at", "pk")
        rows = list(rows.filter(location__startswith="P."))
        moved, off, postponed = rows[0], rows[2], rows[4]
        services.change_event(
            moved,
            by=clerk,
            starts_at=moved.starts_at + timedelta(minutes=30),
            ends_at=moved.ends_at + timedelta(minutes=30),
            location="P. 201",
            reason="Lãnh đạo Bộ dự họp đột xuất đầu giờ",
        )
        services.cancel_event(off, by=clerk, reason="Đơn vị chuẩn bị đề nghị lùi sang tháng sau")
        services.cancel_event(
            postponed, by=clerk, reason="Chờ ý kiến của Văn phòng Chính phủ", is_postponed=True
        )
        third = ministry_leaders()[3].user
        services.create_event(
            Calendar.objects.of_leaders(),
            by=clerk,
            leaders=[third],
            chair=third,
            summary="Họp rà soát tiến độ trả lời kiến nghị của cử tri",
            location="P. 305",
            participants_text="Văn phòng Bộ, Vụ Pháp chế",
            preparing_unit=Unit.objects.get(code="VP"),
            **times(week.days[3], "16:30", "17:30"),
        )


def load_unit(unit: Unit, this: Week) -> None:
    """A weekly meeting and single events of this week and the next, made by the unit's head."""
    posts = Post.objects.current().filter(unit=unit, level=Post.Level.HEAD).select_related("user")
    head = posts.order_by("rank", "pk").first().user
    deputies = [post.user for post in Post.objects.leaders().filter(unit=unit).exclude(user=head)[:3]]
    calendar = Calendar.objects.of_unit(unit)
    for number, (day, starts, ends, summary, place, kind) in enumerate(UNIT_ITEMS):
        week = this.previous if number == 0 else (this, this.next)[number % 2]
        if number and holiday(week.days[day]):
            continue
        services.create_event(
            calendar,
            by=head,
            people=deputies,
            chair=head,
            summary=summary.format(unit=unit.name_vi),
            location=place.format(unit=unit.name_vi),
            kind=kind,
            rrule=f"FREQ=WEEKLY;BYDAY={CODES[day]}" if number == 0 else "",
            **times(week.days[day], starts, ends),
        )
    Attendance.objects.filter(event__calendar=calendar).update(answer=Attendance.Answer.ACCEPTED)


def load_officer(this: Week, unit: Unit) -> None:
    """Events to which the demo's officer and unit admin are invited; what is to come is not answered yet."""
    officer, admin = (User.objects.get(username=name) for name in ("nhanvien", "quantri.donvi"))
    head = Post.objects.leaders().filter(unit=unit).select_related("user").first().user
    calendar = Calendar.objects.of_unit(unit)
    for place, day, starts, ends, summary, where in OFFICER_ITEMS:
        week = (this, this.next)[place]
        if not holiday(week.days[day]):
            services.create_event(
                calendar,
                by=head,
                people=[officer, admin],
                chair=head,
                summary=summary,
                location=where,
                **times(week.days[day], starts, ends),
            )
    weekly = calendar.events.get(rrule__startswith="FREQ=WEEKLY")
    for person in (officer, admin):
        Attendance.objects.get_or_create(
            event=weekly, user=person, defaults={"answer": Attendance.Answer.ACCEPTED}
        )
    past = Attendance.objects.filter(user__in=[officer, admin], event__last_at__lt=timezone.now())
    past.update(answer=Attendance.Answer.ACCEPTED)


def load_personal(this: Week) -> None:
    for name, place, day, starts, ends, summary, where, is_private in PERSONAL:
        user = User.objects.get(username=name)
        services.create_event(
            Calendar.objects.of_user(user),
            by=user,
            summary=summary,
            location=where,
            is_private=is_private,
            kind=Event.Kind.OTHER,
            **times((this, this.next)[place].days[day], starts, ends),
        )


def times(day, starts: str, ends: str, last=None) -> dict:
    """Return the times of an event; without ``starts`` it takes whole days."""
    if not starts:
        until = midnight((last or day) + timedelta(days=1))
        return {"starts_at": midnight(day), "ends_at": until, "is_all_day": True}
    hours = [time(*map(int, text.split(":"))) for text in (starts, ends)]
    begin, end = (timezone.make_aware(datetime.combine(day, hour)) for hour in hours)
    return {"starts_at": begin, "ends_at": end}
