"""What the pages of the calendar have in common: the tabs, and the calendars a person may write in."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.calendar.models import Attendance, Calendar, unit_paths
from apps.calendar.permissions import can_add_event
from sso.api import Role, Unit, User, acting_for


def tabs(user: User, here: str) -> list[dict]:
    """Return the tabs of the calendar's pages; ``here`` names the one that is open."""
    waiting = Attendance.objects.filter(user=user, event__is_draft=False).unanswered().count()
    found = [
        {"name": "mine", "label": _("Mine"), "url": reverse("calendar:mine")},
        {"name": "leaders", "label": _("Leaders of the ministry"), "url": reverse("calendar:leaders")},
    ]
    for unit in own_units(user):
        url = reverse("calendar:unit", args=[unit.pk])
        found.append({"name": f"unit-{unit.pk}", "label": unit.name, "url": url})
    found += [
        {
            "name": "invitations",
            "label": _("Invitations"),
            "url": reverse("calendar:invitations"),
            "count": waiting,
        },
        {"name": "feed", "label": _("Subscribe"), "url": reverse("calendar:feed")},
    ]
    return [{**tab, "is_here": tab["name"] == here} for tab in found]


def own_units(user: User) -> list[Unit]:
    """Return the units of the person's posts, below the ministry itself."""
    found = {post.unit_id: post.unit for post in user.current_posts if post.unit.parent_id}
    tops = {unit.top_id for unit in found.values()} - found.keys()
    found |= {unit.pk: unit for unit in (Unit.objects.filter(pk__in=tops) if tops else ())}
    return sorted(found.values(), key=lambda unit: (len(unit.path_ids), unit.order, unit.pk))


def readable_units(user: User):
    """Return the units whose calendar ``user`` may read, in the official order."""
    units = Unit.objects.none()
    for path in unit_paths(user):
        units = units | Unit.objects.current().filter(path__startswith=path)
    return units.exclude(parent=None).order_by("path")


def writable_calendars(user: User) -> list[dict]:
    """Return the calendars in which ``user`` may write: of people, of units, of the leaders."""
    people = acting_for(user, "calendar")
    found = [
        {"name": f"user-{one.pk}", "label": _("Mine") if one == user else one.full_name} for one in people
    ]
    units = {
        post.unit for post in user.current_posts if post.unit.parent_id and post.level != post.Level.MEMBER
    }
    roles = {Role.CLERK, Role.UNIT_ADMIN}
    units |= {
        role.unit for role in user.current_roles if role.name in roles and role.unit and role.unit.parent_id
    }
    for unit in sorted(units, key=lambda one: (one.order, one.pk)):
        found.append({"name": f"unit-{unit.pk}", "label": unit.name})
    if can_add_event(user, Calendar(kind=Calendar.Kind.LEADERS)):
        found.append({"name": "leaders", "label": _("Leaders of the ministry")})
    return found


def calendar_named(user: User, name: str) -> Calendar:
    """Return the calendar that ``name`` ("leaders", "unit-7", "user-12") means, if ``user`` may write in it.

    Raises Http404 for one the user does not know of, PermissionDenied for one to read only.
    """
    kind, _dash, key = name.partition("-")
    key = int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0
    if kind == "leaders":
        calendar = Calendar.objects.of_leaders()
    elif kind == "unit" and (unit := readable_units(user).filter(pk=key).first()):
        calendar = Calendar(kind=Calendar.Kind.UNIT, unit=unit)
    elif kind == "user" and (
        person := next((one for one in acting_for(user, "calendar") if one.pk == key), None)
    ):
        calendar = Calendar(kind=Calendar.Kind.PERSONAL, user=person)
    else:
        raise Http404
    if not can_add_event(user, calendar):
        raise PermissionDenied
    return calendar
