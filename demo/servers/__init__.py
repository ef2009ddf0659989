"""Real servers on free loopback ports, for `make run`, the tests and the benches.

    with workspace() as folder, Slapd(folder / "slapd") as slapd:
        connect(slapd.url)

Each is a context manager with ``start()``, ``stop()``, ``pause()``, ``resume()``, ``port`` and ``environment``.
"""

from demo.servers.process import (
    HOST,
    Server,
    ServerFailed,
    free_port,
    is_free,
    remove_state_folder,
    state_folder,
    workspace,
)
from demo.servers.slapd import Slapd

__all__ = [
    "HOST",
    "Server",
    "ServerFailed",
    "Slapd",
    "free_port",
    "is_free",
    "remove_state_folder",
    "state_folder",
    "workspace",
]
