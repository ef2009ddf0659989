"""The system's own list beside ours: what has drifted is mended, what is not ours is told and left alone."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice

from django.utils import timezone

from sso.models import ProvisionedAccount, User
from sso.oauth.claims import subject_of
from sso.scim import representation as scim
from sso.services.audit import Action, plain, record
from sso.services.provisioning.groups import GROUPS, members_of, wishes
from sso.services.provisioning.looking import superiors_of
from sso.services.provisioning.sending import OFF, USERS, Line
from sso.services.rules import with_facts
from sso.services.sync.writing import write

AT_ONCE = 500
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


class Book:
    """Our rows by what a system may call them."""

    def __init__(self, line: Line):
        target = line.target
        rows = list(target.accounts.select_related("user"))
        self.by_key = {row.remote_id: row for row in rows if row.remote_id}
        free = [row for row in rows if not row.remote_id]
        self.by_external = {subject_of(row.user, target.application): row for row in free}
        self.by_name = {scim.user_name_of(row.user, target).casefold(): row for row in free if row.is_wanted}
        self.seen: set[int] = set()

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


def compare(line: Line) -> None:
    """Note what has drifted in the system as due, and keep what was found. Raises Failed.

    Nothing is concluded from a list that did not come whole.
    """
    book, found = Book(line), Findings()
    for page in batches(line.client.all(USERS)):
        line.hold()
        found.there += len(page)
        pairs = [(book.row_of(resource), resource) for resource in page]
        for row, resource in pairs:
            if row is None:
                found.unknown += 1
                if len(found.names) < MOST_NAMES:
                    found.names.append(plain(resource.get("userName") or resource["id"], LONGEST_NAME))
        compare_page(line, found, [(row, resource) for row, resource in pairs if row is not None])
    # Whoever is still to be switched off stays so until the system itself says that there is no such account.
    unseen = [row for row in book.by_key.values() if row.pk not in book.seen]
    lost = [row for row in unseen if row.is_wanted or not row.is_on]
    for row in lost:
        found.missing += row.is_on
        row.remote_id, row.sent, row.seen, row.is_on = "", {}, "", False
        row.due_at = timezone.now() if row.is_wanted else None
    write(ProvisionedAccount, lost, FIELDS)
    line.target.accounts.filter(remote_id="", is_wanted=False, due_at=None, held_at=None).delete()
    if line.target.with_groups:
        compare_groups(line)
    line.target.findings, line.target.compared_at = asdict(found), timezone.now()
    line.target.save(update_fields=["findings", "compared_at"])
    line.worked()
    told = {name: count for name, count in asdict(found).items() if name != "names"}
    record(Action.ACCOUNTS_COMPARED, client=line.target.application, **told)


def batches(resources: Iterable[dict]) -> Iterator[list[dict]]:
    resources = iter(resources)
    while page := list(islice(resources, AT_ONCE)):
        yield page


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


def compare_groups(line: Line) -> None:
    """Note which members the system's groups have; what is not as it shall be is then sent."""
    rows = {wish.row.remote_id: wish for wish in wishes(line.target) if wish.row.remote_id}
    for group in line.client.all(GROUPS):
        line.hold()
        wish = rows.pop(group["id"], None)
        if wish is None:
            continue
        row, members = wish.row, members_of(line, group)
        lacking = scim.lacking(wish.flat, group)
        if members != row.members or lacking:
            row.members = members
            row.sent = {path: known for path, known in row.sent.items() if path not in lacking}
            row.save(update_fields=["members", "sent"])
    for wish in rows.values():
        wish.row.remote_id, wish.row.sent, wish.row.members = "", {}, []
        wish.row.save(update_fields=["remote_id", "sent", "members"])
