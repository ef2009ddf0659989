"""The suite as one service, started as an operator does it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands
from django.db import OperationalError

from demo.servers import HOST, free_port
from demo.servers.process import members, wait_until
from intranet import clock
from tests.databases import sqlite_copy


@pytest.fixture
def service(tmp_path):
    """`manage.py serve` on a database of its own: its process, its address, its log."""
    port, log = free_port(), tmp_path / "log"
    environment = {name: text for name, text in os.environ.items() if not name.startswith("INTRANET_")}
    environment |= {"DJANGO_SETTINGS_MODULE": "intranet.settings", "INTRANET_VAR": str(tmp_path)}
    environment |= {"INTRANET_DATABASE_URL": f"sqlite:///{sqlite_copy(tmp_path)}", "INTRANET_DEBUG": "yes"}
    words = [sys.executable, "manage.py", "serve", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            words, cwd=settings.BASE_DIR, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    address = f"http://{HOST}:{port}/sign-in/"
    try:
        wait_until(lambda: answers(address), 60, alive=lambda: process.poll() is None)
        yield process, address, log
    finally:
        if members(process.pid):
            os.killpg(process.pid, signal.SIGKILL)


def answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


def part(process: subprocess.Popen, name: str) -> int | None:
    """The process that `ps` shows as this part."""
    for pid in members(process.pid):
        if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(f"intranet: {name}".encode()):
            return pid
    return None


@pytest.mark.servers
def test_a_part_that_fails_is_started_anew_and_all_end_together(service):
    process, address, log = service
    wait_until(lambda: part(process, "jobs"), 10)
    before = part(process, "jobs")

    os.kill(before, signal.SIGKILL)
    wait_until(lambda: part(process, "jobs") not in {None, before}, 10)

    assert "The part 'jobs' ended by itself (-9) and is started anew." in log.read_text()
    assert answers(address)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    wait_until(lambda: not members(process.pid), 5)
    assert "Traceback" not in log.read_text()


def test_what_is_no_part_is_named():
    with pytest.raises(CommandError, match="No such part: mill"):
        call_command("serve", "--without", "mill")


def test_every_timer_is_a_command():
    assert [timer.command for timer in clock.timers() if timer.command not in get_commands()] == []


def test_a_timer_that_fails_is_told_and_does_no_harm(caplog, db, monkeypatch):
    def fail(*_words, **_options):
        raise ZeroDivisionError

    monkeypatch.setattr(clock, "call_command", fail)

    assert not clock.ring(clock.OURS[0])
    assert "The timer seal_audit failed." in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("kind", [OperationalError, CommandError])
def test_a_timer_whose_server_is_away_is_one_line(caplog, db, monkeypatch, kind):
    def fail(*_words, **_options):
        raise kind("connection refused\nIs the server running?")

    monkeypatch.setattr(clock, "call_command", fail)

    clock.ring(clock.OURS[0])

    [record] = caplog.records
    text = "The timer seal_audit failed: connection refused Is the server running?"
    assert (record.getMessage(), record.exc_info) == (text, None)
