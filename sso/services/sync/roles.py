"""Roles: what the groups of the directory give."""

from sso.directory.entries import Kind
from sso.models import DirectoryEntry, Role, Unit, User
from sso.services.audit import Action, record
from sso.services.sync.mirror import unit_name
from sso.services.sync.writing import BATCH


def sync_roles(work) -> None:
    """Give what the groups say, take back what they gave before; roles given here stay as they are."""
    mirror = work.mirror
    groups = mirror.all_of(Kind.ROLE)
    wanted = {(entry.key, dn): mirror.key_of(entry, dn) for entry in groups for dn in entry.member_dns}
    users = people_of(work, set(wanted.values()) - {None})
    units = dict(Unit.objects.exclude(entry_uuid=None).values_list("entry_uuid", "pk"))
    codes = dict(Unit.objects.values_list("pk", "code"))
    old = {(role.user_id, role.unit_id, role.name): role for role in Role.objects.select_related("user")}
    kept, new = set(), {}
    for entry in groups:
        if bool(entry.unit_code) == (entry.name == Role.SYSTEM_ADMIN):  # a slip there must not give more here
            work.report.add("role left out", f"{entry.dn}: a role is in a unit, but that of system admins")
            continue
        unit = units.get(mirror.key_of(entry, unit_name(entry.unit_code))) if entry.unit_code else None
        if entry.unit_code and unit is None:
            work.report.add("role left out", f"{entry.name}: there is no unit {entry.unit_code!r}")
            continue
        for dn in entry.member_dns:
            user = users.get(wanted[entry.key, dn])
            if user is None:
                continue
            key = (user.pk, unit, entry.name)
            kept.add(key)
            if key not in old and key not in new:
                new[key] = Role(user=user, unit_id=unit, name=entry.name, source=Role.Source.DIRECTORY)
    gone = [role for key, role in old.items() if role.source == Role.Source.DIRECTORY and key not in kept]
    Role.objects.filter(pk__in=[role.pk for role in gone]).delete()
    Role.objects.bulk_create(new.values(), batch_size=BATCH)
    acts = [("role given", Action.ROLE_GIVEN, new.values()), ("role taken back", Action.ROLE_TAKEN, gone)]
    for kind, action, roles in acts:
        for role in roles:
            code = codes.get(role.unit_id, "")
            work.report.add(kind, f"{role.name} {code}: {role.user.username}")
            if not work.is_first:
                record(action, person=role.user, cause="directory", role=role.name, unit=code)


def people_of(work, keys: set) -> dict:
    """The people whom groups name, by key, without those who have left."""
    users = {key: work.users[key] for key in keys if key in work.users}
    if missing := keys - users.keys():
        users |= {user.entry_uuid: user for user in User.objects.filter(entry_uuid__in=missing)}
    gone = {row.key for row in work.mirror.gone if row.held_at is None}
    if not work.mirror.is_whole:
        left = DirectoryEntry.objects.filter(key__in=missing, held_at=None).exclude(gone_at=None)
        gone |= set(left.values_list("key", flat=True))
    return {key: user for key, user in users.items() if key not in gone}
