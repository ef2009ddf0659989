"""The suite's own processes in the demo: web server, job worker, foreign system."""

import os
import sys
from http.client import HTTPConnection
from pathlib import Path

from demo.servers import HOST, Server
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


def web(port: int, environment: dict[str, str], folder: Path) -> Program:
    # "nl": Channels knows no lifespan events. One worker, so that notices and cache need no Redis.
    words = ["-m", "granian", "--interface", "asginl", "--host", HOST, "--port", str(port), "--workers", "1"]
    words += [
        "--no-access-log",
        "--log-level",
        "warning",
        "--backpressure",
        "256",
        "intranet.asgi:application",
    ]
    return Program("web", words, environment, folder=folder, port=port)


def worker(environment: dict[str, str], folder: Path) -> Program:
    words = ["manage.py", "db_worker", "--queue-name", "*", "--no-startup-delay", "--no-reload"]
    return Program("worker", words, environment, folder=folder)


def foreign_system(port: int, issuer: str, folder: Path) -> Program:
    words = ["-m", "demo.foreign_system", "--port", str(port), "--issuer", issuer]
    words += ["--client-id", FOREIGN, "--secret-file", str(secret_path(FOREIGN))]
    return Program("foreign-system", words, {}, folder=folder, port=port)
