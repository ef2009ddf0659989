"""Real servers on free loopback ports, for `make run`, the tests and the benches.

    with workspace() as folder, Slapd(folder / "slapd") as slapd:
        with Dovecot(folder / "dovecot", slapd) as dovecot:
            connect(slapd.url, dovecot.url)

Each is a context manager with ``start()``, ``stop()``, ``pause()``, ``resume()``, ``port``, ``url`` and
``environment``, the variables that make the suite use it.
"""

from demo.servers.apache import Apache
from demo.servers.dovecot import Dovecot, Introspection
from demo.servers.handover import Handover
from demo.servers.nginx import Nginx
from demo.servers.postgres import Postgres
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
from demo.servers.redis import Redis
from demo.servers.slapd import Slapd

__all__ = [
    "HOST",
    "Apache",
    "Dovecot",
    "Handover",
    "Introspection",
    "Nginx",
    "Postgres",
    "Redis",
    "Server",
    "ServerFailed",
    "Slapd",
    "free_port",
    "is_free",
    "remove_state_folder",
    "state_folder",
    "workspace",
]
