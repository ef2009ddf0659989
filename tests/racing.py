"""Many threads that begin at the same moment, each with its own connection; only PostgreSQL lets them race."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections


def all_at_once(count: int, act: Callable[[int], Any]) -> list:
    """Return what ``act(number)`` returns in each of ``count`` threads."""
    gate = Barrier(count)

    def one(number):
        try:
            gate.wait()
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
