"""Work that comes back by itself, with real processes."""

import os
import time
from datetime import timedelta

import pytest

from demo.servers.process import wait_until
from intranet import clock
from intranet.plugins import Timer

SHORT = Timer(command="short", every=timedelta(milliseconds=20))
LONG = Timer(command="long", every=timedelta(milliseconds=20))
DAILY = Timer(command="daily", every=timedelta(days=1))


@pytest.fixture
def rung(tmp_path, monkeypatch):
    """A function that returns the processes in which a command has been run.

    The long one never ends by itself; the daily one fails the first time.
    """

    def ring(timer):
        with (tmp_path / timer.command).open("a") as file:
            file.write(f"{os.getpid()}\n")
        if timer == LONG:
            time.sleep(600)
        return timer != DAILY or len(processes(DAILY)) > 1

    monkeypatch.setattr(clock, "ring", ring)
    monkeypatch.setattr(clock, "timers", lambda: [LONG, SHORT, DAILY])
    monkeypatch.setattr(clock, "FIRST_SECONDS", 0)
    monkeypatch.setattr(clock, "APART_SECONDS", 0)
    monkeypatch.setattr(clock, "AGAIN_SECONDS", 0.1)

    def processes(timer):
        path = tmp_path / timer.command
        return [int(line) for line in path.read_text().splitlines()] if path.exists() else []

    return processes


def test_nothing_waits_for_what_takes_long_and_all_end_together(rung):
    keeper = clock.forking.Process(target=clock.keep_time)
    keeper.start()
    try:
        wait_until(lambda: len(rung(SHORT)) >= 5, 10)

        keeper.terminate()
        keeper.join(10)

        assert keeper.exitcode == 0
        [long] = rung(LONG)  # never twice at once
        assert len(set(rung(SHORT))) == len(rung(SHORT))  # each in a process of its own
        with pytest.raises(ProcessLookupError):
            os.kill(long, 0)
    finally:
        keeper.kill()


def test_what_failed_is_tried_again_soon_and_then_at_its_time(rung):
    keeper = clock.forking.Process(target=clock.keep_time)
    keeper.start()
    try:
        wait_until(lambda: len(rung(DAILY)) == 2, 10)
        since = len(rung(SHORT))
        wait_until(lambda: len(rung(SHORT)) > since + 10, 10)

        assert len(rung(DAILY)) == 2
    finally:
        keeper.terminate()
        keeper.join(10)


def test_a_command_that_does_not_end_is_ended_and_begun_anew(rung, monkeypatch):
    monkeypatch.setattr(clock, "LONGEST_SECONDS", 0.5)
    keeper = clock.forking.Process(target=clock.keep_time)
    keeper.start()
    try:
        wait_until(lambda: len(rung(LONG)) == 3, 20)

        first, *_others = rung(LONG)
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
    finally:
        keeper.terminate()
        keeper.join(10)
