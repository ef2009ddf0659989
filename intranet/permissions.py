"""Who may arrange which page."""

from intranet.models import DashboardLayout
from sso.api import User, is_system_admin, is_unit_admin


def can_arrange(user: User, layout: DashboardLayout) -> bool:
    """Everybody arranges their own home page, a unit's admin the unit's, a system admin the ministry's."""
    if layout.user_id:
        return layout.user_id == user.pk
    if layout.unit_id:
        return is_unit_admin(user, layout.unit)
    return is_system_admin(user)
