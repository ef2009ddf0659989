import os
import signal
import subprocess
import sys
import textwrap
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import ldap
import psycopg
import pytest
import redis

from demo.servers import (
    Postgres,
    Redis,
    Server,
    ServerFailed,
    Slapd,
    free_port,
    is_free,
    process,
    state_folder,
    workspace,
)
from demo.servers.process import fallback_folder, members, remove_state_folder, wait_until

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("kind", [Slapd, Postgres, Redis])
def test_stop_leaves_no_process_and_no_open_port(folder, kind):
    server = kind(folder / f"stop-{kind.name}").start()
    group = server.process.pid
    assert members(group)

    server.stop()

    assert members(group) == []
    assert is_free(server.port)


def test_dovecot_ends_with_its_connections_open(folder, slapd, dovecot):
    from imaplib import IMAP4

    from demo.servers import Dovecot

    server = Dovecot(folder / "busy", slapd).start()
    imap = IMAP4("127.0.0.1", server.port)
    imap.login("nhanvien", "Demo@2026")
    group = server.process.pid

    server.stop()

    assert members(group) == []
    assert dovecot.is_running


def test_servers_run_unprivileged(slapd):
    status = Path(f"/proc/{slapd.process.pid}/status").read_text()
    uid = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("Uid:"))

    assert uid != 0
    assert uid == os.geteuid() or os.geteuid() == 0


def listening(port):
    """The addresses, as the kernel writes them, at which somebody listens on ``port``."""
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path("/proc/net", name).read_text().splitlines()[1:]
    ]
    ends = [row[1].split(":") for row in rows if row[3] == "0A"]
    return {address for address, at in ends if int(at, 16) == port}


def test_servers_listen_on_the_loopback_only(folder, slapd, dovecot, handover):
    ports = [slapd.port, slapd.tls_port, dovecot.port, dovecot.lmtp_port, dovecot.sieve_port, handover.port]
    with Redis(folder / "loopback") as redis_server, Postgres(folder / "loopback-pg") as postgres:
        found = {
            address for port in (*ports, redis_server.port, postgres.port) for address in listening(port)
        }

    assert found == {"0100007F"}


def test_postgres_takes_many_connections_and_knows_vietnamese_order(folder):
    with Postgres(folder / "pg") as postgres, psycopg.connect(postgres.url) as connection:
        words = connection.execute(
            """SELECT array_agg(word ORDER BY word COLLATE "vi-x-icu")
               FROM unnest(ARRAY['Ổi', 'Đông', 'Dũng', 'Ăn', 'Anh']) word"""
        ).fetchone()

        assert words == (["Anh", "Ăn", "Dũng", "Đông", "Ổi"],)
        assert connection.execute("SHOW max_connections").fetchone() == ("200",)
        assert urlsplit(postgres.environment["INTRANET_DATABASE_URL"]).port == postgres.port


def test_redis_answers(folder):
    with Redis(folder / "redis") as server:
        assert redis.Redis.from_url(server.environment["INTRANET_REDIS_URL"]).ping()


def test_a_paused_server_is_silent_until_resumed(folder):
    with Redis(folder / "paused") as server:
        client = redis.Redis.from_url(server.url, socket_timeout=0.3)
        server.pause()
        with pytest.raises(redis.TimeoutError):
            client.ping()

        server.resume()

        assert client.ping()


def test_a_paused_server_can_be_stopped(folder):
    server = Redis(folder / "paused-stopped").start()
    group = server.process.pid
    server.pause()

    server.stop()

    assert members(group) == []


def test_a_server_that_cannot_start_shows_its_log(folder):
    class Broken(Server):
        name = "broken"

        def command(self):
            return ["sh", "-c", "echo no such thing as a configuration; exit 3"]

    with pytest.raises(ServerFailed, match=r"(?s)broken did not start.*no such thing as a configuration"):
        Broken(folder / "broken").start()


def test_servers_end_with_the_process_that_started_them(folder):
    script = f"""
        import time
        from pathlib import Path
        from demo.servers import Redis
        server = Redis(Path({str(folder)!r}) / "orphan").start()
        print(server.process.pid, flush=True)
        time.sleep(600)
    """
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    )
    group = int(owner.stdout.readline())
    assert members(group)

    owner.send_signal(signal.SIGKILL)
    owner.wait()

    wait_until(lambda: not members(group), 10)


def test_a_frozen_server_has_no_thread_that_runs(folder):
    with Slapd(folder / "frozen", ldif="") as server:
        server.pause()
        frozen = [process.is_frozen(pid) for pid in members(server.process.pid)]
        server.resume()
        process.wait_until(lambda: not any(map(process.is_frozen, members(server.process.pid))), 5)

    assert set(frozen) == {True}


def test_two_ministries_do_not_disturb_one_another(folder, slapd):
    with Slapd(folder / "other", ldif="") as other:
        connection = ldap.initialize(other.url)
        with pytest.raises(ldap.INVALID_CREDENTIALS):
            connection.simple_bind_s(slapd.bind_dn, slapd.bind_password)


def test_free_ports_are_not_those_of_outgoing_connections():
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert 1024 < free_port() < lowest


def test_a_free_port_is_given_to_one_only(monkeypatch):
    first = free_port()
    tries = count(first)
    monkeypatch.setattr(process.random.SystemRandom, "randrange", lambda *_ends: next(tries))

    assert (is_free(first), free_port() > first) == (True, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's servers run as that user")
def test_a_closed_folder_is_replaced_by_one_below_var_tmp(tmp_path):
    tmp_path.chmod(0o700)
    wanted = tmp_path / "servers"

    with pytest.raises(ServerFailed, match="cannot enter"):
        Redis(wanted / "redis")
    folder = state_folder(wanted)
    try:
        assert folder == fallback_folder(wanted) == state_folder(wanted)
        assert folder.stat().st_mode & 0o777 == 0o711
    finally:
        remove_state_folder(wanted)

    assert not folder.exists()


def test_a_workspace_is_removed_at_the_end():
    with workspace() as folder:
        (folder / "file").write_text("x")

    assert not folder.exists()
