"""The record with ten million entries on PostgreSQL: loading, writing, asking, sealing, verifying.

    python -m bench.audit        MILLIONS=10 SEALED=3

CPU milliseconds are those of this process; times by the clock contain PostgreSQL's.
"""

import os
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from random import Random

from demo.servers import Postgres, workspace

MILLIONS = int(os.environ.get("MILLIONS", "10"))
SEALED = int(os.environ.get("SEALED", "3"))  # millions; each takes as long as the one before
PEOPLE, BUSY, DAYS, ROUNDS = 1700, 1, 730, 40  # of each hundred entries one is of the busy account

LOAD = """
INSERT INTO sso_auditentry (at, action, person_id, person_name, by_id, by_name, for_whom_id, for_whom_name,
                            client, client_name, address, cause, detail)
SELECT timestamptz '2026-11-01' - make_interval(days => %(days)s) * (1 - n / %(total)s::float),
       (ARRAY['signed_in', 'granted', 'token_issued', 'signed_out', 'refused'])[1 + n %% 5],
       who, 'Nguyễn Văn Số ' || who || ' (nguoi' || who || ')',
       CASE WHEN n %% 50 = 0 THEN 2 + (n / 50) %% %(people)s END, '',
       CASE WHEN n %% 70 = 0 THEN 2 + (n / 70) %% %(people)s END, '',
       CASE WHEN n %% 5 IN (1, 2) THEN 'client-' || n %% 30 ELSE '' END, 'Hệ thống',
       '10.' || who %% 40 || '.' || n %% 250 || '.' || who %% 250,
       CASE WHEN n %% 5 = 4 THEN 'wrong_password' ELSE '' END,
       '{"session":"' || substr(md5(n::text), 1, 8) || '","browser":"Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}'
FROM (SELECT n, CASE WHEN n %% 100 = 0 THEN %(busy)s ELSE 2 + (n * 7919) %% %(people)s END AS who
      FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n) AS numbered
"""


def main() -> None:
    with workspace() as folder, Postgres(folder / "postgres") as postgres:
        os.environ |= postgres.environment | {"INTRANET_VAR": str(folder), "INTRANET_LOG_LEVEL": "ERROR"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "intranet.settings")
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], check=True)
        import django

        django.setup()
        load()
        writing()
        asking()
        sealing_and_verifying()


@contextmanager
def timed(what: str, of: int = 1):
    start, cpu = time.perf_counter(), time.process_time()
    yield
    passed, used = time.perf_counter() - start, time.process_time() - cpu
    print(f"{what:<58} {1000 * passed / of:>12,.2f} ms   CPU {1000 * used / of:>10,.2f} ms", flush=True)


def load() -> None:
    """Fill the table without its indexes, which are made afterwards."""
    from django.db import connection

    total = MILLIONS * 1_000_000
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'sso_auditentry'")
        indexes = [(name, made) for name, made in cursor.fetchall() if not name.endswith("_pkey")]
        for name, _made in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for part in range(MILLIONS):
            numbers = {"first": part * 1_000_000 + 1, "last": (part + 1) * 1_000_000}
            cursor.execute(LOAD, numbers | {"total": total, "days": DAYS, "people": PEOPLE, "busy": BUSY})
        for _name, made in indexes:
            cursor.execute(made)
        cursor.execute("VACUUM ANALYZE sso_auditentry")
        cursor.execute("SELECT pg_table_size('sso_auditentry'), pg_indexes_size('sso_auditentry')")
        table, indexed = (size / 2**20 for size in cursor.fetchone())
    print(f"{total:,} entries: table {table:,.0f} MB, indexes {indexed:,.0f} MB", flush=True)


def writing() -> None:
    from django.test import RequestFactory

    from sso.models import User
    from sso.services.audit import Action, record

    person = User(pk=5, username="ha", full_name="Nguyễn Thị Thu Hà")
    request = RequestFactory().get("/", REMOTE_ADDR="10.1.2.3")
    detail = {"session": "abcdefgh", "browser": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}
    for count in (500, 5000):  # the first ones warm up
        with timed(f"record(), {count} times, each", count):
            for _number in range(count):
                record(Action.SIGNED_IN, person=person, request=request, client="wiki", **detail)


def asking() -> None:
    from django.utils import timezone

    from sso.models import AuditEntry

    random, now = Random(1), timezone.now()
    entries = AuditEntry.objects.newest_first()
    for name, people, days in [
        ("what a person touched in a month", None, 30),
        ("what a person touched, ever", None, DAYS),
        ("what the busy account touched in a month", [BUSY], 30),
        ("what the busy account touched, ever", [BUSY], DAYS),
    ]:
        times = []
        for _round in range(ROUNDS):
            who = people or [random.randint(2, PEOPLE)]
            since = now - timedelta(days=random.randint(days, DAYS) + 21)
            asked = entries.touched_by(who).filter(at__gte=since, at__lt=since + timedelta(days=days))
            times.append(seconds_of(lambda asked=asked: list(asked[:51])))
        told(name, times)
        told(f"{name}, counted whole", [seconds_of(asked.count)])
    for name, asked in [
        ("the newest page", entries),
        ("refusals", entries.filter(action="refused")),
        ("of a system", entries.filter(client="client-6")),
        ("from an address", entries.filter(address="10.5.17.45")),
        ("from a network", entries.filter(address__startswith="10.5.")),
        ("an act that never was", entries.filter(action="record_shortened")),
    ]:
        told(name, [seconds_of(lambda asked=asked: list(asked[:51])) for _round in range(5)])


def seconds_of(ask) -> float:
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start


def told(name: str, times: list[float]) -> None:
    times = sorted(times)
    worst = times[-1]
    print(
        f"{name:<58} p50 {1000 * times[len(times) // 2]:>8,.1f} ms   worst {1000 * worst:>8,.1f} ms",
        flush=True,
    )


def sealing_and_verifying() -> None:
    from sso.services.seals import seal, verify

    for number in range(SEALED):
        with timed(f"sealing million {number + 1} (memory {memory()} MB)"):
            seal(most=100)
    for _round in range(2):
        with timed(f"verifying {SEALED} million, each (memory {memory()} MB)", SEALED):
            verdict = verify()
    print(f"{verdict.entries:,} entries in {verdict.seals} seals are intact; memory {memory()} MB at most")


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
