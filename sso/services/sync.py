"""Bringing the directory's units, people, posts and roles in. Everything is matched by entryUUID.

Nobody and no unit is ever deleted: who has left is disabled, a unit or post that has gone ends yesterday.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from sso.directory import DirectoryIncomplete, PersonEntry, PostEntry, Snapshot, UnitEntry
from sso.models import Post, Role, Unit, User
from sso.services.sessions import revoke_everything

log = logging.getLogger(__name__)
BATCH = 200
MOST_LEAVERS = 20
MOST_LEAVERS_SHARE = 0.02
LANGUAGES = {code for code, _name in settings.LANGUAGES}


class NeedsConfirmation(Exception):
    """So much would be disabled or ended that a human has to say yes first."""


@dataclass
class Report:
    """What was changed: one line for each thing, and how many of each kind."""

    lines: list[str] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    tell: Callable[[str], None] = lambda line: None

    def add(self, kind: str, what: object) -> None:
        self.lines.append(f"{kind}: {what}")
        self.counts[kind] += 1


def sync(
    snapshot: Snapshot, *, confirmed: bool = False, dry_run: bool = False, tell: Callable[[str], None] = print
) -> Report:
    """Make our rows what ``snapshot`` says, all or nothing, and return what changed.

    Raises DirectoryIncomplete when it cannot be the whole directory, NeedsConfirmation when more than 20
    people or 2 % would be disabled and it is not ``confirmed``.
    """
    report = Report(tell=tell)
    refuse_incomplete(snapshot)
    with transaction.atomic():
        tell("Units …")
        units = sync_units(snapshot.units, report)
        tell("People …")
        people = sync_people(snapshot.people, report)
        tell("Posts …")
        sync_posts(snapshot.people, people, units, report)
        tell("Roles …")
        sync_roles(snapshot, people, units, report)
        leavers = report.counts["person disabled"]
        refuse_unconfirmed(leavers, report.counts["unit ended"], confirmed or dry_run)
        transaction.set_rollback(dry_run)
    for complaint in snapshot.complaints:
        report.add("entry left out", complaint)
    if not dry_run:
        log.info("Directory read: %s", dict(report.counts) or "no changes")
    return report


# --- refusing ------------------------------------------------------------------------------------


def refuse_incomplete(snapshot: Snapshot) -> None:
    """Raise DirectoryIncomplete for a directory that is empty, half read, or not readable to us any more."""
    units, people, roles = snapshot.units, snapshot.people, snapshot.roles
    if not units or not people:
        raise DirectoryIncomplete(
            f"The directory shows {len(units)} units and {len(people)} people below the base."
        )
    unread = len(snapshot.complaints)
    if unread > max(MOST_LEAVERS, MOST_LEAVERS_SHARE * (len(people) + unread)) or unread > len(people):
        first = snapshot.complaints[0]
        raise DirectoryIncomplete(f"{unread} entries cannot be read, the first: {first}. Lost rights?")
    known = {unit.dn for unit in units}
    tops = [unit.code for unit in units if unit.parent_dn not in known]
    if len(tops) != 1:
        raise DirectoryIncomplete(
            f"One unit must stand above all others; {len(tops)} have none above: {tops[:5]}."
        )
    for what, now, before in [
        ("mail addresses", sum(bool(p.mail) for p in people), directory_people().exclude(email="").count()),
        (
            "posts",
            sum(bool(p.posts) for p in people),
            directory_people().filter(posts__isnull=False).distinct().count(),
        ),
        ("roles", len(roles), Role.objects.filter(source=Role.Source.DIRECTORY).count()),
    ]:
        if before and not now:
            raise DirectoryIncomplete(f"The directory shows no {what} any more. Lost rights?")
    for kind, values in [("uid", [p.uid for p in people]), ("unit code", [u.code for u in units])]:
        twice = [value for value, count in Counter(values).items() if count > 1]
        if twice:
            raise DirectoryIncomplete(f"Two entries have the {kind} {twice[0]!r}.")


def refuse_unconfirmed(leavers: int, closing: int, confirmed: bool) -> None:
    before = leavers + directory_people().active().count()
    too_many = leavers > MOST_LEAVERS or leavers > MOST_LEAVERS_SHARE * before or closing > MOST_LEAVERS
    if too_many and not confirmed:
        raise NeedsConfirmation(f"{leavers} of {before} people would be disabled and {closing} units ended.")


def directory_people():
    return User.objects.filter(origin=User.Origin.DIRECTORY)


# --- units ---------------------------------------------------------------------------------------


def sync_units(entries: list[UnitEntry], report: Report) -> dict[str, Unit]:
    """Return the units of the directory by code."""
    old = {unit.entry_uuid or unit.code: unit for unit in Unit.objects.all()}
    free_names("code", old, {entry.code: entry.key for entry in entries})
    by_dn: dict[str, Unit] = {}
    found, changed = [], []
    for entry in from_the_top(entries):
        unit = old.pop(entry.key, None) or old.pop(entry.code, None) or Unit()
        parent = by_dn.get(entry.parent_dn)
        values = {
            "code": entry.code,
            "name_vi": entry.name_vi,
            "name_en": entry.name_en,
            "kind": entry.kind,
            "order": entry.order,
            "valid_from": entry.valid_from,
            "valid_to": entry.valid_to,
            "entry_uuid": entry.key,
            "parent_id": parent.pk if parent else None,
        }
        if unit.pk is None:
            set_all(unit, values)
            unit.save()
            values["path"] = path_below(parent, unit)
            changed.append(unit)
            set_all(unit, values)
            report.add("unit added", f"{unit.code} {unit.name_vi}")
        elif differing := set_all(unit, values | {"path": path_below(parent, unit)}):
            changed.append(unit)
            report.add("unit changed", f"{unit.code}: {', '.join(differing)}")
        by_dn[entry.dn] = unit
        found.append(unit)
    yesterday = timezone.localdate() - timedelta(days=1)
    for unit in old.values():
        if unit.entry_uuid and (unit.valid_to is None or unit.valid_to > yesterday):
            unit.valid_to = yesterday
            changed.append(unit)
            report.add("unit ended", f"{unit.code} {unit.name_vi}")
    write(Unit, changed, [*UNIT_FIELDS, "path"])
    return {unit.code: unit for unit in found}


UNIT_FIELDS = [
    "code",
    "name_vi",
    "name_en",
    "kind",
    "order",
    "valid_from",
    "valid_to",
    "entry_uuid",
    "parent_id",
]


def from_the_top(entries: list[UnitEntry]) -> list[UnitEntry]:
    """Sort ``entries`` so that each comes after the one above it."""
    above = {entry.dn: entry.parent_dn for entry in entries}

    def depth(dn: str) -> int:
        return 1 + depth(above[dn]) if dn in above else 0

    return sorted(entries, key=lambda entry: depth(entry.dn))


def path_below(parent: Unit | None, unit: Unit) -> str:
    return f"{parent.path if parent else '/'}{unit.pk}/"


# --- people --------------------------------------------------------------------------------------

PERSON_FIELDS = [
    "username", "full_name", "email", "phone", "mobile", "room", "is_active", "locked_at",
    "password_changed_at", "manager_id",
]  # fmt: skip
DERIVED = ["sort_key", "search_key"]


def sync_people(entries: list[PersonEntry], report: Report) -> dict[str, User]:
    """Return the people of the directory by DN."""
    old = {user.entry_uuid: user for user in directory_people()}
    local = set(User.objects.exclude(origin=User.Origin.DIRECTORY).values_list("username", flat=True))
    present = {entry.key for entry in entries}
    free_names("username", old, {entry.uid: entry.key for entry in entries})
    new, by_dn = [], {}
    for entry in entries:
        if entry.uid in local:
            report.add("entry left out", f"{entry.uid}: the name belongs to a local account")
            continue
        user = old.get(entry.key)
        if user is None:
            user = User(entry_uuid=entry.key, origin=User.Origin.DIRECTORY, **values_of(entry, None))
            user.language = entry.language if entry.language in LANGUAGES else ""
            user.set_unusable_password()
            user.derive_keys()
            new.append(user)
            report.add("person added", f"{entry.uid} {entry.name}")
        by_dn[entry.dn] = user
    leavers = [user for key, user in old.items() if user.is_active and key not in present]
    User.objects.bulk_create(new, batch_size=BATCH)
    report.tell(f"  {len(new)} new")

    changed, revoked = [], list(leavers)
    for entry in entries:
        user = by_dn.get(entry.dn)
        if user is None:
            continue
        is_new, before = user.entry_uuid not in old, user.password_changed_at
        differing = set_all(user, values_of(entry, by_dn.get(entry.manager_dn)))
        if differing:
            user.derive_keys()
            changed.append(user)
            if not is_new:
                report.add("person changed", f"{entry.uid}: {', '.join(differing)}")
        if before and user.password_changed_at and user.password_changed_at > before:
            revoked.append(user)
    for user in leavers:
        user.is_active = False
        changed.append(user)
        report.add("person disabled", f"{user.username} {user.full_name}")
    write(User, changed, [*PERSON_FIELDS, *DERIVED])
    revoke_everything(revoked, "left the directory or changed the password")
    return by_dn


def values_of(entry: PersonEntry, manager: User | None) -> dict:
    return {
        "username": entry.uid,
        "full_name": entry.name,
        "email": entry.mail,
        "phone": entry.phone,
        "mobile": entry.mobile,
        "room": entry.room,
        "is_active": True,
        "locked_at": entry.locked_at,
        "password_changed_at": entry.password_changed_at,
        "manager_id": manager.pk if manager else None,
    }


# --- posts and roles -----------------------------------------------------------------------------


def sync_posts(
    entries: list[PersonEntry], people: dict[str, User], units: dict[str, Unit], report: Report
) -> None:
    old = {post_key(post): post for post in Post.objects.filter(user__origin=User.Origin.DIRECTORY)}
    new, changed = [], []
    for entry in entries:
        user = people.get(entry.dn)
        for wanted in entry.posts if user else ():
            unit = units.get(wanted.unit_code)
            if unit is None:
                report.add("post left out", f"{entry.uid}: there is no unit {wanted.unit_code!r}")
                continue
            post = old.pop((user.pk, unit.pk, wanted.title, wanted.valid_from), None)
            if post is None:
                new.append(Post(user=user, unit=unit, title_vi=wanted.title, valid_from=wanted.valid_from))
                set_all(new[-1], held(wanted))
                report.add("post added", f"{entry.uid}: {wanted.title}, {wanted.unit_code}")
            elif differing := set_all(post, held(wanted)):
                changed.append(post)
                report.add("post changed", f"{entry.uid}: {wanted.title}, {', '.join(differing)}")
    yesterday = timezone.localdate() - timedelta(days=1)
    for post in old.values():
        if post.valid_to is None or post.valid_to > yesterday:
            post.valid_from = min(post.valid_from, yesterday) if post.valid_from else None
            post.valid_to = yesterday
            changed.append(post)
            report.add("post ended", f"{post.title_vi} of person {post.user_id}")
    Post.objects.bulk_create(new, batch_size=BATCH)
    write(Post, changed, ["level", "rank", "is_main", "valid_from", "valid_to"])


def post_key(post: Post) -> tuple:
    return post.user_id, post.unit_id, post.title_vi, post.valid_from


def held(post: PostEntry) -> dict:
    return {"level": post.level, "rank": post.rank, "is_main": post.is_main, "valid_to": post.valid_to}


def sync_roles(snapshot: Snapshot, people: dict[str, User], units: dict[str, Unit], report: Report) -> None:
    """Give what the groups say, take back what they gave before; roles given here stay as they are."""
    old = {(role.user_id, role.unit_id, role.name): role for role in Role.objects.all()}
    kept, new = set(), {}
    for entry in snapshot.roles:
        unit = units.get(entry.unit_code) if entry.unit_code else None
        if entry.unit_code and unit is None:
            report.add("role left out", f"{entry.name}: there is no unit {entry.unit_code!r}")
            continue
        for user in filter(None, (people.get(dn) for dn in entry.member_dns)):
            key = (user.pk, unit.pk if unit else None, entry.name)
            kept.add(key)
            if key not in old and key not in new:
                new[key] = Role(user=user, unit=unit, name=entry.name, source=Role.Source.DIRECTORY)
                report.add("role given", f"{entry.name} {entry.unit_code}: {user.username}")
    gone = [role for key, role in old.items() if role.source == Role.Source.DIRECTORY and key not in kept]
    for role in gone:
        report.add("role taken back", f"{role.name} of person {role.user_id}")
    Role.objects.filter(pk__in=[role.pk for role in gone]).delete()
    Role.objects.bulk_create(new.values(), batch_size=BATCH)


# --- writing in bulk -----------------------------------------------------------------------------


def set_all(row: models.Model, values: dict) -> list[str]:
    """Set ``values`` on ``row`` and return the names of those that differed."""
    differing = [name for name, value in values.items() if getattr(row, name) != value]
    for name in differing:
        setattr(row, name, values[name])
    return [name.removesuffix("_id") for name in differing]


def write(model: type[models.Model], rows: list, fields: Iterable[str]) -> None:
    names = [name.removesuffix("_id") for name in fields]
    model.objects.bulk_update({row.pk: row for row in rows}.values(), names, batch_size=BATCH)


def free_names(name: str, old: dict, wanted: dict) -> None:
    """Rename rows that hold a unique ``name`` which the directory now gives to another entry.

    ``old`` maps keys to rows, ``wanted`` names to keys. A row without a key is adopted by its name.
    """
    for row in old.values():
        value = getattr(row, name)
        key = wanted.get(value)
        adopted = row.entry_uuid is None and key not in old
        if key is not None and key != row.entry_uuid and not adopted:
            setattr(row, name, f"{value}~{row.pk}")
            row.save(update_fields=[name])
