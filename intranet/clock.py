"""Work that comes back by itself: commands of manage.py, ours and the plug-ins'."""

import logging
import time
from datetime import timedelta

from django.core.management import call_command
from django.db import close_old_connections

from intranet.plugins import Timer, plugins

log = logging.getLogger(__name__)
FIRST_SECONDS = 60  # after the start, so that a restart does everything soon and nothing at once
OURS = (
    Timer(command="seal_audit", every=timedelta(seconds=10)),
    Timer(command="sync_pages", every=timedelta(minutes=10)),
    Timer(command="clear_expired", every=timedelta(hours=1)),
    Timer(command="delete_old_notices", every=timedelta(days=1)),
    Timer(command="prune_db_task_results", every=timedelta(days=1)),
)


def timers() -> list[Timer]:
    """Return everything that comes back by itself."""
    return [*OURS, *(timer for plugin in plugins() for timer in plugin.timers)]


def keep_time() -> None:
    """Run each timer's command when its time has come, one after the other, for ever."""
    due = {timer: time.monotonic() + FIRST_SECONDS for timer in timers()}
    while True:
        timer = min(due, key=due.get)
        time.sleep(max(0, due[timer] - time.monotonic()))
        ring(timer)
        due[timer] = time.monotonic() + timer.every.total_seconds()


def ring(timer: Timer) -> None:
    """Run the command; what fails is told in the log and tried again next time."""
    close_old_connections()
    try:
        call_command(timer.command, verbosity=0)
    except Exception:
        log.exception("The timer %s failed.", timer.command)
    finally:
        close_old_connections()
