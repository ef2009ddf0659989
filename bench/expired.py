"""A million expired rows are cleared by the timer's command while people sign in and systems ask: who waits?

    python -m bench.expired [rows]        SECONDS=30

On PostgreSQL and Redis, with slapd; the stack is that of `make bench` without mail. The same calls run for SECONDS with
the rows lying there, and then for as long as `manage.py clear_expired` takes.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from json import loads

import psycopg

from bench import cases, meter
from bench.browser import Browser
from bench.cases import Client, accounts
from bench.loop import percentile
from bench.plan import CLIENT
from demo import programs, state
from demo.people import PASSWORD
from demo.servers import HOST, Postgres, Redis, Slapd, free_port, workspace

SECONDS = float(os.environ.get("SECONDS", "30"))
WARM_UP_SECONDS = 3
# Of each table: its share of all rows, and what is in them.
STRENGTH = {"sid": "md5(n::text)", "auth_time": "now()", "acr": "'1'", "amr": "'[\"pwd\"]'", "epoch": "0"}
ISSUED = {"created": "past", "updated": "past", "user_id": "who", "application_id": "system"}
TOKEN = {"token": "''", "token_checksum": "md5(n::text) || md5((-n)::text)", "resource": "'[]'"}
TABLES = {
    "sso_session": (20, {"key_hash": "md5(n::text) || md5((-n)::text)", "sid": "md5(n::text)", "user_id": "who",
                         "epoch": "0", "data": "repeat('x', 300)", "user_agent": "'Mozilla/5.0'",
                         "address": "'10.0.0.1'", "created_at": "past", "last_seen_at": "past", "expires_at": "past"}),
    "sso_grant": (15, ISSUED | STRENGTH | {"code": "md5(n::text)", "expires": "past", "redirect_uri": "'https://a.example/'",
                         "scope": "'openid'", "code_challenge": "md5(n::text)", "code_challenge_method": "'S256'",
                         "nonce": "'n'", "claims": "''", "resource": "'[]'"}),
    "sso_accesstoken": (25, ISSUED | STRENGTH | TOKEN | {"expires": "past", "scope": "'openid'", "audience": "'[]'",
                         "claims": "''"}),
    "sso_refreshtoken": (15, ISSUED | STRENGTH | TOKEN | {"token_family": "gen_random_uuid()",
                         "absolute_expiry": "past", "scope": "'openid'"}),
    "sso_idtoken": (15, ISSUED | STRENGTH | {"jti": "gen_random_uuid()", "expires": "past", "scope": "'openid'"}),
    "sso_devicegrant": (2, STRENGTH | {"device_code": "md5(n::text)", "user_code": "md5(n::text)", "scope": "'openid'",
                         "interval": "5", "expires": "past", "status": "'expired'", "client_id": "'bench'",
                         "last_checked": "past"}),
    "sso_pushedrequest": (3, {"digest": "md5(n::text)", "parameters": "'{}'", "expires_at": "past",
                         "application_id": "system"}),
    "sso_revocation": (5, {"sid": "md5(n::text)", "epoch": "0", "kept": "''", "at": "past", "user_id": "who"}),
}  # fmt: skip
FILL = """
INSERT INTO {table} ({columns}) SELECT {values} FROM (
    SELECT n, now() - make_interval(secs => 172800 + n %% 86400) AS past,
           (ARRAY(SELECT id FROM sso_user ORDER BY id))[1 + n %% (SELECT count(*) FROM sso_user)] AS who,
           (SELECT id FROM sso_application WHERE client_id = 'bench') AS system
    FROM generate_series(1, %(rows)s) AS n) AS numbered
"""


class Stack:
    """What this bench needs of the suite. ``roots`` names the process trees, ``base`` is the address."""

    def manage(self, *words: str) -> None:
        """Run a command of manage.py against this stack, in silence."""
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=state.PROJECT, env=self.whole, stdout=subprocess.DEVNULL, check=True)

    @property
    def whole(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


@contextmanager
def running() -> Iterator[Stack]:
    stack = Stack()
    with workspace() as folder:
        os.environ["INTRANET_VAR"] = str(folder / "var")
        port, sockets_port = free_port(), free_port()
        stack.base = f"http://{HOST}:{port}"
        with (
            Slapd(folder / "slapd") as slapd,
            Postgres(folder / "postgres") as postgres,
            Redis(folder / "redis") as redis,
        ):
            stack.postgres = postgres
            stack.environment = {"INTRANET_BASE_URL": stack.base, "INTRANET_DEMO": "yes"}
            for server in (slapd, postgres, redis):
                stack.environment |= server.environment
            stack.manage("migrate", "-v0")
            stack.manage("collectstatic", "-v0", "--noinput")
            stack.manage("sync_directory", "-v0")
            stack.manage("shell", "-v0", "-c", "from bench.data import register_client; register_client()")
            words = ["manage.py", "serve", "--port", str(port), "--sockets-port", str(sockets_port)]
            words += ["--without", "directory", "timers"]
            with programs.Program("suite", words, stack.environment, folder=folder, port=port) as suite:
                servers = [slapd, postgres, redis, suite]
                stack.roots = {server.name: server.process.pid for server in servers}
                yield stack


def main() -> int:
    total = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    with running() as stack:
        fill(stack, total)
        with load(stack) as calls:
            time.sleep(WARM_UP_SECONDS)
            begin = time.monotonic()
            time.sleep(SECONDS)
            between = time.monotonic()
            before = meter.read(stack.roots)
            stack.manage("clear_expired")
            end = time.monotonic()
            used = meter.read(stack.roots)
        left = sum(count(stack, table) for table in TABLES)
    span = end - between
    # A sign-in takes away some rows of its person by itself.
    print(
        f"\n{total:,} expired rows were gone after {span:.0f} s, {total / span:,.0f} a second; {left:,} are left"
    )
    print(
        f"others used {meter.foreign_share(before, used):.0%} of the machine (the clearing itself is among them)\n"
    )
    show("rows lying there", [call for call in calls if begin <= call[1] < between], between - begin)
    show("while they are cleared", [call for call in calls if between <= call[1] < end], span)
    failed = [call for call in calls if call[3]]
    print(f"{len(calls)} calls, {len(failed)} failed {failed[:1] or ''}")
    return 1 if failed or left >= total else 0


def fill(stack: Stack, total: int) -> None:
    with psycopg.connect(stack.postgres.url, autocommit=True) as connection:
        for table, (share, columns) in TABLES.items():
            sql = FILL.format(table=table, columns=", ".join(columns), values=", ".join(columns.values()))
            connection.execute(sql, {"rows": total * share // 100})
        connection.execute("VACUUM ANALYZE")
    print(f"{total:,} expired rows in {len(TABLES)} tables", flush=True)


def count(stack: Stack, table: str) -> int:
    with psycopg.connect(stack.postgres.url) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608


def show(title: str, calls: list[tuple], span: float) -> None:
    print(f"| {title} | per s | p50 ms | p95 ms | p99 ms | longest |\n| --- | --- | --- | --- | --- | --- |")
    for kind in KINDS:
        times = [1000 * call[2] for call in calls if call[0] == kind]
        shares = " | ".join(f"{percentile(times, share):.1f}" for share in (0.5, 0.95, 0.99, 1))
        print(f"| {kind} | {len(times) / span:.1f} | {shares} |")
    print()


# --- the calls ------------------------------------------------------------------------------------


def sign_in(stack: Stack):
    def act() -> None:
        browser = Browser(stack.base)
        page = browser.sign_in(next(accounts), PASSWORD)
        browser.close()
        assert page.status == 200, page.status

    return act


def code_flow(stack: Stack):
    client = Client(stack, CLIENT, next(accounts))
    return client.code_flow


def client_credentials(stack: Stack):
    client = Client(stack, f"{CLIENT}-machine")
    return lambda: cases.client_credentials(client, 0)


def refresh(stack: Stack):
    client = Client(stack, CLIENT, next(accounts))
    kept = [client.code_flow()["refresh_token"]]

    def act() -> None:
        given = {"grant_type": "refresh_token", "refresh_token": kept[0]}
        answer = client.post("/oauth/token/", given, **client.basic)
        assert answer.status == 200, answer.text[:200]
        kept[0] = loads(answer.text)["refresh_token"]

    return act


def introspection(stack: Stack):
    client = cases.system_of_person(stack, 0)

    def act() -> None:
        answer = client.post("/oauth/introspect/", {"token": client.token}, **client.basic)
        if not loads(answer.text)["active"]:  # it has lived its minutes
            client.token = client.code_flow()["access_token"]

    return act


KINDS = {
    "sign-in to the home page": sign_in,
    "code flow": code_flow,
    "client-credentials": client_credentials,
    "refresh": refresh,
    "introspection": introspection,
}
REST_SECONDS = 0.1  # between two calls of one thread: a busy morning, not a flood


@contextmanager
def load(stack: Stack) -> Iterator[list[tuple]]:
    """Make calls of every kind all the time; gives their (kind, when it began, seconds, what went wrong)."""
    ends, calls = threading.Event(), []

    def repeat(kind: str, act) -> None:
        while not ends.wait(REST_SECONDS):
            began, fault = time.monotonic(), ""
            try:
                act()
            except Exception as error:
                fault = repr(error)
            calls.append((kind, began, time.monotonic() - began, fault))

    threads = [threading.Thread(target=repeat, args=(kind, make(stack))) for kind, make in KINDS.items()]
    for thread in threads:
        thread.start()
    try:
        yield calls
    finally:
        ends.set()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    sys.exit(main())
