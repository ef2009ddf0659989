"""What each person's account in a system shall be, by what we know here. Nothing is sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from sso.models import ProvisionedAccount, ProvisioningTarget, User
from sso.scim.representation import Flat, account_of, differing
from sso.services.audit import Action, record
from sso.services.rules import AT_ONCE, may_enter, with_facts
from sso.services.sync.guard import AT_ONCE as TOGETHER
from sso.services.sync.guard import most_leavers
from sso.services.sync.writing import write
from sso.signals import accounts_held

# For what nobody has noted: a post that begins today, a group changed elsewhere.
LOOK_EVERY = timedelta(minutes=10)
FIELDS = ["is_wanted", "is_let_go", "out_at", "held_at", "due_at", "tries", "answer"]


@dataclass
class Look:
    """One look at people; ``is_asked`` says that something about just these has changed."""

    target: ProvisioningTarget
    is_asked: bool
    now: datetime = field(default_factory=timezone.now)
    new: dict[int, User] = field(default_factory=dict)
    changed: list[ProvisionedAccount] = field(default_factory=list)
    leaving: list[ProvisionedAccount] = field(default_factory=list)
    needless: list[ProvisionedAccount] = field(default_factory=list)


def is_wanted(person: User, target: ProvisioningTarget) -> bool:
    """Say whether ``person`` has an account in the system: who is active and whom its rule lets in.

    From which network and how strongly people sign in is asked when they do. The sealed account is nobody's.
    """
    return (
        person.is_active
        and person.origin != User.Origin.SEALED
        and may_enter(person, target.application.rule)
    )


def look(target: ProvisioningTarget, people: Iterable[int] | None = None) -> None:
    """Note what is to be sent about ``people`` (their keys), or about everybody; nobody sends meanwhile."""
    sight = Look(target, is_asked=people is not None)
    if people is None:
        known = Q(pk__in=target.accounts.values("user"))
        people = User.objects.filter(known | Q(is_active=True)).values_list("pk", flat=True)
    keys = sorted(people)
    for start in range(0, len(keys), AT_ONCE):
        look_at(sight, keys[start : start + AT_ONCE])
    keep(sight)


@transaction.atomic
def keep(sight: Look) -> None:
    """Store what was seen. Only what has changed is written, so that a yes given meanwhile stays."""
    let_go(sight)
    rows = {row.pk: row for row in sight.changed}
    write(ProvisionedAccount, rows.values(), FIELDS)
    new = from_the_top(sight.new)
    ProvisionedAccount.objects.bulk_create(
        [ProvisionedAccount(target=sight.target, user=person, due_at=sight.now) for person in new],
        batch_size=AT_ONCE,
    )
    sight.target.accounts.filter(pk__in=[row.pk for row in sight.needless]).delete()


def look_at(sight: Look, keys: list[int]) -> None:
    rows = {row.user_id: row for row in sight.target.accounts.filter(user__in=keys)}
    known = User.objects.filter(pk__in=keys).filter(Q(is_active=True) | Q(pk__in=list(rows)))
    people = list(with_facts(known))
    superiors = superiors_of(sight.target, people)
    for person in people:
        row, wanted = rows.get(person.pk), is_wanted(person, sight.target)
        if row is None:
            if wanted:
                sight.new[person.pk] = person
        elif wanted:
            stays(sight, row, account_of(person, sight.target, superiors.get(person.manager_id, "")))
        else:
            leaves(sight, row)


def superiors_of(target: ProvisioningTarget, people: Iterable[User]) -> dict[int, str]:
    """Return the keys that the superiors of ``people`` have in the system, those that have one."""
    keys = {person.manager_id for person in people} - {None}
    rows = target.accounts.filter(user__in=keys, is_wanted=True).exclude(remote_id="")
    return dict(rows.values_list("user", "remote_id"))


def stays(sight: Look, row: ProvisionedAccount, flat: Flat) -> None:
    before = state_of(row)
    row.is_wanted, row.is_let_go, row.out_at, row.held_at = True, False, None, None
    if row.remote_id and not differing(flat, row.sent):
        row.due_at, row.tries, row.answer = None, 0, ""
    elif row.due_at is None or sight.is_asked:
        row.due_at = sight.now
    if state_of(row) != before:
        sight.changed.append(row)


def leaves(sight: Look, row: ProvisionedAccount) -> None:
    before = state_of(row)
    row.is_wanted = False
    if row.is_let_go and (row.is_on or not row.remote_id):
        if row.due_at is None or sight.is_asked:
            row.due_at = sight.now
    elif row.is_on or (row.tries and not row.remote_id):  # what was tried may have been made
        sight.leaving.append(row)
    elif row.remote_id:
        row.due_at, row.tries, row.answer, row.held_at = None, 0, "", None
    else:
        sight.needless.append(row)
    if state_of(row) != before:
        sight.changed.append(row)


def state_of(row: ProvisionedAccount) -> tuple:
    return tuple(getattr(row, name) for name in FIELDS)


def let_go(sight: Look) -> None:
    """Have those who leave switched off; when they are too many at once, they wait for somebody's yes."""
    new = [row for row in sight.leaving if row.held_at is None]
    if not new:
        return
    rows = sight.target.accounts
    lately = rows.filter(out_at__gt=sight.now - TOGETHER).exclude(pk__in=[row.pk for row in new]).count()
    if lately + len(new) > most_leavers(rows.filter(is_on=True).count()):
        for row in new:
            row.held_at, row.due_at = sight.now, None
        record(Action.ACCOUNTS_HELD, client=sight.target.application, count=len(new))
        accounts_held.send(ProvisioningTarget, system=sight.target.application, count=len(new))
    else:
        for row in new:
            row.is_let_go, row.out_at, row.due_at = True, sight.now, sight.now
    sight.changed += new


def from_the_top(people: dict[int, User]) -> list[User]:
    """Sort ``people`` so that superiors come before those they lead: whose key is known is named at once."""

    def depth(person: User) -> int:
        steps, seen = 0, {person.pk}
        while (above := people.get(person.manager_id)) and above.pk not in seen:
            seen.add(above.pk)
            person, steps = above, steps + 1
        return steps

    return sorted(people.values(), key=lambda person: (depth(person), person.pk))
