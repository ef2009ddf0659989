"""Who writes news: admins of a unit for it, editors for all. Publishing is the editors' alone."""

from sso.api import Role, Unit, User, is_system_admin, is_unit_admin

NEWS_EDITOR = "news_editor"


def is_editor(user: User) -> bool:
    return is_system_admin(user) or user.has_role(NEWS_EDITOR)


def can_write_for(user: User, unit: Unit) -> bool:
    return is_editor(user) or is_unit_admin(user, unit)


def units_to_write_for(user: User):
    """Return the units for whose news ``user`` may write, in their official order."""
    units = Unit.objects.top()
    if is_editor(user):
        return units
    own = [role.unit for role in user.current_roles if role.name == Role.UNIT_ADMIN and role.unit]
    return units.filter(pk__in=[unit.top_id for unit in own if unit.top_id == unit.pk])
