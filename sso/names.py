"""Addresses of servers by name, never waited for without a limit: the resolver itself may take half a minute."""

import socket
import threading
from ipaddress import ip_address
from time import monotonic

FRESH_SECONDS = 60
STALE_SECONDS = 10  # that what was known is good for, while the resolver does not say it again
Addresses = list[tuple]  # as socket.getaddrinfo returns them

_under_way: dict[tuple[str, int], "Lookup"] = {}
_known: dict[tuple[str, int], tuple[float, Addresses]] = {}


class Lookup(threading.Thread):
    """One question, which may take as long as it likes. ``error`` is what it failed with."""

    def __init__(self, host: str, port: int):
        super().__init__(daemon=True, name=f"name.{host}")
        self.host, self.port = host, port
        self.found: Addresses = []
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            self.error = error


def look_up(host: str, port: int, seconds: float) -> Addresses:
    """Return the addresses of ``host``. Raises TimeoutError after ``seconds``, and as ``socket.getaddrinfo``.

    Whoever asks for what is already being asked for waits for the same answer.
    """
    if is_number(host):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    lookup = _under_way.get((host, port))
    if lookup is None or not lookup.is_alive():
        lookup = _under_way[host, port] = Lookup(host, port)
        lookup.start()
    lookup.join(seconds)
    if lookup.found:
        return lookup.found
    raise lookup.error or TimeoutError(f"The resolver says no address of {host} in time")


def kept_addresses(host: str, port: int, seconds: float) -> Addresses:
    """As ``look_up``, but asked once a minute, and what was said last is good while nobody says it again."""
    until, found = _known.get((host, port), (0, []))
    if monotonic() < until:
        return found
    try:
        found, fresh = look_up(host, port, seconds), FRESH_SECONDS
    except (OSError, UnicodeError):
        if not found:
            raise
        fresh = STALE_SECONDS
    _known[host, port] = monotonic() + fresh, found
    return found


def doubt(host: str, port: int) -> None:
    """Have ``host`` asked for anew next time: none of its addresses answers, so it may have moved."""
    _until, found = _known.get((host, port), (0, []))
    _known[host, port] = 0, found


def is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
