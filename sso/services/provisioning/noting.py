"""Saying that somebody's accounts may have to change. Called where it happens, in the same transaction; the job does
the rest."""

from collections.abc import Iterable

from sso.models import Application, ProvisioningTarget, User

MOST_NAMED = 200  # people; of more, everybody is looked at


def note_people(people: Iterable[User | int]) -> None:
    """Have these people looked at for each system that keeps accounts of its own. One query where there is none."""
    keys = sorted({getattr(person, "pk", person) for person in people})
    if keys:
        enqueue(ProvisioningTarget.objects.at_work(), keys if len(keys) <= MOST_NAMED else None)


def note_everybody(system: Application | None = None) -> None:
    """Have everybody looked at, for ``system`` or for all."""
    targets = ProvisioningTarget.objects.at_work()
    enqueue(targets.filter(application=system) if system else targets, None)


def enqueue(targets, keys: list[int] | None) -> None:
    from sso.jobs import provision

    for target in targets.values_list("pk", flat=True):
        provision.enqueue(target, keys)
