"""Units as groups of a system: who holds a post in a unit and has an account there is a member."""

import logging
from collections import Counter, defaultdict
from dataclasses import dataclass

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


@dataclass
class Wish:
    """What the group of one unit shall be."""

    row: ProvisionedGroup
    flat: scim.Flat
    members: set[str]

    @property
    def changes(self) -> scim.Flat:
        return scim.differing(self.flat, self.row.sent)

    @property
    def coming(self) -> list[str]:
        return sorted(self.members - set(self.row.members))

    @property
    def going(self) -> list[str]:
        return sorted(set(self.row.members) - self.members)

    @property
    def is_fulfilled(self) -> bool:
        return bool(self.row.remote_id) and not (self.changes or self.coming or self.going)


def wishes(target) -> list[Wish]:
    """Return what the groups shall be, the highest units first. A group that was made stays, even without members."""
    if not target.with_groups or "organization" not in target.application.allowed_scopes:
        return []
    here = dict(target.accounts.filter(is_wanted=True, is_on=True).values_list("user", "remote_id"))
    members = defaultdict(set)
    for unit, person in Post.objects.current().values_list("unit", "user"):
        if person in here:
            members[unit].add(here[person])
    rows = {row.unit_id: row for row in target.groups.all()}
    names = Counter(Unit.objects.values_list("name_vi", flat=True))
    units = Unit.objects.filter(pk__in=members.keys() | rows.keys()).select_related("parent").order_by("path")
    return [
        Wish(
            rows.get(unit.pk) or ProvisionedGroup(target=target, unit=unit),
            scim.group_of(unit, names),
            members[unit.pk],
        )
        for unit in units
    ]


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
        record(action, client=system, unit=wish.flat["displayName"], members=len(row.members))
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
        row.remote_id, row.sent, row.members = "", {}, []
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
    row.members = members_of(line, found)
    set_group(line, wish)
    return Action.GROUP_ADOPTED


def make_group(line: Line, wish: Wish) -> None:
    members = sorted(wish.members)
    resource = scim.as_resource(wish.flat, scim.GROUP)
    if members:
        resource["members"] = [{"value": key} for key in members]
    key = line.client.create(GROUPS, resource)
    wish.row.remote_id, wish.row.sent, wish.row.members = key, scim.digests(wish.flat), members


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


def members_of(line: Line, group: dict) -> list[str]:
    """Return those members of the system's ``group`` that are accounts of ours; others are left alone."""
    ours = line.target.accounts.exclude(remote_id="").values_list("remote_id", flat=True)
    return sorted(keys_in(group.get("members")) & set(ours))


def keys_in(members) -> set[str]:
    rows = members if isinstance(members, list) else []
    return {row["value"] for row in rows if isinstance(row, dict) and isinstance(row.get("value"), str)}


def set_group(line: Line, wish: Wish) -> None:
    """Set name and members, a hundred at a time; what is confirmed stays confirmed when the rest fails."""
    row, changes = wish.row, wish.changes
    coming, going = wish.coming, wish.going
    while changes or coming or going:
        here, coming = coming[:AT_ONCE], coming[AT_ONCE:]
        gone, going = going[:AT_ONCE], going[AT_ONCE:]
        steps = scim.operations(changes)
        if here:
            steps.append({"op": "add", "path": "members", "value": [{"value": key} for key in here]})
        steps += [{"op": "remove", "path": f'members[value eq "{key}"]'} for key in gone]

        def merged(resource: dict, changes=changes, here=here, gone=gone) -> dict:
            whole = scim.merged(resource, changes, scim.GROUP)
            keys = (keys_in(whole.get("members")) | set(here)) - set(gone)
            return whole | {"members": [{"value": key} for key in sorted(keys)]}

        change(line, GROUPS, row, steps, merged)
        if changes:
            row.sent, changes = scim.digests(wish.flat), {}
        row.members = sorted((set(row.members) | set(here)) - set(gone))
