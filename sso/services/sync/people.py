"""People: who is added, who has changed, who is out."""

from secrets import token_urlsafe
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from sso.directory.entries import Kind, PersonEntry
from sso.models import DirectoryEntry, User
from sso.services.audit import Action, record
from sso.services.revocation import Reason, lock, revoke
from sso.services.sync import guard
from sso.services.sync.writing import BATCH, free_names, set_all, write

FIELDS = [
    "username", "full_name", "email", "phone", "mobile", "room", "is_active", "locked_at",
    "password_changed_at", "manager_id", "sort_key", "search_key",
]  # fmt: skip
LANGUAGES = {code for code, _name in settings.LANGUAGES}
People = dict[UUID, User]


def sync_people(work) -> None:
    """Make the people what their entries say, and end the access of those who are out or have another password."""
    shown = work.mirror.of(Kind.PERSON)
    work.users = concerned(work, shown)
    out = put_out(work, shown)
    entries = work.people = with_free_names(work, shown)
    new = add_new(work, entries)
    renewed = [user for user, entry in known(work, entries, new) if has_new_password(work, user, entry)]
    changed = [user for users in out.values() for user in users]
    changed += change(work, known(work, entries, new))
    renewed = changed_elsewhere(work, renewed)
    write(User, changed, FIELDS)
    for reason, users in out.items():
        for user in users:
            record(Action.PERSON_DISABLED, person=user, cause=reason.value)
        revoke(users, reason)
    revoke(renewed, Reason.PASSWORD_CHANGED)


def concerned(work, entries: list[PersonEntry]) -> People:
    """Return the people of the directory that this work is about, by key; of a change, with their rows locked."""
    users = guard.directory_people()
    if not work.mirror.is_whole:
        gone = {row.key for row in work.mirror.gone}
        users = lock(users.filter(entry_uuid__in={entry.key for entry in entries} | gone | work.mirror.shut))
    return {user.entry_uuid: user for user in users}


def known(work, entries: list[PersonEntry], new: People) -> list[tuple[User, PersonEntry]]:
    return [(work.users[entry.key], entry) for entry in entries if entry.key not in new]


# --- names ----------------------------------------------------------------------------------------


def with_free_names(work, entries: list[PersonEntry]) -> list[PersonEntry]:
    """Return the entries whose account names can be given to them; who holds one without a right to it loses it."""
    names = {entry.uid for entry in entries}
    if work.mirror.is_whole:  # then all people of the directory are here
        holders = User.objects.exclude(origin=User.Origin.DIRECTORY)
    else:
        holders = User.objects.filter(username__in=names).exclude(entry_uuid__in=work.users)
    others = {user.username: user for user in holders}
    rightful = set(
        DirectoryEntry.objects.shown_or_held()
        .filter(key__in=[user.entry_uuid for user in others.values() if user.entry_uuid])
        .exclude(facts={})
        .values_list("key", flat=True)
    )
    rows = work.mirror.rows
    held = {user.username: key for key, user in work.users.items() if rows[key].gone_at and rows[key].held_at}
    found: dict[str, PersonEntry] = {}
    left_out = []
    for entry in sorted(entries, key=lambda entry: not is_called(work.users.get(entry.key), entry.uid)):
        holder = others.get(entry.uid)
        if holder and holder.origin != User.Origin.DIRECTORY:
            work.report.add("entry left out", f"{entry.uid}: the name belongs to a local account")
        elif entry.uid in found or (holder and holder.entry_uuid in rightful) or entry.uid in held:
            work.report.add("entry left out", f"{entry.dn}: another entry has the uid {entry.uid!r}")
            left_out.append(entry.key)
        else:
            found[entry.uid] = entry
    work.mirror.wait_for_name(left_out)
    rivals = [user for user in others.values() if user.origin == User.Origin.DIRECTORY]
    free_names(
        "username", [*work.users.values(), *rivals], {name: entry.key for name, entry in found.items()}
    )
    return list(found.values())


def is_called(user: User | None, name: str) -> bool:
    return user is not None and user.username == name


# --- out ------------------------------------------------------------------------------------------


def put_out(work, entries: list[PersonEntry]) -> dict[Reason, list[User]]:
    """Disable those who have left or are locked, as far as nobody must be asked first; return them."""
    mirror, here = work.mirror, {entry.key: entry for entry in entries}
    reasons: dict[UUID, Reason] = {}
    for key, user in work.users.items():
        row, entry = mirror.rows[key], here.get(key)
        if not user.is_active:
            continue
        if row.gone_at:
            reasons[key] = Reason.LEFT
        elif key in mirror.shut or (entry and not entry.is_open(work.now)):
            reasons[key] = Reason.LOCKED
    allowed = guard.allow(work, [mirror.rows[key] for key in reasons], Kind.PERSON)
    out = {Reason.LEFT: [], Reason.LOCKED: []}
    for row in allowed:
        user = work.users[row.key]
        user.is_active = False
        out[reasons[row.key]].append(user)
        work.report.add("person disabled", f"{user.username} {user.full_name} ({reasons[row.key].value})")
    return out


# --- added and changed ----------------------------------------------------------------------------


def add_new(work, entries: list[PersonEntry]) -> People:
    """Store who was not known before, superiors before those they lead, and return them by key."""
    new: People = {}
    above: dict[UUID, UUID | None] = {}
    for entry in entries:
        if entry.key in work.users:
            continue
        user = User(entry_uuid=entry.key, origin=User.Origin.DIRECTORY, is_active=entry.is_open(work.now))
        set_all(user, values_of(entry))
        user.language = entry.language if entry.language in LANGUAGES else ""
        user.password = UNUSABLE_PASSWORD_PREFIX + token_urlsafe(30)  # ten times faster than the method
        user.derive_keys()
        new[entry.key] = user
        above[entry.key] = work.mirror.key_of(entry, entry.manager_dn)
        note_turn(work, entry)
        work.report.add("person added", f"{entry.uid} {entry.name}")
    superiors = keys_of_users(work, set(above.values()) - {None} - new.keys())
    waiting = dict(new)
    while waiting:
        ready = {key: user for key, user in waiting.items() if above[key] not in waiting} or dict(waiting)
        for key, user in ready.items():
            user.manager_id = superiors.get(above[key])
            del waiting[key]
        User.objects.bulk_create(ready.values(), batch_size=BATCH)
        superiors |= {key: user.pk for key, user in ready.items()}
        work.report.tell(f"  {len(new) - len(waiting)} of {len(new)} new")
    lost = [user for key, user in new.items() if above[key] in new and user.manager_id is None]
    for user in lost:  # they lead one another
        user.manager_id = superiors[above[user.entry_uuid]]
    write(User, lost, ["manager_id"])
    work.users |= new
    if not work.is_first:
        for user in new.values():
            record(Action.PERSON_ADDED, person=user, cause="directory")
    return new


def change(work, people: list[tuple[User, PersonEntry]]) -> list[User]:
    """Set what the directory says of people known before, and return those of whom something differs."""
    mirror = work.mirror
    keys = {entry.key: mirror.key_of(entry, entry.manager_dn) for _user, entry in people}
    superiors = keys_of_users(work, set(keys.values()) - {None})
    changed = []
    for user, entry in people:
        row = mirror.rows[entry.key]
        is_open, was_active = entry.is_open(work.now), user.is_active
        note_turn(work, entry)
        if is_open:
            guard.mark(work, [row], out_at=None, held_at=None)
        values = values_of(entry) | {"manager_id": superiors.get(keys[entry.key])}
        values["is_active"] = is_open or (was_active and row.held_at is not None)
        if entry.password_changed_at is None:  # hidden from us: what is shown again is no new password
            values["password_changed_at"] = user.password_changed_at
        if differing := set_all(user, values):
            user.derive_keys()
            changed.append(user)
            if differing != ["is_active"]:
                work.report.add("person changed", f"{entry.uid}: {', '.join(differing)}")
        if user.is_active and not was_active:
            work.report.add("person enabled", f"{entry.uid} {entry.name}")
            record(Action.PERSON_ENABLED, person=user, cause="directory")
    return changed


def values_of(entry: PersonEntry) -> dict:
    return {
        "username": entry.uid,
        "full_name": entry.name,
        "email": entry.mail,
        "phone": entry.phone,
        "mobile": entry.mobile,
        "room": entry.room,
        "locked_at": entry.locked_at,
        "password_changed_at": entry.password_changed_at,
    }


def note_turn(work, entry: PersonEntry) -> None:
    """Remember when the account begins or expires."""
    guard.mark(work, [work.mirror.rows[entry.key]], turns_at=entry.turns_at(work.now))


def keys_of_users(work, keys: set[UUID]) -> dict[UUID, int]:
    """Return the primary keys of people, whether this work is about them or not."""
    found = {key: work.users[key].pk for key in keys if key in work.users}
    if missing := keys - found.keys():
        found |= dict(User.objects.filter(entry_uuid__in=missing).values_list("entry_uuid", "pk"))
    return found


# --- passwords ------------------------------------------------------------------------------------


def has_new_password(work, user: User, entry: PersonEntry) -> bool:
    at = entry.password_changed_at
    return (at is not None and at != user.password_changed_at) or entry.key in work.mirror.hinted


def changed_elsewhere(work, renewed: list[User]) -> list[User]:
    """Return those of ``renewed`` whose password was changed elsewhere.

    Who changes it on our page holds the person's row until that is noted there, and keeps the session.
    """
    noted = {
        user.pk: user.password_changed_at
        for user in lock(User.objects.filter(pk__in=[u.pk for u in renewed]))
    }
    return [
        user
        for user in renewed
        if noted.get(user.pk) != user.password_changed_at or user.entry_uuid in work.mirror.hinted
    ]
