"""Units as groups of a system: who holds a post in a unit and has an account there is a member.

Where the target wants it, the groups of the units below are members, too (RFC 7643 §4.2).
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from sso.models import Post, ProvisionedGroup, Unit
from sso.scim import representation as scim
from sso.scim.answers import Failed, Problem
from sso.services.audit import Action, record
from sso.services.provisioning.sending import Line, change, find, keep_receipt, wait

log = logging.getLogger(__name__)
GROUPS = "Groups"
AT_ONCE = 100  # members in one request


class Member(NamedTuple):
    """An account or a group of the system, by its key there."""

    key: str
    is_group: bool = False

    @property
    def value(self) -> dict[str, str]:
        return {"value": self.key} | ({"type": "Group"} if self.is_group else {})


@dataclass
class Wish:
    """What the group of one unit shall be; ``people`` are keys of accounts, ``below`` the groups that it contains."""

    row: ProvisionedGroup
    flat: scim.Flat
    people: set[str]
    below: list["Wish"] = field(default_factory=list)

    @property
    def members(self) -> set[Member]:
        """Who shall be in it, as far as the groups below have been made by now."""
        groups = {Member(wish.row.remote_id, True) for wish in self.below if wish.row.remote_id}
        return groups | {Member(key) for key in self.people}

    @property
    def confirmed(self) -> set[Member]:
        return {Member(key) for key in self.row.members} | {Member(key, True) for key in self.row.below}

    @property
    def changes(self) -> scim.Flat:
        return scim.differing(self.flat, self.row.sent)

    @property
    def coming(self) -> list[Member]:
        return sorted(self.members - self.confirmed)

    @property
    def going(self) -> list[Member]:
        return sorted(self.confirmed - self.members)

    def confirm(self, members: Iterable[Member]) -> None:
        """Keep that the system has just these members of ours."""
        members = sorted(members)
        self.row.members = [one.key for one in members if not one.is_group]
        self.row.below = [one.key for one in members if one.is_group]

    @property
    def is_fulfilled(self) -> bool:
        return bool(self.row.remote_id) and not (self.changes or self.coming or self.going)


def wishes(target) -> list[Wish]:
    """Return what the groups shall be, each before the one that contains it. One that was made stays, even empty."""
    if not target.with_groups or "organization" not in target.application.allowed_scopes:
        return []
    here = dict(target.accounts.filter(is_wanted=True, is_on=True).values_list("user", "remote_id"))
    members = defaultdict(set)
    for unit, person in Post.objects.current().values_list("unit", "user"):
        if person in here:
            members[unit].add(here[person])
    rows = {row.unit_id: row for row in target.groups.all()}
    names = Counter(Unit.objects.values_list("name_vi", flat=True))
    are_nested = target.group_members == target.Members.BELOW
    keys = members.keys() | rows.keys()
    if are_nested:
        keys = with_those_above(keys)
    found = {}
    for unit in Unit.objects.filter(pk__in=keys).select_related("parent").order_by("path"):
        row = rows.get(unit.pk) or ProvisionedGroup(target=target, unit=unit)
        found[unit.pk] = wish = Wish(row, scim.group_of(unit, names), members[unit.pk])
        if are_nested and unit.parent_id in found:
            found[unit.parent_id].below.append(wish)
    return list(reversed(found.values()))


def with_those_above(units: Iterable[int]) -> set[int]:
    """Return the keys of ``units`` and of all units that they are in, at whatever depth."""
    above = dict(Unit.objects.values_list("pk", "parent"))
    found: set[int] = set()
    for unit in units:
        while unit is not None and unit not in found:
            found.add(unit)
            unit = above.get(unit)
    return found


def send_groups(line: Line) -> None:
    """Send every group that is not as it shall be, unless it waits or the line is over."""
    for wish in wishes(line.target):
        if line.is_over:
            return
        row, now = wish.row, timezone.now()
        if wish.is_fulfilled:
            if row.due_at:
                row.due_at, row.tries, row.answer = None, 0, ""
                row.save()
            continue
        if row.pk is None:
            row.due_at = now
            row.save()
        if row.due_at is None or row.due_at <= now:
            send(line, wish)


def send(line: Line, wish: Wish) -> None:
    row, system = wish.row, line.target.application
    line.hold()
    try:
        action = bring(line, wish)
    except Failed as error:
        refused(line, wish, error)
        return
    except Exception:
        log.exception("A group could not be sent to %s.", line.target)
        refused(line, wish, Failed(Problem.INTERNAL))
        return
    row.due_at, row.tries, row.answer, row.sent_at = None, 0, "", timezone.now()
    with transaction.atomic():
        keep_receipt(row)
        record(
            action, client=system, unit=wish.flat["displayName"], members=len(row.members) + len(row.below)
        )
    line.worked()


def refused(line: Line, wish: Wish, error: Failed) -> None:
    row = wish.row
    with transaction.atomic():
        if not error.is_whole:
            if not row.answer:
                told = {"unit": wish.flat["displayName"], "answer": error.answer}
                record(Action.GROUP_REFUSED, client=line.target.application, **told)
            row.answer = error.answer
        wait(row, error)
        keep_receipt(row)
    if error.is_whole or error.is_fault:
        line.broke(error)


def bring(line: Line, wish: Wish) -> Action:
    """Make the system's group what it shall be; ``wish.row`` says what it has confirmed, also when it fails."""
    row = wish.row
    if row.remote_id:
        try:
            set_group(line, wish)
            return Action.GROUP_SENT
        except Failed as error:
            if error.status != 404:
                raise
        row.remote_id, row.sent = "", {}
        wish.confirm([])
    found = mine(line, wish) if row.tries or row.sent_at or row.answer else None
    if found is None:
        try:
            make_group(line, wish)
            return Action.GROUP_MADE
        except Failed as error:
            if error.status != 409:
                raise
        found = mine(line, wish)
        if found is None:
            raise Failed(Problem.HIDDEN)
    if line.target.groups.filter(remote_id=found["id"]).exclude(pk=row.pk).exists():
        raise Failed(Problem.TAKEN)
    row.remote_id, row.sent = found["id"], {}
    wish.confirm(members_of(line, wish, found))
    set_group(line, wish)
    return Action.GROUP_ADOPTED


def make_group(line: Line, wish: Wish) -> None:
    members = sorted(wish.members)
    resource = scim.as_resource(wish.flat, scim.GROUP)
    if members:
        resource["members"] = [one.value for one in members]
    key = line.client.create(GROUPS, resource)
    wish.row.remote_id, wish.row.sent = key, scim.digests(wish.flat)
    wish.confirm(members)


def mine(line: Line, wish: Wish) -> dict | None:
    """Return the system's group of this unit, None when it has none; one of the same name that belongs to nobody is."""
    ours = wish.flat["externalId"]
    rows = find(line, GROUPS, "externalId", ours) or [
        row
        for row in find(line, GROUPS, "displayName", wish.flat["displayName"])
        if row.get("externalId") in {None, "", ours}
    ]
    if len(rows) > 1:
        raise Failed(Problem.TWICE)
    return rows[0] if rows else None


def members_of(line: Line, wish: Wish, group: dict) -> set[Member]:
    """Return those members of the system's ``group`` that are ours; others are left alone.

    A group of ours that its own admin has put there is ours only where groups shall be in groups.
    """
    accounts = set(line.target.accounts.exclude(remote_id="").values_list("remote_id", flat=True))
    groups = set(wish.row.below)
    if line.target.group_members == line.target.Members.BELOW:
        groups |= set(line.target.groups.exclude(remote_id="").values_list("remote_id", flat=True))
    found = set()
    for row in rows_in(group.get("members")):
        key, kind = row["value"], str(row.get("type", "")).casefold()
        if key in accounts and kind != "group":
            found.add(Member(key))
        if key in groups and kind != "user":
            found.add(Member(key, True))
    return found


def rows_in(members) -> list[dict]:
    rows = members if isinstance(members, list) else []
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get("value"), str)]


def set_group(line: Line, wish: Wish) -> None:
    """Set name and members, a hundred at a time; what is confirmed stays confirmed when the rest fails."""
    row, changes = wish.row, wish.changes
    coming, going = wish.coming, wish.going
    while changes or coming or going:
        here, coming = coming[:AT_ONCE], coming[AT_ONCE:]
        gone, going = going[:AT_ONCE], going[AT_ONCE:]
        steps = scim.operations(changes)
        if here:
            steps.append({"op": "add", "path": "members", "value": [one.value for one in here]})
        steps += [{"op": "remove", "path": f'members[value eq "{one.key}"]'} for one in gone]

        def merged(resource: dict, changes=changes, here=here, gone=gone) -> dict:
            whole = scim.merged(resource, changes, scim.GROUP)
            leaving = {one.key for one in gone}
            kept = [row for row in rows_in(whole.get("members")) if row["value"] not in leaving]
            known = {row["value"] for row in kept}
            rows = [{name: row[name] for name in ("value", "type") if name in row} for row in kept]
            return whole | {"members": rows + [one.value for one in here if one.key not in known]}

        change(line, GROUPS, row, steps, merged)
        if changes:
            row.sent, changes = scim.digests(wish.flat), {}
        wish.confirm((wish.confirmed | set(here)) - set(gone))
