"""Questions about rights that every app asks the same way."""

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from sso.models import Role, Unit, User
from sso.models.delegations import delegations_to


def require(allowed: bool) -> None:
    """Raise PermissionDenied unless ``allowed``."""
    if not allowed:
        raise PermissionDenied


def is_system_admin(user: User) -> bool:
    return user.is_superuser or user.has_role(Role.SYSTEM_ADMIN)


def is_unit_admin(user: User, unit: Unit) -> bool:
    return is_system_admin(user) or user.has_role(Role.UNIT_ADMIN, unit)


def looks_after(user: User, person: User) -> bool:
    """Say whether ``user`` helps ``person``: a system admin, or an admin of a unit in which the person holds a post."""
    return is_system_admin(user) or any(is_unit_admin(user, post.unit) for post in person.current_posts)


def is_clerk(user: User, unit: Unit | None = None) -> bool:
    return user.has_role(Role.CLERK, unit)


def is_leader(user: User, unit: Unit) -> bool:
    """Say whether ``user`` is head or deputy of ``unit`` or of one above it."""
    return any(post.level != post.Level.MEMBER and unit.is_within(post.unit) for post in user.current_posts)


def acting_for(user: User, app: str) -> list[User]:
    """Return the people for whom ``user`` may act in ``app`` now, the user first. One query, then kept."""
    cache = getattr(user, "_acting_for", None)
    if cache is None:
        cache = user._acting_for = delegations_to(user.pk, timezone.now())
    return [user, *(row.giver for row in cache if not row.apps or app in row.apps)]
