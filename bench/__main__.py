"""`make bench`: every case at 1 and at 8 people at once, beside its floor.

    python -m bench [part of a case's name …]        SECONDS=4 PEOPLE=1,8

The judge is CPU milliseconds per operation of our processes, which a busy machine hardly moves; "others" is the
share of the machine that somebody else used meanwhile. The table is printed and kept in var/bench/.
"""

import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench import meter
from bench.cases import CASES, Case
from bench.loop import Result, measure
from bench.stack import BACK_ENDS, OURS, Stack

HEAD = ("case", "at once", "per s", "p50 ms", "p95 ms", "CPU ms", "back ends", "to its floor", "others")


def main() -> int:
    wanted = [word.lower() for word in sys.argv[1:]]
    seconds = float(os.environ.get("SECONDS", "4"))
    crowds = [int(text) for text in os.environ.get("PEOPLE", "1,8").split(",")]
    folder = Path("var/bench").resolve()
    chosen = chosen_cases(wanted)
    with Stack() as stack:
        idle = meter.memory(stack.roots)
        results = [run(case, stack, people, seconds) for case in chosen for people in crowds]
        loaded = meter.memory(stack.roots)
    rows = [
        row_of(case, result, results) for case, result in zip(doubled(chosen, crowds), results, strict=True)
    ]
    text = f"{table(rows)}\n\n{memory_lines(idle, loaded)}\n"
    print(f"\n{text}")
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    (folder / f"{stamp}.md").write_text(text, encoding="utf-8")
    (folder / f"{stamp}.json").write_text(
        json.dumps(
            {"idle": idle, "loaded": loaded, "results": [asdict(result) for result in results]}, indent=1
        )
    )
    return 1 if any(result.errors for result in results) else 0


def chosen_cases(wanted: list[str]) -> list[Case]:
    """Return the cases whose names hold one of the words, with their floors before them."""
    found = [case for case in CASES if not wanted or any(word in case.name.lower() for word in wanted)]
    floors = {case.floor for case in found}
    return [case for case in CASES if case in found or case.name in floors]


def doubled(cases: list[Case], crowds: list[int]) -> list[Case]:
    return [case for case in cases for _ in crowds]


def run(case: Case, stack: Stack, people: int, seconds: float) -> Result:
    result = measure(
        case.name,
        people,
        stack.roots,
        lambda number: case.prepare(stack, number),
        case.act,
        seconds=seconds,
        own_as="client",
    )
    fault = f"  {result.errors} errors: {result.first_error}" if result.errors else ""
    print(
        f"{case.name} at {people}: {result.cpu_of(case.counted):.2f} CPU ms, {result.rate}/s{fault}",
        flush=True,
    )
    return result


def row_of(case: Case, result: Result, results: list[Result]) -> tuple[str, ...]:
    cpu = result.cpu_of(case.counted)
    rest = result.cpu_of(name for name in BACK_ENDS if name not in case.counted)
    floor = next((r for r in results if r.case == case.floor and r.people == result.people), None)
    counted = next((other.counted for other in CASES if other.name == case.floor), ())
    ratio = f"{cpu / floor.cpu_of(counted):.1f} ×" if floor and floor.cpu_of(counted) else ""
    numbers = (f"{result.rate:g}", f"{result.p50:g}", f"{result.p95:g}", f"{cpu:.2f}", f"{rest:.2f}")
    return (case.name, str(result.people), *numbers, ratio, f"{result.foreign:.0%}")


def table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD))]
    lines = [
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in [HEAD, *rows]
    ]
    rule = " | ".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in [lines[0], rule, *lines[1:]])


def memory_lines(idle: dict[str, float], loaded: dict[str, float]) -> str:
    lines = [f"| {name} | {idle[name]:.0f} | {loaded[name]:.0f} |" for name in idle if name != "bare"]
    ours = f"| all of ours | {sum(idle[n] for n in OURS):.0f} | {sum(loaded[n] for n in OURS):.0f} |"
    return "\n".join(["| memory, MiB (PSS) | idle | after load |", "| --- | --- | --- |", *lines, ours])


if __name__ == "__main__":
    sys.exit(main())
