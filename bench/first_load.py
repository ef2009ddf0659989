"""`python -m bench.first_load`: a directory of 100,000 accounts and 1,000 units comes in, on PostgreSQL.

    python -m bench.first_load [accounts [units]]

Measured are the first reading, a reading that finds nothing new, and how long the follower needs from its start until
it is live: once with its mark, once without.
"""

import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator

from bench import meter
from demo import state
from demo.directory import UNITS, entry, group, hashed, person_dn
from demo.names import draw_name
from demo.people import DOMAIN
from demo.servers import Postgres, Slapd, workspace

GOAL_SECONDS = 90
DEPARTMENTS = 40


def main() -> int:
    accounts, units = (int(text) for text in (*sys.argv[1:], "100000", "1000")[:2])
    with workspace() as folder:
        os.environ["INTRANET_VAR"] = str(folder / "var")
        print(f"Making a directory of {accounts} accounts and {units} units …", flush=True)
        slapd = Slapd(folder / "slapd", ldif="\n".join(ldif(accounts, units)))
        with slapd, Postgres(folder / "postgres") as postgres:
            slapd.ldif = None
            environment = {**os.environ, **slapd.environment, **postgres.environment}
            roots = {"slapd": slapd.process.pid, "postgres": postgres.process.pid}
            manage(environment, "migrate", "-v0")
            first = measured("first reading", roots, lambda: manage(environment, "sync_directory"))
            measured("nothing new", roots, lambda: manage(environment, "sync_directory"))
            for name in ("follower without its mark", "follower with its mark"):
                measured(name, roots, lambda: until_live(environment))
    print(f"{'✓' if first < GOAL_SECONDS else '✗'} {first:.1f} s, goal {GOAL_SECONDS} s")
    return first >= GOAL_SECONDS


def measured(name: str, roots: dict[str, int], act: Callable[[], None]) -> float:
    """Print what ``act`` cost and return its seconds."""
    before, own = meter.read(roots), resource.getrusage(resource.RUSAGE_CHILDREN)
    act()
    after, done = meter.read(roots), resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.at - before.at
    ours = done.ru_utime + done.ru_stime - own.ru_utime - own.ru_stime
    others = {root: after.trees[root] - before.trees[root] for root in roots}
    print(
        f"{name}: {seconds:.1f} s; CPU seconds: ours {ours:.1f}, "
        + ", ".join(f"{root} {cpu:.1f}" for root, cpu in others.items())
        + f"; our greatest process so far {done.ru_maxrss / 1024:.0f} MiB",
        flush=True,
    )
    return seconds


def manage(environment: dict[str, str], *words: str) -> None:
    command = [sys.executable, "manage.py", *words]
    subprocess.run(
        command, cwd=state.PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=sys.stderr
    )


def until_live(environment: dict[str, str]) -> None:
    """Start the follower, wait until it is live, end it."""
    command = [sys.executable, "manage.py", "follow_directory"]
    with subprocess.Popen(
        command, cwd=state.PROJECT, env=environment, stderr=subprocess.PIPE, text=True
    ) as follower:
        for text in follower.stderr:
            if "is followed (live)" in text:
                break
        follower.terminate()


# --- the directory --------------------------------------------------------------------------------


def ldif(accounts: int, units: int) -> Iterator[str]:
    chance = random.Random(f"{accounts} {units}")
    password = hashed("Demo@2026")  # one hash for all: making them is not what is measured
    tree = {"BO": ""} | {f"D{n}": "BO" for n in range(min(DEPARTMENTS, units - 1))}
    tree |= {f"D{n % DEPARTMENTS}.{n}": f"D{n % DEPARTMENTS}" for n in range(units - len(tree))}
    heads: dict[str, str] = {}
    codes = list(tree)
    yield from (unit(code, tree) for code in codes)
    for number in range(accounts):
        code = codes[number % len(codes)]
        yield person(number, code, heads, tree, chance, password)
    for number, code in enumerate(codes):
        yield group(f"clerk.{code}", "clerk", code, [f"u{number}"])
    yield group("system-admin", "system-admin", "", ["u0"])


def unit(code: str, tree: dict[str, str]) -> str:
    names = [("ou", code), ("intranetUnitCode", code), ("intranetUnitName", f"Đơn vị {code}")]
    classes = [("objectClass", "organizationalUnit"), ("objectClass", "intranetUnit")]
    return entry(unit_dn(code, tree), [*classes, *names, ("intranetUnitKind", "vu"), ("intranetOrder", "10")])


def unit_dn(code: str, tree: dict[str, str]) -> str:
    return f"ou={code},{unit_dn(tree[code], tree) if tree[code] else UNITS}"


def person(
    number: int, code: str, heads: dict[str, str], tree: dict[str, str], chance: random.Random, password: str
) -> str:
    uid = f"u{number}"
    head = heads.setdefault(code, uid)
    above = head if head != uid else heads.get(tree[code], "")
    name = draw_name(chance, chance.choice("mf"))
    title, rank, place = ("Vụ trưởng", 100, "head") if head == uid else ("Chuyên viên", 320, "member")
    return entry(
        person_dn(uid),
        [
            ("objectClass", "inetOrgPerson"), ("objectClass", "intranetPerson"), ("uid", uid), ("cn", name),
            ("displayName", name), ("sn", name.split()[0]), ("givenName", name.split()[-1]),
            ("mail", f"{uid}@{DOMAIN}"), ("title", title), ("departmentNumber", code),
            ("intranetPost", f"{code}${title}${rank}${place}$2020-01-01"),
            ("manager", person_dn(above) if above else ""), ("telephoneNumber", f"024 0{number:06}"),
            ("employeeNumber", f"{number:06}"), ("preferredLanguage", "vi"), ("userPassword", password),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
