"""`python -m bench.follow`: random changes in slapd under load, and how long sessions and tokens outlive them.

    python -m bench.follow [changes [readers]]

Each change is made to somebody with a session and an access token: a lock, a new password, another unit. What counts is
when the last request began that was still let in. Pages are read all the time by ``readers``; the stack is that of
`make bench`, with the follower.
"""

import random
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import ldap

from bench.browser import Browser
from bench.cases import Client
from bench.loop import percentile
from bench.plan import CLIENT
from bench.stack import Stack
from demo import programs
from demo.directory import person_dn
from demo.people import NAMED, PASSWORD, people
from demo.servers import workspace

GOAL_SECONDS = 1.0
PATIENCE = 10.0
FOR_EVER = b"000001010000Z"


def main() -> int:
    changes, readers = (int(text) for text in (*sys.argv[1:], "1000", "4")[:2])
    chance = random.Random(changes)
    crowd = [person for person in people() if person.uid not in NAMED and person.posts[0].rank >= 310]
    with (
        Stack(without=("directory",), data="register_client") as stack,
        workspace() as folder,
        programs.follower(stack.environment, folder / "follower") as follower,
    ):
        wait_until_live(follower)
        admin = ldap.initialize(stack.slapd.url)
        admin.simple_bind_s(stack.slapd.admin_dn, stack.slapd.admin_password)
        spans: dict[str, list[float]] = {}
        with load(stack, readers) as pages:
            for person in chance.sample(crowd, changes):  # nobody twice: what is put back is a change, too
                act = chance.choice([lock, new_password, other_unit])
                spans.setdefault(act.__name__, []).append(outlived(stack, admin, person, act))
    everything = [span for found in spans.values() for span in found]
    for name, found in (*spans.items(), ("all", everything)):
        p50, p99 = statistics.median(found) * 1000, percentile(found, 0.99) * 1000
        print(
            f"{name}: {len(found)} changes, p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {max(found) * 1000:.0f} ms"
        )
    stale = sum(span >= GOAL_SECONDS for span in everything)
    print(
        f"{pages[0]} pages were read meanwhile; {stale} changes were outlived by {GOAL_SECONDS:g} s or more"
    )
    return 1 if stale else 0


def wait_until_live(follower) -> None:
    end = time.monotonic() + 120
    while "is followed (live)" not in follower.log_tail(1000):
        assert time.monotonic() < end, follower.log_tail()
        time.sleep(0.2)


def outlived(stack: Stack, admin, person, act) -> float:
    """Change something of ``person`` and return for how many seconds requests were let in after that."""
    holder = Client(stack, CLIENT, person.uid)
    token = holder.code_flow()["access_token"]
    restore = act(admin, person)
    began, last = time.monotonic(), 0.0
    while (now := time.monotonic() - began) < PATIENCE:
        page = holder.person.get("/account/").status
        read = holder.get("/oauth/userinfo/", Authorization=f"Bearer {token}").status
        if (page, read) == (302, 401):
            break
        last = now
    else:
        last = PATIENCE
    restore()
    holder.person.close()
    holder.close()
    return last


def replace(admin, person, **values: bytes | None):
    dn = person_dn(person.uid)
    admin.modify_s(dn, [(ldap.MOD_REPLACE, name, value and [value]) for name, value in values.items()])


def lock(admin, person):
    replace(admin, person, pwdAccountLockedTime=FOR_EVER)
    return lambda: (replace(admin, person, pwdAccountLockedTime=None), time.sleep(0.1))


def new_password(admin, person):
    admin.passwd_s(person_dn(person.uid), None, "Another#2026")
    return lambda: (admin.passwd_s(person_dn(person.uid), None, PASSWORD), time.sleep(0.1))


def other_unit(admin, person):
    main, there = person.posts[0], "VP" if person.posts[0].unit != "VP" else "KHTC"

    def to(unit: str):
        post = f"{unit}${main.title}${main.rank}$member".encode()
        replace(admin, person, departmentNumber=unit.encode(), title=main.title.encode(), intranetPost=post)

    to(there)
    return lambda: (to(main.unit), time.sleep(0.1))


@contextmanager
def load(stack: Stack, readers: int) -> Iterator[list[int]]:
    """Have people read pages all the time; gives a list whose one item counts the pages."""
    ends, pages = threading.Event(), [0]

    def read(uid: str) -> None:
        browser = Browser(stack.base)
        browser.sign_in(uid, PASSWORD)
        while not ends.is_set():
            assert browser.get("/").status == 200
            pages[0] += 1

    threads = [threading.Thread(target=read, args=(uid,)) for uid in list(NAMED)[:readers]]
    for thread in threads:
        thread.start()
    try:
        yield pages
    finally:
        ends.set()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    sys.exit(main())
