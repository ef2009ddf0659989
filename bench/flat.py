"""`python -m bench.flat [minutes]`: the same load for half an hour. Do CPU per round and memory stay what they were?

Each round is a person's: sign in to the home page, look at the tasks, enter a system, which refreshes its token, asks
what it is worth and who it is. Rounds come at a steady pace, of all people in turn, and nobody signs out, so that
there are soon as many sessions as people. The stack is that of `make bench`, with the follower.
"""

import itertools
import statistics
import sys
import threading
import time
from dataclasses import dataclass

from bench import cases, meter
from bench.cases import Client, accounts
from bench.plan import CLIENT
from bench.stack import OURS, Stack

ROUNDS_PER_SECOND = 6
AT_ONCE = 4
WARM_UP_MINUTES = 3
GOAL = 0.05


@dataclass
class Minute:
    rounds: int
    cpu_ms: float  # of our processes, a round
    mib: float  # of our processes, PSS


def main() -> int:
    minutes = int((sys.argv[1:] or ["30"])[0])
    with Stack(data="register_client") as stack:
        found = list(itertools.islice(watched(stack), WARM_UP_MINUTES + minutes))[WARM_UP_MINUTES:]
    fifth = max(1, len(found) // 5)
    drifts = {
        name: statistics.mean(getattr(one, name) for one in found[-fifth:])
        / statistics.mean(getattr(one, name) for one in found[:fifth])
        - 1
        for name in ("cpu_ms", "mib")
    }
    print(f"from the first fifth to the last: CPU {drifts['cpu_ms']:+.1%}, memory {drifts['mib']:+.1%}")
    return 1 if max(drifts.values()) > GOAL else 0


def watched(stack: Stack):
    """Keep the load up and give each minute as it ends."""
    done, faults, ends = itertools.count(), [], threading.Event()
    ticks = paced(ends)
    threads = [threading.Thread(target=work, args=(stack, ticks, done, faults)) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    try:
        count, before = next(done), meter.read(stack.roots)
        while not faults:
            time.sleep(60)
            now, after = next(done), meter.read(stack.roots)
            seconds = sum(after.trees[name] - before.trees[name] for name in OURS)
            rounds = now - count - 1  # the look at the counter counts, too
            sizes = meter.memory(stack.roots)
            minute = Minute(rounds, seconds / max(1, rounds) * 1000, sum(sizes[name] for name in OURS))
            print(
                f"{rounds} rounds, {minute.cpu_ms:.1f} CPU ms each, {minute.mib:.0f} MiB,"
                f" others {meter.foreign_share(before, after):.0%}",
                flush=True,
            )
            count, before = now, after
            yield minute
    finally:
        ends.set()
        for thread in threads:
            thread.join()
    raise faults[0]


def paced(ends: threading.Event):
    """Return a function that waits for its turn, and says whether there is one."""
    lock, began, turns = threading.Lock(), time.monotonic(), itertools.count()

    def wait() -> bool:
        with lock:
            turn = next(turns)
        return not ends.wait(max(0.0, began + turn / ROUNDS_PER_SECOND - time.monotonic()))

    return wait


def work(stack: Stack, has_turn, done, faults: list[Exception]) -> None:
    machine = cases.machine(stack, 0)
    while not faults and has_turn():
        try:
            one_round(stack, machine)
        except Exception as error:
            faults.append(error)
        next(done)


def one_round(stack: Stack, machine: Client) -> None:
    client = Client(stack, CLIENT, next(accounts))
    assert client.person.get("/").status == 200
    assert client.person.get("/tasks/").status == 200
    tokens = client.code_flow()
    client.token, client.refresh_token = tokens["access_token"], tokens["refresh_token"]
    for act in (cases.refresh, cases.introspection, cases.userinfo):
        act(client, 0)
    cases.client_credentials(machine, 0)
    client.person.close()
    client.close()


if __name__ == "__main__":
    sys.exit(main())
