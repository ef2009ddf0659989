"""Who may act for whom."""

from datetime import datetime, timedelta
from functools import partial

from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from sso.models import Delegation, Unit, User
from sso.permissions import require
from sso.services.audit import Action, record
from sso.signals import delegation_changed

LONGEST = timedelta(days=366)
MOST_FOUND = 30


def delegable_apps() -> dict[str, str]:
    """The apps in which people may act for others, by name: their AppConfig says ``is_delegable``."""
    return {
        app.label: app.verbose_name for app in apps.get_app_configs() if getattr(app, "is_delegable", False)
    }


def current_and_coming():
    return Delegation.objects.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now())).order_by(
        "starts_at", "pk"
    )


def possible_receivers(person: User):
    return User.objects.active().exclude(pk=person.pk)


def offered_receivers(person: User, query: str, chosen: str):
    """Return whom the list offers: the own department, those who match the words, and who was chosen before."""
    people = possible_receivers(person)
    unit = person.unit and Unit.objects.filter(pk=person.unit.top_id).first()
    offered = Q(pk__in=people.of_unit(unit).values("pk")) if unit else Q(pk__in=[])
    if query:
        offered |= Q(pk__in=list(people.matching(query).values_list("pk", flat=True)[:MOST_FOUND]))
    if chosen.isdecimal() and len(chosen) < 18:
        offered |= Q(pk=int(chosen))
    return people.filter(offered)


@transaction.atomic
def give_delegation(
    receiver: User, app_names: list[str], starts_at: datetime, ends_at: datetime, *, by: User
) -> Delegation:
    """Let ``receiver`` act for ``by`` in these apps (none named: in all) from one moment to another; tell them.

    Raises PermissionDenied for oneself, somebody disabled, an unknown app, or more than a year.
    """
    require(by.is_active and receiver.is_active and receiver.pk != by.pk)
    require(set(app_names) <= set(delegable_apps()))
    require(starts_at < ends_at <= starts_at + LONGEST and ends_at > timezone.now())
    given = Delegation.objects.create(
        giver=by, receiver=receiver, apps=sorted(set(app_names)), starts_at=starts_at, ends_at=ends_at
    )
    tell(Action.DELEGATED, given, by)
    return given


def can_end_delegation(by: User, delegation: Delegation) -> bool:
    """Who gave it may take it back, and who got it may give it up."""
    return by.pk in (delegation.giver_id, delegation.receiver_id)


@transaction.atomic
def end_delegation(delegation: Delegation, *, by: User) -> None:
    """End it now; one that has not begun goes without a trace but in the record."""
    require(can_end_delegation(by, delegation))
    now = timezone.now()
    tell(Action.DELEGATION_ENDED, delegation, by)
    if delegation.starts_at >= now:
        delegation.delete()
    else:
        delegation.ends_at = now
        delegation.save(update_fields=["ends_at"])


def tell(action: Action, delegation: Delegation, by: User) -> None:
    record(
        action,
        person=delegation.receiver,
        by=by,
        for_whom=delegation.giver,
        apps=delegation.apps or "*",
        starts_at=delegation.starts_at.isoformat(),
        ends_at=delegation.ends_at.isoformat() if delegation.ends_at else "",
    )
    facts = {"delegation": delegation, "has_begun": action == Action.DELEGATED, "by": by}
    transaction.on_commit(partial(delegation_changed.send, Delegation, **facts), robust=True)
