"""How far a person reaches in documents: by post, by role, and by those who let them act for them."""

from functools import cached_property, reduce
from operator import or_

from django.db.models import Q

from sso.api import Post, Role, Unit, User, acting_for, prepared

APP = "documents"


class Reach:
    """What ``user`` reaches. Rights over a unit hold for the units below it too."""

    def __init__(self, user: User):
        self.users = acting_for(user, APP)

    @cached_property
    def people(self) -> list[int]:
        """The keys of the person and of those for whom they may act."""
        return [user.pk for user in self.users]

    @cached_property
    def own_units(self) -> list[int]:
        """The units whose desk the person is: as clerk, head or deputy of just that unit."""
        return sorted({unit.pk for unit in self._led + self._kept})

    @cached_property
    def is_everywhere(self) -> bool:
        """Leaders of the ministry and a clerk of the whole ministry reach every unit."""
        return any(unit.parent_id is None for unit in self._led) or any(
            role.name == Role.CLERK and role.unit is None
            for user in self.users
            for role in user.current_roles
        )

    @cached_property
    def desk_units(self) -> list[int]:
        """The units whose registers the person reads: their own and all below."""
        return self._with_below(self._led + self._kept)

    @cached_property
    def office_units(self) -> list[int]:
        """The units whose assignments the person reads: as before, and as unit admin."""
        return self._with_below(self._led + self._kept + self._cared_for)

    @property
    def _led(self) -> list[Unit]:
        posts = [post for user in self.users for post in user.current_posts]
        return [post.unit for post in posts if post.level != Post.Level.MEMBER]

    @property
    def _kept(self) -> list[Unit]:
        return self._with_role(Role.CLERK)

    @property
    def _cared_for(self) -> list[Unit]:
        return self._with_role(Role.UNIT_ADMIN)

    def _with_role(self, name: str) -> list[Unit]:
        roles = [role for user in self.users for role in user.current_roles]
        return [role.unit for role in roles if role.name == name and role.unit]

    def _with_below(self, units: list[Unit]) -> list[int]:
        """Return the keys of ``units`` and of all below them."""
        tops = tuple(unit.path for unit in units)
        return [key for key, path in self._tree if path.startswith(tops)]

    @cached_property
    def _tree(self) -> list[tuple[int, str]]:
        """The units in question with all below them: key and path. One query, none for most people."""
        tops = {unit.path for unit in self._led + self._kept + self._cared_for}
        return _units_below(tuple(sorted(tops))) if tops else []


@prepared
def _units_below(tops: tuple[str, ...]):
    below = reduce(or_, (Q(path__startswith=path) for path in tops))
    return Unit.objects.filter(below).order_by("pk").values_list("pk", "path")


def reach_of(user: User) -> Reach:
    """Return what ``user`` reaches, worked out once for each request."""
    reach = getattr(user, "_documents_reach", None)  # through request.user, which is lazy
    if reach is None:
        reach = user._documents_reach = Reach(user)
    return reach


def desk_of(user: User) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the keys of the people and of the units whose papers land on the desk of ``user``."""
    reach = reach_of(user)
    return tuple(reach.people), tuple(reach.own_units)
