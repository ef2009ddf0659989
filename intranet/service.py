"""The processes of the suite: loaded once, forked from one another, started anew when one fails.

What they have loaded alike (Django, Wagtail, the apps, translations) lies in memory once: a forked process shares it
until it writes to it, and ``gc.freeze`` keeps the garbage collector from writing to all of it.
"""

import faulthandler
import gc
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import wait

from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connections
from django.template.loader import get_template
from django.urls import get_resolver
from django.utils import translation
from setproctitle import setproctitle

log = logging.getLogger(__name__)
Part = Callable[[], None]
NAME = "intranet"  # as `ps` shows the processes, with the part behind it
PAGES = ("intranet/dashboard.html", "account/login.html")  # with all that they stand on
STOP_SECONDS, LAST_SECONDS = 15, 5  # for all to end by themselves; of it for answers that are on their way
FAILURES, WITHIN_SECONDS = 5, 60  # more failures of one part are no accident
forking = multiprocessing.get_context("fork")


class Stopped(BaseException):
    """Somebody asked the service to end."""


class GaveUp(Exception):
    """A part fails again and again."""


def web(interface: str, module: str, host: str, port: int, **options) -> Part:
    """Return the part that serves ``module`` by granian."""

    def run() -> None:
        from granian.constants import Interfaces
        from granian.log import LogLevels
        from granian.server import Server

        server = Server(
            f"{module}:application",
            host,
            port,
            interface=Interfaces(interface),
            log_level=LogLevels.warning,
            backpressure=256,
            respawn_failed_workers=True,
            workers_kill_timeout=LAST_SECONDS,
            process_name=f"{NAME}: {module}",
            **options,
        )
        server.serve()

    return run


def command(*words: str) -> Part:
    """Return the part that runs a command of manage.py, which ends at SIGTERM by itself."""
    return lambda: call_command(*words)


def load() -> None:
    """Import and compile what every process needs, and leave nothing open that must not be shared."""
    import_module(settings.ROOT_URLCONF)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("")
            get_resolver().reverse_dict  # noqa: B018 (computed when it is asked for)
    for name in PAGES:
        get_template(name)
    caches.close_all()
    connections.close_all()
    gc.collect()
    gc.freeze()


def run(parts: dict[str, Part]) -> None:
    """Run ``parts`` until SIGTERM or SIGINT. Raises GaveUp when one of them cannot be kept running."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    setproctitle(f"{NAME}: service")
    running = {}
    failed = {name: [] for name in parts}
    try:
        for name, part in parts.items():
            running[name] = _started(name, part)
        while True:
            wait([process.sentinel for process in running.values()])
            for name, process in running.items():
                if not process.is_alive():
                    _note(name, process.exitcode, failed[name])
                    running[name] = _started(name, parts[name])
    except Stopped:
        pass
    finally:
        _end(running.values())


@contextmanager
def time_limit(seconds: float, what: str) -> Iterator[None]:
    """End this process when the block does not end within ``seconds``, saying where it hangs; it is started anew."""
    alarm = threading.Timer(seconds, _give_up, [what, seconds])
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _give_up(what: str, seconds: float) -> None:
    log.error(
        "%s has not ended within %.0f minutes, so its process is ended. Where it hangs:", what, seconds / 60
    )
    faulthandler.dump_traceback()
    os._exit(1)


def _stop(*_) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):  # once is enough: what follows must not be disturbed
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def _started(name: str, part: Part) -> multiprocessing.Process:
    def run() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        setproctitle(f"{NAME}: {name}")
        part()

    process = forking.Process(target=run, name=name)
    process.start()
    return process


def _note(name: str, code: int | None, failures: list[float]) -> None:
    log.error("The part %r ended by itself (%s) and is started anew.", name, code)
    failures.append(time.monotonic())
    if len(failures) >= FAILURES and failures[-1] - failures[-FAILURES] < WITHIN_SECONDS:
        raise GaveUp(f"The part {name!r} failed {FAILURES} times within {WITHIN_SECONDS} seconds.")
    time.sleep(min(len(failures), 5) - 1)


def _end(processes) -> None:
    for process in processes:
        process.terminate()
    end = time.monotonic() + STOP_SECONDS
    for process in processes:
        process.join(max(0, end - time.monotonic()))
        if process.is_alive():
            process.kill()
