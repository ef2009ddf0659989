"""Closed-loop load: N people repeat one operation for some seconds."""

import math
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench import meter

WARM_UP_SECONDS = 1.5


@dataclass
class Result:
    """One row of the table. Times in milliseconds; ``cpu_ms`` per operation, by process tree."""

    case: str
    people: int
    count: int
    rate: float
    p50: float
    p95: float
    cpu_ms: dict[str, float] = field(default_factory=dict)
    memory_mib: dict[str, float] = field(default_factory=dict)
    foreign: float = 0.0
    errors: int = 0
    first_error: str = ""

    def cpu_of(self, names) -> float:
        return sum(self.cpu_ms.get(name, 0.0) for name in names)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def measure(
    case: str,
    people: int,
    roots: dict[str, int],
    prepare: Callable[[int], object],
    act: Callable[[object, int], None],
    *,
    seconds: float = 4.0,
    own_as: str = "",
) -> Result:
    """Return what ``act(context, turn)`` costs when ``people`` repeat it, each with ``prepare(number)``'s context.

    ``own_as`` counts the CPU of this process as a tree of that name: a floor has no server of ours in between.
    """
    contexts = [prepare(number) for number in range(people)]
    times: list[float] = []
    errors: list[str] = []
    begin = time.monotonic() + WARM_UP_SECONDS
    end = begin + seconds

    def repeat(number: int) -> None:
        turn = number * 1_000_000
        while (started := time.monotonic()) < end and len(errors) < 20:
            turn += 1
            try:
                act(contexts[number], turn)
            except Exception as error:
                errors.append(repr(error)[:300])
                continue
            if started >= begin:
                times.append(time.monotonic() - started)

    threads = [threading.Thread(target=repeat, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    time.sleep(max(0.0, begin - time.monotonic()))
    before, count_before = meter.read(roots), len(times)
    time.sleep(max(0.0, end - time.monotonic()))
    after, count_after = meter.read(roots), len(times)
    for thread in threads:
        thread.join()
    count = max(1, count_after - count_before)
    span = after.at - before.at
    cpu = {name: (after.trees[name] - before.trees[name]) / count * 1000 for name in roots}
    if own_as:
        cpu[own_as] = (after.own - before.own) / count * 1000
    return Result(
        case=case,
        people=people,
        count=count,
        rate=round(count / span, 1),
        p50=round(statistics.median(times) * 1000, 2) if times else math.nan,
        p95=round(percentile(times, 0.95) * 1000, 2),
        cpu_ms={name: round(value, 3) for name, value in cpu.items()},
        memory_mib=meter.memory(roots),
        foreign=round(meter.foreign_share(before, after), 3),
        errors=len(errors),
        first_error=errors[0] if errors else "",
    )
