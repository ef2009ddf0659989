"""A directory that was loaded anew, so that everybody in it has another key (entryUUID) than before."""

from uuid import UUID

from django.db import transaction

from sso.directory import DirectoryIncomplete, Snapshot
from sso.directory.entries import Entry, PersonEntry, UnitEntry
from sso.models import DirectoryEntry, DirectoryFollowed, Unit, User
from sso.services.sync.guard import directory_people, most_leavers
from sso.services.sync.mirror import entry_of


class NewKeys(DirectoryIncomplete):
    """Many people have other keys: to us they are others, who have nothing of what those before them have."""


def refuse_new_keys(said: Snapshot, shown: set[UUID]) -> None:
    """Raise NewKeys when more people than may leave without a question are shown by name, but not by key."""
    people = directory_people().active().values_list("username", "full_name", "entry_uuid")
    missing = {(username, name) for username, name, key in people if key not in shown}
    count = sum((person.uid, person.name) in missing for person in said.people)
    if count > most_leavers(people.count()):
        raise NewKeys(
            f"{count} people have other keys (entryUUID) than before. Was the directory loaded without its operational "
            "attributes? Load it with them, by slapadd of what slapcat writes; if it never had or kept them and these "
            "are the same people, say manage.py sync_directory --same-people."
        )


@transaction.atomic
def take_over_keys(said: Snapshot) -> list[str]:
    """Give those who are shown under the same name their new keys, and return who that is."""
    shown = {entry.key for entry in (*said.entries(), *said.unread)}
    rows = DirectoryEntry.objects.shown_or_held().exclude(facts={}).exclude(key__in=shown)
    known = {name_of(entry_of(row)): row.key for row in rows}
    new = {known[name]: entry.key for entry in said.entries() if (name := name_of(entry)) in known}
    for old, key in new.items():
        User.objects.filter(entry_uuid=old).update(entry_uuid=key)
        Unit.objects.filter(entry_uuid=old).update(entry_uuid=key)
    meant = {str(old): str(key) for old, key in new.items()}
    for row in DirectoryEntry.objects.all():
        row.refs = {name: meant.get(key, key) for name, key in row.refs.items()}
        if row.key in new:
            DirectoryEntry.objects.filter(pk=row.key).delete()
            row.key, row.csn, row.gone_at, row.held_at, row._state.adding = new[row.key], "", None, None, True
        row.save()
    DirectoryFollowed.objects.update(cookie="")
    return sorted(entry.dn for entry in said.entries() if entry.key in new.values())


def name_of(entry: Entry) -> tuple[str, ...]:
    """What somebody or something is called who may be taken for the same; of people the name must be the same, too."""
    if isinstance(entry, PersonEntry):
        return "person", entry.uid, entry.name
    return ("unit", entry.code) if isinstance(entry, UnitEntry) else ("role", entry.dn)
