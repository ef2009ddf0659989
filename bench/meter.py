"""CPU time and memory of process trees, read from /proc, and the share of the machine that others used."""

import os
import time
from dataclasses import dataclass, field

TICKS = os.sysconf("SC_CLK_TCK")


def _processes() -> tuple[dict[int, list[int]], dict[int, float]]:
    """Return the children of each process, and its CPU seconds with those of its ended children."""
    children: dict[int, list[int]] = {}
    seconds: dict[int, float] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                text = file.read()
        except OSError:
            continue
        fields = text[text.rindex(")") + 2 :].split()
        children.setdefault(int(fields[1]), []).append(int(name))
        seconds[int(name)] = sum(map(int, fields[11:15])) / TICKS
    return children, seconds


def tree(root: int, children: dict[int, list[int]]) -> list[int]:
    """Return ``root`` and everything below it."""
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


@dataclass
class Reading:
    """What process trees had used at a moment, in seconds."""

    trees: dict[str, float] = field(default_factory=dict)
    own: float = 0.0
    busy: float = 0.0
    at: float = 0.0


def read(roots: dict[str, int]) -> Reading:
    """Return a reading of the trees below ``roots`` (name → process), of ourselves and of the machine."""
    children, seconds = _processes()
    used = {name: sum(seconds.get(pid, 0.0) for pid in tree(root, children)) for name, root in roots.items()}
    with open("/proc/stat") as file:
        values = [int(value) for value in file.readline().split()[1:9]]
    busy = (sum(values) - values[3] - values[4]) / TICKS
    return Reading(used, time.process_time(), busy, time.monotonic())


def foreign_share(before: Reading, after: Reading) -> float:
    """Return the share of the whole machine that processes outside the trees and ourselves used."""
    known = sum(after.trees.values()) - sum(before.trees.values()) + after.own - before.own
    span = (after.at - before.at) * (os.cpu_count() or 1)
    return max(0.0, after.busy - before.busy - known) / span if span else 0.0


def memory(roots: dict[str, int]) -> dict[str, float]:
    """Return the proportional set size (shared pages counted once) of each tree, in MiB."""
    children, _ = _processes()
    sizes = {}
    for name, root in roots.items():
        total = 0
        for pid in tree(root, children):
            try:
                with open(f"/proc/{pid}/smaps_rollup") as file:
                    total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
            except (OSError, StopIteration):
                continue
        sizes[name] = round(total / 1024, 1)
    return sizes
