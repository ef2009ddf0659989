"""Who may enter which system.

A rule is a list of ways in. Of a way every condition must hold, of a rule any one way; without ways everybody may
enter. Each condition lists values of which one is enough. What is unknown where the question is asked (the network
address of a person whose token a server shows us) was asked at the entry and is taken as holding.
"""

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from django.contrib.auth.models import Group
from django.db import models, transaction
from django.db.models import Min, Prefetch
from django.utils.translation import gettext_lazy as _

from sso.models import Application, DeviceGrant, Grant, RefreshToken, Role, User
from sso.models.tokens import Acr
from sso.permissions import is_system_admin, require
from sso.services.audit import Action, record
from sso.services.provisioning.noting import note_everybody
from sso.services.revocation import Reason, end_system

log = logging.getLogger(__name__)
AT_ONCE = 500


class Kind(models.TextChoices):
    """The kinds of conditions, in the order in which they are asked."""

    PEOPLE = "people", _("is one of the people named")
    STRENGTH = "acr", _("signed in strongly enough")
    NETWORK = "networks", _("comes from one of the networks")
    POST = "posts", _("holds such a post")
    ROLE = "roles", _("has one of the roles")
    GROUP = "groups", _("is in one of the groups")


@dataclass(frozen=True)
class Way:
    """One way in. Units, groups and people are named by their keys; an empty field asks nothing.

    Units, levels and titles are about one and the same post. A role counts that is held for such a unit, or for all.
    """

    units: tuple[int, ...] = ()
    below: bool = True  # with the units below them
    levels: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    people: tuple[int, ...] = ()
    networks: tuple[str, ...] = ()
    acr: str = ""

    @property
    def kinds(self) -> list[Kind]:
        """Which kinds of conditions it has."""
        asked = {
            Kind.PEOPLE: self.people,
            Kind.STRENGTH: self.acr,
            Kind.NETWORK: self.networks,
            Kind.POST: self.units or self.levels or self.titles,
            Kind.ROLE: self.roles,
            Kind.GROUP: self.groups,
        }
        return [kind for kind, values in asked.items() if values]

    def kept(self) -> dict[str, Any]:
        """Return it as the database keeps it: what asks nothing is left out."""
        return {name: value for name, value in asdict(self).items() if value not in ((), "", True)}


NOBODY = Way(people=(0,))


@dataclass(frozen=True)
class At:
    """How somebody comes: from which network address, with which strength of sign-in. None is not known here."""

    address: str | None = None
    acr: str | None = None


def ways_of(rule: dict[str, Any]) -> tuple[Way, ...]:
    """Return the ways in of a system's ``rule``. One that cannot be read lets in nobody."""
    if not rule:
        return ()
    try:
        return tuple(
            Way(**{name: tuple(value) if isinstance(value, list) else value for name, value in way.items()})
            for way in rule["ways"]
        )
    except (AttributeError, KeyError, TypeError):
        log.error("A rule cannot be read: %r", rule)
        return (NOBODY,)


def as_rule(ways: Iterable[Way]) -> dict[str, Any]:
    kept = [way.kept() for way in ways]
    return {"ways": kept} if kept else {}


def may_enter(person: User, rule: dict[str, Any], at: At = At()) -> bool:
    """Say whether ``person`` may enter a system with this ``rule``. No query for a system without one."""
    if not rule:
        return True
    return any(all(holds(kind, way, person, at) is not False for kind in way.kinds) for way in ways_of(rule))


def acr_to_enter(person: User, rule: dict[str, Any], address: str) -> str | None:
    """Return the least strength with which ``person`` may enter from ``address``, None when there is no way in."""
    ways = ways_of(rule)
    if not ways:
        return Acr.PASSWORD.value
    found = [
        way.acr or Acr.PASSWORD.value
        for way in ways
        if all(holds(kind, way, person, At(address)) is not False for kind in way.kinds)
    ]
    return min(found, default=None)


def answers(person: User, way: Way, at: At) -> list[tuple[Kind, bool | None]]:
    """Return each condition of ``way`` with its answer, None for one that cannot be told."""
    return [(kind, holds(kind, way, person, at)) for kind in way.kinds]


# --- the conditions ------------------------------------------------------------------------------


def holds(kind: Kind, way: Way, person: User, at: At) -> bool | None:
    match kind:
        case Kind.PEOPLE:
            return person.pk in way.people
        case Kind.STRENGTH:
            return None if at.acr is None else at.acr >= way.acr
        case Kind.NETWORK:
            return None if at.address is None else is_within(at.address, way.networks)
        case Kind.POST:
            return bool(posts_for(way, person))
        case Kind.ROLE:
            return has_role_for(way, person)
        case Kind.GROUP:
            return not groups_of(person).isdisjoint(way.groups)


def posts_for(way: Way, person: User) -> list:
    """Return the posts of ``person`` that ``way`` asks for."""
    units, titles = set(way.units), {title.casefold() for title in way.titles}
    return [
        post
        for post in person.current_posts
        if (not units or not units.isdisjoint(post.unit.path_ids if way.below else [post.unit_id]))
        and (not way.levels or post.level in way.levels)
        and (not titles or post.title_vi.casefold() in titles)
    ]


def has_role_for(way: Way, person: User) -> bool:
    roles = [role for role in person.current_roles if role.name in way.roles]
    if not way.units or any(role.unit is None for role in roles):
        return bool(roles)
    above = {key for post in posts_for(way, person) for key in post.unit.path_ids}
    units = set(way.units)
    return any(
        role.unit_id in above or not units.isdisjoint(role.unit.path_ids if way.below else [role.unit_id])
        for role in roles
    )


def groups_of(person: User) -> set[int]:
    """The keys of the groups that ``person`` is in, asked once."""
    found = person.__dict__.get("_group_keys")
    if found is None:
        found = person._group_keys = {group.pk for group in person.groups.all()}
    return found


@lru_cache(500)
def is_within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    known = getattr(known, "ipv4_mapped", None) or known
    return any(known in ip_network(network) for network in networks)


# --- changing it ---------------------------------------------------------------------------------


@transaction.atomic
def save_rule(system: Application, ways: Iterable[Way], *, by: User) -> int:
    """Store who may enter ``system``; whoever may no longer loses what it holds of them at once. Returns how many."""
    require(is_system_admin(by))
    kept = Application.objects.select_for_update().get(pk=system.pk)
    before, system.rule = kept.rule, as_rule(ways)
    if system.rule == before:
        return 0
    kept.rule = system.rule
    kept.save(update_fields=["rule", "updated"])
    record(Action.RULE_CHANGED, by=by, client=system, before=before, after=system.rule)
    note_everybody(kept)
    return end_shut_out(kept, by=by)


def end_shut_out(system: Application, *, by: User) -> int:
    """End what ``system`` holds of those who may not enter it as it is now. Returns how many people that are."""
    out = list(shut_out(system))
    if out:
        end_system(system, Reason.RULE_CHANGED, people=out, by=by)
    return len(out)


def shut_out(system: Application):
    """Find the people of whom ``system`` holds something although they may not enter it, by its rule as it is now
    and the strength that it demands of everybody."""
    weakest: dict[int, str] = {}
    let_in = DeviceGrant.objects.filter(client_id=system.client_id, status=DeviceGrant.AUTHORIZED)
    for held in (*(model.objects.filter(application=system) for model in (RefreshToken, Grant)), let_in):
        for person, acr in held.order_by().values_list("user").annotate(least=Min("acr")):
            weakest[person] = min(acr, weakest.get(person, acr))
    keys = sorted(weakest)
    for start in range(0, len(keys), AT_ONCE):
        for person in with_facts(User.objects.filter(pk__in=keys[start : start + AT_ONCE])):
            acr = weakest[person.pk]
            is_weak = system.required_acr > Acr.PASSWORD and acr < system.required_acr
            if is_weak or not may_enter(person, system.rule, At(acr=acr)):
                yield person


def with_facts(people: models.QuerySet) -> models.QuerySet:
    """Fetch what conditions ask about for all ``people`` with three more queries."""
    roles = Role.objects.select_related("unit").order_by("pk")
    return people.with_posts().prefetch_related(
        Prefetch("roles", roles, to_attr="current_roles"), Prefetch("groups", Group.objects.only("pk"))
    )
