"""Our own programs in the demo: the suite and the foreign system."""

import os
import sys
from http.client import HTTPConnection
from pathlib import Path

from demo.servers import HOST, Server, free_port
from demo.state import FOREIGN, PROJECT, secret_path


class Program(Server):
    """A process of ours: runs in the project's folder as the user who starts it."""

    unprivileged = False

    def __init__(
        self, name: str, words: list[str], environment: dict[str, str], *, folder: Path, port: int = 0
    ):
        self.name, self.words, self.variables = name, words, environment
        super().__init__(folder, port=port or None)
        self.listens = bool(port)
        self.working_folder = PROJECT

    def command(self) -> list[str]:
        return [sys.executable, *self.words]

    def process_environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}

    def is_ready(self) -> bool:
        if not self.listens:
            return True
        connection = HTTPConnection(HOST, self.port, timeout=20)
        connection.request("GET", "/", headers={"Accept-Language": "vi"})
        return connection.getresponse().status < 500


def suite(port: int, environment: dict[str, str], folder: Path) -> Program:
    words = ["manage.py", "serve", "--port", str(port), "--sockets-port", str(free_port())]
    return Program("suite", words, environment, folder=folder, port=port)


def follower(environment: dict[str, str], folder: Path) -> Program:
    """The part of the suite that follows the directory, by itself."""
    return Program("follower", ["manage.py", "follow_directory"], environment, folder=folder)


def foreign_system(port: int, issuer: str, folder: Path) -> Program:
    words = ["-m", "demo.foreign_system", "--port", str(port), "--issuer", issuer]
    words += ["--client-id", FOREIGN, "--secret-file", str(secret_path(FOREIGN))]
    return Program("foreign-system", words, {}, folder=folder, port=port)
