"""Work that comes back by itself: commands of manage.py, ours and the plug-ins'."""

import logging
import multiprocessing
import signal
import time
from datetime import timedelta

from django.core.management import CommandError, call_command
from django.db import close_old_connections

from intranet.outage import is_outage
from intranet.plugins import Timer, plugins
from intranet.service import time_limit

log = logging.getLogger(__name__)
forking = multiprocessing.get_context("fork")
FIRST_SECONDS = 60  # after the start, so that a restart does everything soon,
APART_SECONDS = 3  # and one after the other
LONGEST_SECONDS = 3600  # of one run; a million expired rows take minutes
AGAIN_SECONDS = 600  # after a failure, when the next time is not sooner
OURS = (
    Timer(command="seal_audit", every=timedelta(seconds=10)),
    Timer(command="watch_directory", every=timedelta(minutes=1)),
    Timer(command="provision", every=timedelta(minutes=1)),
    Timer(command="publish_scheduled", every=timedelta(minutes=1)),  # Wagtail's pages, at their time
    Timer(command="sync_pages", every=timedelta(minutes=10)),
    Timer(command="clear_expired", every=timedelta(hours=1)),
    Timer(command="compare_directory", every=timedelta(days=1)),
    Timer(command="delete_old_notices", every=timedelta(days=1)),
    Timer(command="prune_db_task_results", every=timedelta(days=1)),
)


def timers() -> list[Timer]:
    """Return everything that comes back by itself."""
    return [*OURS, *(timer for plugin in plugins() for timer in plugin.timers)]


def keep_time() -> None:
    """Run each timer's command when its time has come, until SIGTERM, which ends those that are running, too.

    Each runs in a process of its own: this one stays as small as it was forked, and nothing waits for what takes long.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # waited for below, it disturbs nothing else
    begin = time.monotonic() + FIRST_SECONDS
    due = {timer: begin + place * APART_SECONDS for place, timer in enumerate(timers())}
    running: dict[Timer, multiprocessing.Process] = {}
    while True:
        timer = min(due, key=due.get)
        if signal.sigtimedwait([signal.SIGTERM], max(0, due[timer] - time.monotonic())):
            return
        now = time.monotonic()
        if timer not in running or not running[timer].is_alive():
            running[timer] = forking.Process(target=ring_by_itself, args=[timer], daemon=True)
            running[timer].start()
        due[timer] = now + timer.every.total_seconds()
        for failed in [timer for timer, process in running.items() if process.exitcode]:
            due[failed] = min(due[failed], now + AGAIN_SECONDS)
            del running[failed]


def ring_by_itself(timer: Timer) -> None:
    """Run the command in this process, which ends at once when it is asked to."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    with time_limit(LONGEST_SECONDS, f"The timer {timer.command}"):
        if not ring(timer):
            raise SystemExit(1)


def ring(timer: Timer) -> bool:
    """Run the command and say whether it did its work; what fails is told in the log."""
    close_old_connections()
    try:
        call_command(timer.command, verbosity=0)
        return True
    except Exception as error:
        if is_outage(error) or isinstance(error, CommandError):  # whose reason says it all
            log.error("The timer %s failed: %s", timer.command, " ".join(str(error).split()))
        else:
            log.exception("The timer %s failed.", timer.command)
    finally:
        close_old_connections()
