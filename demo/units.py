"""The ministry, the 43 units below it and their sub-units, from units.csv and subunits.csv."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Unit:
    code: str
    name: str
    english: str
    kind: str
    organ_id: str
    order: int
    parent: str  # code; empty for the ministry


def read(name: str) -> list[dict[str, str]]:
    with open(FOLDER / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def units() -> tuple[Unit, ...]:
    """All units, each after the unit above it and in its order among its neighbours."""
    rows = read("units.csv")
    ministry = rows[0]["code"]
    subunits = read("subunits.csv")
    found = []
    for order, row in enumerate(rows):
        code, organ_id = row["code"], row["organ_id"]
        parent = "" if code == ministry else ministry
        found.append(Unit(code, row["name_vi"], row["name_en"], row["kind"], organ_id, 10 * order, parent))
        own = [sub for sub in subunits if sub["code"].startswith(f"{code}.")]
        for place, sub in enumerate(own, start=1):
            found.append(Unit(sub["code"], sub["name_vi"], sub["name_en"], "phong", "", 10 * place, code))
    return tuple(found)


@cache
def by_code() -> dict[str, Unit]:
    return {unit.code: unit for unit in units()}


@cache
def subunits_of(code: str) -> tuple[Unit, ...]:
    return tuple(unit for unit in units() if unit.parent == code)
