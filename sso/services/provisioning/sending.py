"""Sending what is due to one system, account by account, with a receipt for each."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.utils import timezone

from sso.models import ProvisionedAccount, ProvisioningTarget, User
from sso.models.provisioning import Receipt
from sso.scim import representation as scim
from sso.scim.answers import Failed, Problem
from sso.scim.client import CANNOT, Client
from sso.services.audit import Action, record
from sso.services.keys import seal
from sso.services.provisioning.looking import is_wanted, superiors_of
from sso.services.rules import with_facts

log = logging.getLogger(__name__)
AT_ONCE = 50  # accounts fetched together
SECONDS = 5  # of one job, so that others come in between
BUSY = timedelta(minutes=3)  # longer than one account can take
USERS = "Users"
OFF = scim.digest(False)
# How long what was refused waits: a person's account, and a system that has a fault.
AGAIN = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
]
RESTS = [timedelta(seconds=seconds) for seconds in (5, 20, 60, 300, 900)]
LEAST_REST = 1  # second
KEPT = ["remote_id", "sent", "seen", "due_at", "tries", "sent_at", "answer", "is_on", "members", "below"]
MOST_COUNTED = 10_000
MOST_FAULTS = 3  # of single accounts in a row, after which the system as a whole is left alone


@dataclass
class Line:
    """The way to one system while nobody else uses it."""

    target: ProvisioningTarget
    seconds: float = field(default_factory=lambda: SECONDS)
    began: float = field(default_factory=time.monotonic)
    has_broken: bool = False  # in this time

    @cached_property
    def client(self) -> Client:
        """Raises Failed when the token cannot be read."""
        try:
            token = seal().decrypt(self.target.sealed_token.encode()).decode()
        except InvalidToken:
            raise Failed(Problem.NO_TOKEN, is_whole=True) from None
        return Client(self.target.base_url, token)

    @property
    def is_over(self) -> bool:
        """Whether the time is up or the system is left alone."""
        return self.target.is_resting or time.monotonic() - self.began > self.seconds

    def learn(self) -> None:
        """Ask the system what it can; a system that has no such page can everything until it shows that it cannot."""
        try:
            can = self.client.config()
        except Failed as error:
            if error.is_whole or error.status not in {404, *CANNOT}:
                raise
            can = {"patch": True, "filter": True}
        if can != self.target.can:
            self.target.can = can
            self.target.save(update_fields=["can"])

    def hold(self) -> None:
        """Stay the one who sends for some minutes more."""
        ProvisioningTarget.objects.filter(pk=self.target.pk).update(busy_until=timezone.now() + BUSY)

    def worked(self) -> None:
        target = self.target
        target.sent_at = timezone.now()
        target.faults, target.fault, target.rests_until = 0, "", None
        target.save(update_fields=["sent_at", "faults", "fault", "rests_until"])

    def broke(self, error: Failed) -> None:
        """Count a fault of the system; after some in a row, or one that concerns all, it is left alone for a while."""
        target = self.target
        target.faults, target.fault = min(target.faults + 1, MOST_COUNTED), error.answer
        if error.is_whole or target.faults >= MOST_FAULTS:
            rest = rest_after(error, target.faults)
            target.rests_until = timezone.now() + rest
            self.has_broken = True
            log.warning("%s takes no accounts: %s. Again in %s.", target, error.answer, rest)
        target.save(update_fields=["faults", "fault", "rests_until"])


def rest_after(error: Failed, faults: int) -> timedelta:
    """Return how long a system is left alone that has failed so many times in a row: the longer, the more often.

    What it asks for itself is enough the first time: many let no more through than so many requests a minute.
    """
    asked = timedelta(seconds=max(error.after or 0, LEAST_REST))
    if error.after is not None and faults == 1:
        return asked
    return max(RESTS[min(faults, len(RESTS)) - 1], asked)


def send_accounts(line: Line) -> None:
    """Send what is due until nothing is left or the line is over."""
    while not line.is_over:
        rows = list(line.target.accounts.due(timezone.now())[:AT_ONCE])
        if not rows:
            return
        people = {
            one.pk: one for one in with_facts(User.objects.filter(pk__in=[row.user_id for row in rows]))
        }
        superiors = superiors_of(line.target, people.values())
        line.hold()
        for row in rows:
            if line.is_over:
                return
            person = people[row.user_id]
            send(line, row, person, superiors.get(person.manager_id, ""))
            if row.is_on:
                superiors[person.pk] = row.remote_id


def send(line: Line, row: ProvisionedAccount, person: User, manager: str) -> None:
    """Send one account and keep the receipt."""
    system = line.target.application
    if is_wanted(person, line.target) != row.is_wanted:  # changed since: that is on its way, and looks again
        row.due_at = timezone.now() + timedelta(minutes=1)
        keep_receipt(row)
        return
    try:
        errand = Errand(line, row, scim.account_of(person, line.target, manager))
        done = errand.keep() if row.is_wanted else errand.switch_off()
    except Failed as error:
        refused(line, row, person, error)
        return
    except Exception:
        log.exception("An account could not be sent to %s.", line.target)
        refused(line, row, person, Failed(Problem.INTERNAL))
        return
    row.due_at, row.tries, row.answer, row.sent_at = None, 0, "", timezone.now()
    with transaction.atomic():
        keep_receipt(row)
        for action, detail in done:
            record(action, person=person, client=system, **detail)
        if errand.is_new:
            led = line.target.accounts.filter(user__manager=person, is_wanted=True, due_at=None, answer="")
            led.update(due_at=timezone.now())
    line.worked()


def refused(line: Line, row: ProvisionedAccount, person: User, error: Failed) -> None:
    """Keep why an account was not taken, and try again later; others come first."""
    with transaction.atomic():
        if not error.is_whole:
            if not row.answer:
                record(
                    Action.ACCOUNT_REFUSED, person=person, client=line.target.application, answer=error.answer
                )
            row.answer = error.answer
        wait(row, error)
        keep_receipt(row)
    if error.is_whole or error.is_fault:
        line.broke(error)


def wait(row: Receipt, error: Failed) -> None:
    """Set when it is tried again: after a fault of the system later than that rests, so that others come first."""
    row.tries = min(row.tries + 1, MOST_COUNTED)
    step = min(row.tries, len(AGAIN)) - 1
    row.due_at = timezone.now() + (2 * RESTS[step] if error.is_whole else AGAIN[step])


def keep_receipt(row: Receipt) -> None:
    """Store ``row``, unless somebody has removed it meanwhile; one that nothing came of is removed."""
    stored = type(row).objects.filter(pk=row.pk)
    if row.remote_id or row.due_at:
        stored.update(**{name: getattr(row, name) for name in KEPT if hasattr(row, name)})
    else:
        stored.delete()


def find(line: Line, kind: str, name: str, value: str) -> list[scim.Flat]:
    """Return the system's resources whose attribute ``name`` is ``value``; where no filter helps, of the whole list."""
    if line.target.can.get("filter", True):
        try:
            return line.client.find(kind, name, value, can_filter=True)
        except Failed as error:
            if error.status not in {400, *CANNOT}:
                raise
    return line.client.find(kind, name, value, can_filter=False)


def change(line: Line, kind: str, row: Receipt, operations: list, merged: Callable[[dict], dict]) -> None:
    """Change a resource: by PATCH where the system can, else what it has is sent back as ``merged`` makes it."""
    if line.target.can.get("patch", True):
        try:
            return line.client.patch(kind, row.remote_id, scim.patch(operations))
        except Failed as error:
            if error.status not in CANNOT:
                raise
        line.target.can = {**line.target.can, "patch": False}
        line.target.save(update_fields=["can"])
    resource = line.client.get(kind, row.remote_id)
    line.client.put(kind, row.remote_id, merged(resource))


class Errand:
    """What is done about one account. ``row`` says afterwards what the system has confirmed, also when it fails."""

    def __init__(self, line: Line, row: ProvisionedAccount, flat: scim.Flat):
        self.line, self.row, self.flat = line, row, flat
        self.client, self.target = line.client, line.target
        self.is_new = False

    def keep(self) -> list[tuple[Action, dict]]:
        """Make the system's account what it shall be. Returns what to write into the record."""
        row, acts = self.row, []
        if row.remote_id:
            was_off = bool(row.sent) and not row.is_on
            changes = scim.differing(self.flat, row.sent)
            try:
                self.set(changes)
            except Failed as error:
                if error.status != 404:
                    raise
                row.remote_id, row.sent, row.is_on = "", {}, False
            else:
                self.confirmed()
                if was_off:
                    acts.append((Action.ACCOUNT_ON, {}))
                names = sorted(path.rpartition(":")[2] for path in changes if path != "active")
                return acts + ([(Action.ACCOUNT_SENT, {"changed": names})] if names else [])
        return self.make()

    def make(self) -> list[tuple[Action, dict]]:
        row = self.row
        found = self.mine() if row.tries or row.sent_at else None
        if found is None:
            try:
                row.remote_id = self.unused(self.client.create(USERS, scim.as_resource(self.flat, scim.USER)))
            except Failed as error:
                if error.status != 409:
                    raise
                found = self.mine()
                if found is None:
                    raise Failed(Problem.HIDDEN) from None
        self.is_new = True
        if found is not None:
            row.remote_id, row.sent = self.unused(found["id"]), {}
            self.set(self.flat)
        self.confirmed()
        return [(Action.ACCOUNT_MADE if found is None else Action.ACCOUNT_ADOPTED, {"key": row.remote_id})]

    def switch_off(self) -> list[tuple[Action, dict]]:
        """Have the account switched off, if there is one. Nothing else is told of who may not enter."""
        row = self.row
        if not row.remote_id:
            found = self.mine()
            if found is None:
                return []
            row.remote_id = self.unused(found["id"])
        try:
            self.set({"active": False})
        except Failed as error:
            if error.status != 404:
                raise
            row.remote_id, row.sent = "", {}
        row.sent = {**row.sent, "active": OFF}
        row.is_on = False
        return [(Action.ACCOUNT_OFF, {})]

    def confirmed(self) -> None:
        self.row.sent, self.row.is_on = scim.digests(self.flat), True

    def set(self, changes: scim.Flat) -> None:
        if changes:
            change(
                self.line,
                USERS,
                self.row,
                scim.operations(changes),
                lambda resource: scim.merged(resource, changes, scim.USER),
            )

    def mine(self) -> scim.Flat | None:
        """Return the system's account of this person, None when it has none.

        By our identifier, else by the account name as long as it belongs to nobody: names are given anew, and nobody
        inherits an account with one.
        """
        ours = self.flat["externalId"]
        rows = find(self.line, USERS, "externalId", ours)
        if not rows:
            rows = find(self.line, USERS, "userName", self.flat["userName"])
            if any(row.get("externalId") not in {None, "", ours} for row in rows):
                raise Failed(Problem.TAKEN)
        if len(rows) > 1:
            raise Failed(Problem.TWICE)
        return rows[0] if rows else None

    def unused(self, key: str) -> str:
        """Return ``key``. Raises Failed when it is the account of somebody else."""
        if self.target.accounts.filter(remote_id=key).exclude(pk=self.row.pk).exists():
            raise Failed(Problem.TAKEN)
        return key
