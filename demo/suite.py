"""The whole demo in a folder of its own, as one `with`: for the browser tests, the failure tests and the pictures."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.run import start_everything
from demo.servers import HOST, Server, free_port


@dataclass(frozen=True)
class Suite:
    """What runs: the address of the home page, and the servers by name, to be stopped and started again."""

    address: str
    servers: dict[str, Server]


@contextmanager
def running(folder: Path) -> Iterator[Suite]:
    """Start what `make run` starts, on free ports and with nothing of this process's own settings; end it all."""
    port = free_port()
    with ExitStack() as stack:
        with settings_of(folder):
            servers = start_everything(port, stack)
        yield Suite(f"http://{HOST}:{port}", {server.name: server for server in servers})


@contextmanager
def settings_of(folder: Path) -> Iterator[None]:
    """The environment without INTRANET_… and without tests' settings; everything is written to ``folder``."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("INTRANET_") or name == "DJANGO_SETTINGS_MODULE":
            del os.environ[name]
    os.environ["INTRANET_VAR"] = str(folder)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
