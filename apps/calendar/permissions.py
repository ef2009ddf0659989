"""Who may do what in which calendar."""

from apps.calendar.models import Attendance, Calendar, Event, keeps_leaders_calendar
from sso.api import Role, Unit, User, acting_for, is_clerk, is_leader


def may_act_as(user: User, other: User | None) -> bool:
    """Say whether ``user`` is ``other`` or acts for them."""
    return other is not None and any(person.pk == other.pk for person in acting_for(user, "calendar"))


def keeps_unit_calendar(user: User, unit: Unit) -> bool:
    """The unit's admins, clerks, head and deputies, and those of the units above it."""
    return user.has_role(Role.UNIT_ADMIN, unit) or is_clerk(user, unit) or is_leader(user, unit)


def can_publish_week(user: User) -> bool:
    return keeps_leaders_calendar(user)


def can_add_event(user: User, calendar: Calendar, leaders: list[User] | None = None) -> bool:
    """Say whether ``user`` may add to ``calendar``; to the leaders' one for ``leaders``, None for any."""
    if calendar.kind == Calendar.Kind.PERSONAL:
        return may_act_as(user, calendar.user)
    if calendar.kind == Calendar.Kind.UNIT:
        return keeps_unit_calendar(user, calendar.unit)
    if keeps_leaders_calendar(user):
        return True
    if leaders is None:
        return any(is_ministry_leader(person) for person in acting_for(user, "calendar"))
    return bool(leaders) and all(may_act_as(user, leader) for leader in leaders)


def can_change_event(user: User, event: Event) -> bool:
    """Say whether ``user`` keeps the event's calendar, or acts for all of its leaders.

    What somebody elsewhere has invited its owner to is changed by that organiser only.
    """
    if event.is_answered_by_mail and event.attendances.exists():
        return False
    if event.calendar.kind == Calendar.Kind.LEADERS and not keeps_leaders_calendar(user):
        leaders = [row.user for row in event.attendances.select_related("user") if row.is_leader]
        return bool(leaders) and all(may_act_as(user, leader) for leader in leaders)
    return can_add_event(user, event.calendar)


def can_answer(user: User, attendance: Attendance) -> bool:
    """Say whether ``user`` may answer: the person asked or who acts for them, by mail the person alone."""
    if attendance.event.is_answered_by_mail:
        return user.pk == attendance.user_id
    return may_act_as(user, attendance.user)


def is_ministry_leader(user: User) -> bool:
    """Say whether ``user`` is the minister or a deputy."""
    return any(post.unit.parent_id is None and post.level != post.Level.MEMBER for post in user.current_posts)
