"""The system's own list beside ours: what has drifted is mended, what is not ours is told and left alone.

A list that takes longer than a turn is read on in the next one, so that a slow system keeps no other waiting.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from sso.models import ProvisionedAccount, ProvisioningTarget, User
from sso.oauth.claims import subject_of
from sso.scim import representation as scim
from sso.scim.client import Reading
from sso.services.audit import Action, plain, record
from sso.services.provisioning.groups import GROUPS, Wish, members_of, wishes
from sso.services.provisioning.looking import superiors_of
from sso.services.provisioning.sending import OFF, USERS, Line
from sso.services.rules import with_facts
from sso.services.sync.writing import write

AT_ONCE = 500
LONGEST = timedelta(hours=1)  # that a list read so far is gone on with
MOST_NAMES = 50
LONGEST_NAME = 100
FIELDS = ["remote_id", "sent", "seen", "due_at", "tries", "answer", "is_on"]


@dataclass
class Findings:
    """What was found: how many accounts are there, and what was to be done about them."""

    there: int = 0
    adopted: int = 0
    drifted: int = 0
    stubborn: int = 0  # shows the same as before it was mended
    missing: int = 0
    unknown: int = 0
    names: list[str] = field(default_factory=list)  # of some that are unknown


@dataclass
class Comparison:
    """What has been compared so far: whole lists, and a part of the one of ``kind``."""

    kind: str = USERS
    reading: Reading = field(default_factory=Reading)
    found: Findings = field(default_factory=Findings)
    began: datetime = field(default_factory=timezone.now)

    @classmethod
    def of(cls, target: ProvisioningTarget) -> "Comparison":
        """Return the one that ``target`` is in, or a new one."""
        kept = target.reading
        if not kept or timezone.now() - datetime.fromisoformat(kept["began"]) > LONGEST:
            return cls()
        reading = Reading(set(kept["seen"]), kept["start"])
        return cls(kept["kind"], reading, Findings(**kept["found"]), datetime.fromisoformat(kept["began"]))

    def keep(self, target: ProvisioningTarget) -> None:
        target.reading = {
            "kind": self.kind,
            "seen": sorted(self.reading.seen),
            "start": self.reading.start,
            "found": asdict(self.found),
            "began": self.began.isoformat(),
        }
        target.save(update_fields=["reading"])

    def batches(self, line: Line) -> Iterator[list[dict]]:
        """Yield what is new on some pages together, until the list ends or the time is up; one page in any case."""
        while not self.reading.is_done:
            batch = []
            while not self.reading.is_done and len(batch) < AT_ONCE:
                line.hold()
                batch += line.client.more(self.kind, self.reading)
                if line.is_over:
                    break
            yield batch
            if line.is_over:
                return

    def has_lost(self, row) -> bool:
        """Say whether the whole list does not show what ``row`` says that the system has, and had when it began."""
        return row.remote_id not in self.reading.seen and not (row.sent_at and row.sent_at >= self.began)


class Book:
    """Our rows by what a system may call them, without those that it has shown already."""

    def __init__(self, line: Line, seen: set[str]):
        target = line.target
        rows = list(target.accounts.select_related("user"))
        self.by_key = {row.remote_id: row for row in rows if row.remote_id}
        free = [row for row in rows if not row.remote_id]
        self.by_external = {subject_of(row.user, target.application): row for row in free}
        self.by_name = {scim.user_name_of(row.user, target).casefold(): row for row in free if row.is_wanted}
        self.seen = {row.pk for key, row in self.by_key.items() if key in seen}

    def row_of(self, resource: dict) -> ProvisionedAccount | None:
        """Return whose account ``resource`` is; each row once."""
        external, name = resource.get("externalId"), resource.get("userName")
        row = self.by_key.get(resource["id"])
        if row is None and isinstance(external, str) and external:
            row = self.by_external.get(external)
        elif row is None and isinstance(name, str):
            row = self.by_name.get(name.casefold())
        if row is None or row.pk in self.seen:
            return None
        self.seen.add(row.pk)
        return row


def compare(line: Line) -> bool:
    """Note what has drifted in the system as due, and keep what was found. Raises Failed.

    Returns False when the time was up before the lists were; the next call goes on there. Nothing is concluded from a
    list that did not come whole.
    """
    target = line.target
    this = Comparison.of(target)
    if this.kind == USERS:
        book = Book(line, this.reading.seen)
        for page in this.batches(line):
            compare_page(line, this.found, pairs_of(book, page, this.found))
        if not this.reading.is_done:
            this.keep(target)
            return False
        look_for_lost(line, this, book)
        this.kind, this.reading = GROUPS, Reading()
    if target.with_groups:
        groups = {wish.row.remote_id: wish for wish in wishes(target) if wish.row.remote_id}
        for page in this.batches(line):
            compare_groups(line, groups, page)
        if not this.reading.is_done:
            this.keep(target)
            return False
        forget_lost_groups(this, groups.values())
    target.findings, target.compared_at, target.reading = asdict(this.found), timezone.now(), {}
    target.save(update_fields=["findings", "compared_at", "reading"])
    line.worked()
    told = {name: count for name, count in target.findings.items() if name != "names"}
    record(Action.ACCOUNTS_COMPARED, client=target.application, **told)
    return True


def pairs_of(book: Book, page: list[dict], found: Findings) -> list[tuple[ProvisionedAccount, dict]]:
    """Return those of ``page`` that are ours, each with its row; the others are counted."""
    found.there += len(page)
    pairs = []
    for resource in page:
        if row := book.row_of(resource):
            pairs.append((row, resource))
            continue
        found.unknown += 1
        if len(found.names) < MOST_NAMES:
            found.names.append(plain(resource.get("userName") or resource["id"], LONGEST_NAME))
    return pairs


def look_for_lost(line: Line, this: Comparison, book: Book) -> None:
    """Have made again what the system no longer shows.

    Whoever is still to be switched off stays so until the system itself says that there is no such account.
    """
    unseen = [row for row in book.by_key.values() if this.has_lost(row)]
    lost = [row for row in unseen if row.is_wanted or not row.is_on]
    for row in lost:
        this.found.missing += row.is_on
        row.remote_id, row.sent, row.seen, row.is_on = "", {}, "", False
        row.due_at = timezone.now() if row.is_wanted else None
    write(ProvisionedAccount, lost, FIELDS)
    line.target.accounts.filter(remote_id="", is_wanted=False, due_at=None, held_at=None).delete()


def compare_page(line: Line, found: Findings, pairs: list[tuple[ProvisionedAccount, dict]]) -> None:
    people = {
        one.pk: one
        for one in with_facts(User.objects.filter(pk__in=[row.user_id for row, _resource in pairs]))
    }
    superiors = superiors_of(line.target, people.values())
    changed = []
    for row, resource in pairs:
        person = people[row.user_id]
        flat = scim.account_of(person, line.target, superiors.get(person.manager_id, ""))
        if not row.remote_id:
            row.remote_id, row.sent, row.is_on = resource["id"], {}, scim.is_on(resource.get("active"))
            found.adopted += 1
            changed.append(row)
        if compare_account(row, flat, resource, found):
            changed.append(row)
    write(ProvisionedAccount, changed, FIELDS)


def compare_account(row: ProvisionedAccount, flat: scim.Flat, resource: dict, found: Findings) -> bool:
    """Have sent again what the system no longer shows. Returns whether ``row`` has changed.

    What it shows after mending as it did before it cannot keep; it is not sent every night, but for whether the
    account is on.
    """
    now = timezone.now()
    if not row.is_wanted:
        if scim.is_on(resource.get("active")) == row.is_on:
            return False
        row.is_on = not row.is_on
        row.sent = {**row.sent, "active": "" if row.is_on else OFF}
        if row.is_on and row.is_let_go:
            found.drifted += 1
            row.due_at = now
        return True
    lacking, theirs = scim.lacking(flat, resource), scim.digests(flat)
    if not row.sent:  # it has just been found; what it shows need not be sent
        row.sent = {path: made for path, made in theirs.items() if path not in lacking}
        row.is_on, row.due_at = "active" not in lacking, now if lacking else None
        row.tries, row.answer = 0, ""
        return True
    if not lacking:
        was, row.seen = row.seen, ""
        return bool(was)
    seen = scim.fingerprint(flat, resource)
    if seen == row.seen and "active" not in lacking:
        found.stubborn += 1
        return False
    found.drifted += 1
    row.seen, row.is_on = seen, "active" not in lacking
    row.sent = {path: known for path, known in row.sent.items() if path not in lacking}
    row.due_at = row.due_at or now
    return True


def compare_groups(line: Line, groups: dict[str, Wish], page: list[dict]) -> None:
    """Note which members the system's groups have; what is not as it shall be is then sent."""
    for group in page:
        wish = groups.get(group["id"])
        if wish is None:
            continue
        row, members = wish.row, members_of(line, wish, group)
        lacking = scim.lacking(wish.flat, group)
        if members != wish.confirmed or lacking:
            wish.confirm(members)
            row.sent = {path: known for path, known in row.sent.items() if path not in lacking}
            row.save(update_fields=["members", "below", "sent"])


def forget_lost_groups(this: Comparison, groups: Iterable[Wish]) -> None:
    """Have made again the groups that the system no longer shows."""
    for wish in groups:
        if this.has_lost(wish.row):
            wish.row.remote_id, wish.row.sent = "", {}
            wish.confirm([])
            wish.row.save(update_fields=["remote_id", "sent", "members", "below"])
