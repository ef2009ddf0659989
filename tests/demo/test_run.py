import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from demo import state
from demo.run import SOURCES, chosen_port, fingerprint, main
from demo.servers import HOST, ServerFailed, free_port, is_free, process, workspace
from tests.demo_data import copy_demo

pytestmark = pytest.mark.slow
PROJECT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "80 80"])
def test_a_port_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("PORT", text)

    with pytest.raises(ServerFailed, match=f"PORT is '{text}'"):
        chosen_port()


def test_a_taken_port_is_named_with_another_to_choose(monkeypatch):
    import socket

    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))

        with pytest.raises(ServerFailed, match=rf"Port {port} is taken .* make run PORT=\d+"):
            chosen_port()


def test_a_machine_without_the_loopback_address_is_told_so(monkeypatch):
    monkeypatch.setattr(process, "is_free", lambda port: False)

    with pytest.raises(ServerFailed, match=r"No port of 127\.0\.0\.1 is to be had"):
        free_port()


def test_secrets_are_random_kept_and_private(tmp_path, monkeypatch):
    monkeypatch.setenv("INTRANET_VAR", str(tmp_path))

    first = state.client_secret("dovecot")

    assert state.client_secret("dovecot") == first != state.client_secret("foreign-system")
    assert state.secret_path("dovecot").stat().st_mode & 0o777 == 0o600


def test_ports_are_remembered(tmp_path, monkeypatch):
    monkeypatch.setenv("INTRANET_VAR", str(tmp_path))
    assert state.read_ports() is None

    state.write_ports(state.Ports(web=8000, foreign=8001, imap=1, lmtp=2))

    assert state.read_ports() == state.Ports(web=8000, foreign=8001, imap=1, lmtp=2)


def test_the_fingerprint_changes_with_the_database(monkeypatch):
    before = fingerprint()

    monkeypatch.setenv("INTRANET_DATABASE_URL", "postgres://elsewhere/db")

    assert before != fingerprint()


def test_the_fingerprint_does_not_look_at_what_a_run_writes():
    found = {path.relative_to(PROJECT).parts[0] for pattern in SOURCES for path in PROJECT.glob(pattern)}

    assert "var" not in found
    assert found >= {"apps", "demo", "intranet", "sso", "static"}


class Run:
    """`make run` in a folder of its own."""

    def __init__(self, folder, port):
        self.folder, self.port = folder, port

    def start(self):
        environment = {**os.environ, "PORT": str(self.port), "INTRANET_VAR": str(self.folder)}
        environment.pop("INTRANET_DATABASE_URL", None)
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        # As in the background of a shell: in a session of its own, interrupts ignored.
        script = 'trap "" INT; exec setpriv --pdeathsig TERM -- "$0" -m demo.run'
        command = ["sh", "-c", script, sys.executable]
        self.process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.output = ""
        for line in self.process.stdout:
            self.output += line
            if line.startswith("╰"):
                return self
        pytest.fail(self.output)

    def children(self):
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if str(self.folder).encode() in path.read_bytes() + path.with_name("cmdline").read_bytes():
                    found.append(int(path.parent.name))
            except OSError:
                continue
        return [pid for pid in found if pid != self.process.pid]

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.mark.servers
def test_make_run_starts_ends_and_starts_again_with_its_data():
    with workspace() as folder:
        copy_demo(folder)  # the first start, which fills it
        run = Run(folder, free_port()).start()
        assert re.search(r"quantri\.donvi +\S+ .*Vụ Kế hoạch - Tài chính", run.output)
        assert urlopen(f"http://{HOST}:{run.port}/").status == 200
        assert run.children()

        assert run.end(signal.SIGTERM) == 0
        assert run.children() == []
        assert is_free(run.port)

        (folder / "private").mkdir(exist_ok=True)
        (folder / "private" / "left").write_text("as it was")
        started = time.monotonic()
        run.start()
        assert time.monotonic() - started < 60  # 3 s on a quiet machine
        assert "▸" not in run.output
        assert (folder / "private" / "left").read_text() == "as it was"

        assert run.end(signal.SIGINT) == 0
        assert run.children() == []


@pytest.mark.servers
def test_a_second_run_of_the_same_clone_is_refused(capsys, monkeypatch, tmp_path):
    from demo.run import only_one

    monkeypatch.setenv("INTRANET_VAR", str(tmp_path))
    monkeypatch.setenv("PORT", str(free_port()))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        with only_one():
            assert main() == 1
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    assert "is already up" in capsys.readouterr().err
