"""Why somebody may enter a system or not: for those who look after the person, and for the person at the door.

What a rule says of others (people, groups and networks by name) is for system admins only.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sso.models import Application, Role, Unit, User
from sso.permissions import is_system_admin, looks_after, require
from sso.services.rules import At, Kind, Way, answers, may_enter, ways_of
from sso.step_up import acr_within_reach

MOST_HELPERS = 3


@dataclass(frozen=True)
class Verdict:
    """Whether somebody may enter ``system``; ``is_strong`` says whether their sign-in reaches what it asks of all."""

    system: Application
    ways: tuple[Way, ...]
    answers: list[list[tuple[Kind, bool | None]]]  # of each way
    is_strong: bool
    is_active: bool

    @property
    def may(self) -> bool:
        open_ways = [way for way in self.answers if all(holds is not False for _kind, holds in way)]
        return self.is_active and self.is_strong and bool(open_ways or not self.ways)

    @property
    def depends(self) -> bool:
        """Say whether they may only from some networks: where they come from is known at the door."""
        return (
            self.may
            and bool(self.ways)
            and not any(all(holds for _kind, holds in way) for way in self.answers)
        )


def verdicts(person: User, *, by: User) -> list[Verdict]:
    """Return for each system that ``by`` may ask about whether ``person`` may enter it, from wherever they come."""
    require(looks_after(by, person))
    reach = acr_within_reach(person)
    found = []
    for system in systems_asked_by(by):
        ways = ways_of(system.rule)
        told = [answers(person, way, At(acr=reach)) for way in ways]
        found.append(Verdict(system, ways, told, reach >= system.required_acr, person.is_active))
    return found


def systems_asked_by(by: User) -> list[Application]:
    """Return the systems about which ``by`` may ask: those they may enter, and those whose rule names their unit."""
    systems = Application.objects.filter(is_enabled=True, is_approved=True)
    systems = list(systems.exclude(authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS))
    if is_system_admin(by):
        return systems
    mine = [role.unit for role in by.current_roles if role.name == Role.UNIT_ADMIN and role.unit]
    named = {key for system in systems for way in ways_of(system.rule) for key in way.units}
    units = Unit.objects.in_bulk(named)
    theirs = {
        key for key, unit in units.items() if any(unit.is_within(own) or own.is_within(unit) for own in mine)
    }
    return [
        system
        for system in systems
        if may_enter(by, system.rule) or any(not theirs.isdisjoint(way.units) for way in ways_of(system.rule))
    ]


def missing(person: User, rule: dict, address: str) -> list[Kind]:
    """Return the conditions that keep ``person`` out, of the way in to which the fewest are missing."""
    lacking = [
        [kind for kind, holds in answers(person, way, At(address)) if holds is False] for way in ways_of(rule)
    ]
    return min(lacking, key=len, default=[])


def helpers_of(person: User) -> Iterable[User]:
    """Return the admins of the nearest unit of ``person`` that has any: they can see what is missing."""
    roles = Role.objects.filter(name=Role.UNIT_ADMIN, unit__in=person.unit_ids, user__is_active=True)
    found = sorted(
        roles.exclude(user=person).select_related("user", "unit"),
        key=lambda role: (-len(role.unit.path_ids), role.user.sort_key),
    )
    return [role.user for role in found if role.unit_id == found[0].unit_id][:MOST_HELPERS]
