"""When one officer of the help desk is not enough."""

from datetime import timedelta

from django.utils import timezone

from sso.models import Role, User

LATELY = timedelta(days=7)


def needs_two(person: User, other_half) -> bool:
    """Say whether a second officer must agree before something is reset by which ``person`` proves who they are.

    That is so for who administers anything, and when the ``other_half`` (``person.password_resets`` or
    ``person.factor_resets``) was reset lately: who holds both halves is the person.
    """
    admins = (Role.SYSTEM_ADMIN, Role.UNIT_ADMIN)
    administers = person.is_superuser or any(role.name in admins for role in person.current_roles)
    return administers or other_half.filter(done_at__gt=timezone.now() - LATELY).exists()
