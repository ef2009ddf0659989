"""Units: the tree of entries, and what they were before."""

from datetime import timedelta

from sso.directory.entries import Kind, UnitEntry
from sso.models import Unit, UnitPast
from sso.services.sync import guard
from sso.services.sync.writing import BATCH, free_names, set_all, write

FIELDS = [
    "code", "name_vi", "name_en", "kind", "order", "valid_from", "valid_to", "entry_uuid", "parent_id", "path",
]  # fmt: skip
REMEMBERED = ["code", "name_vi", "name_en", "kind", "parent_id"]


def sync_units(work) -> None:
    """Make the units what the directory's tree is; those that have gone end yesterday."""
    yesterday = work.today - timedelta(days=1)
    old = list(Unit.objects.all())
    by_key = {unit.entry_uuid: unit for unit in old if unit.entry_uuid}
    by_code = {unit.code: unit for unit in old if unit.entry_uuid is None}  # adopted by their code
    ending = end_units(work, by_key, yesterday)
    entries = readable(work, by_key)
    free_names("code", by_key.values(), {entry.code: entry.key for entry in entries})
    by_dn: dict[str, Unit] = {}
    changed, past = {unit.pk: unit for unit in ending}, []
    for entry in entries:
        unit = by_key.get(entry.key) or by_code.pop(entry.code, None)
        parent = by_dn.get(entry.parent_dn)
        values = values_of(entry, parent)
        if unit is None:
            unit = Unit(**values)
            unit.save()
            unit.path = path_below(parent, unit)
            changed[unit.pk] = unit
            work.report.add("unit added", f"{unit.code} {unit.name_vi}")
        else:
            before = {name: getattr(unit, name) for name in REMEMBERED}
            valid_from = unit.valid_from
            if differing := set_all(unit, values | {"path": path_below(parent, unit)}):
                changed[unit.pk] = unit
                work.report.add("unit changed", f"{unit.code}: {', '.join(differing)}")
                if not before.items() <= values.items():
                    past.append(UnitPast(unit=unit, valid_from=valid_from, valid_to=yesterday, **before))
        by_dn[entry.dn] = unit
    write(Unit, changed.values(), FIELDS)
    remember(past)


def values_of(entry: UnitEntry, parent: Unit | None) -> dict:
    return {
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


def end_units(work, by_key: dict, yesterday) -> list[Unit]:
    rows = [row for row in work.mirror.gone if row.kind == Kind.UNIT and row.key in by_key]
    rows = [row for row in rows if by_key[row.key].valid_to is None or by_key[row.key].valid_to > yesterday]
    ending = [by_key[row.key] for row in guard.allow(work, rows, Kind.UNIT)]
    for unit in ending:
        unit.valid_to = yesterday
        work.report.add("unit ended", f"{unit.code} {unit.name_vi}")
    return ending


def readable(work, by_key: dict) -> list[UnitEntry]:
    """The units that the directory shows, from the top; those are left out that no tree or no list could hold."""
    entries = from_the_top(work.mirror.all_of(Kind.UNIT))
    shown = {entry.dn for entry in entries}
    tops = [entry.key for entry in entries if entry.parent_dn not in shown]
    holders = {entry.code: entry.key for entry in entries if has_code(by_key.get(entry.key), entry.code)}
    found = {}
    for entry in entries:
        unit = by_key.get(entry.key)
        is_top = entry.key in tops and (len(tops) == 1 or (unit is not None and unit.parent_id is None))
        if not is_top and entry.parent_dn not in found:
            work.report.add("entry left out", f"{entry.dn}: there is no unit above it")
        elif holders.setdefault(entry.code, entry.key) != entry.key:
            work.report.add("entry left out", f"{entry.dn}: another unit has the code {entry.code!r}")
        else:
            found[entry.dn] = entry
    return list(found.values())


def has_code(unit: Unit | None, code: str) -> bool:
    return unit is not None and unit.code == code


def from_the_top(entries: list[UnitEntry]) -> list[UnitEntry]:
    """Sort ``entries`` so that each comes after the one above it."""
    above = {entry.dn: entry.parent_dn for entry in entries}

    def depth(dn: str) -> int:
        return 1 + depth(above[dn]) if dn in above else 0

    return sorted(entries, key=lambda entry: depth(entry.dn))


def path_below(parent: Unit | None, unit: Unit) -> str:
    return f"{parent.path if parent else '/'}{unit.pk}/"


def remember(past: list[UnitPast]) -> None:
    """Keep what the units were until yesterday; what was so for less than a day is not kept."""
    last = {}
    for row in UnitPast.objects.filter(unit__in=[row.unit_id for row in past]).order_by("valid_to"):
        last[row.unit_id] = row.valid_to
    kept = []
    for row in past:
        if row.unit_id in last:
            row.valid_from = last[row.unit_id] + timedelta(days=1)
        elif row.valid_from and row.valid_from > row.valid_to:
            continue
        if row.valid_from is None or row.valid_from <= row.valid_to:
            kept.append(row)
    UnitPast.objects.bulk_create(kept, batch_size=BATCH)
