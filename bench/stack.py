"""The whole suite as a ministry runs it: slapd, Dovecot, PostgreSQL, Redis, two page workers, sockets, jobs."""

import os
import secrets
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from demo.servers import HOST, Dovecot, Introspection, Postgres, Redis, Server, Slapd, free_port, workspace

ROOT = Path(__file__).resolve().parent.parent
BACK_ENDS = ("slapd", "dovecot", "postgres", "redis")
OURS = ("pages", "sockets", "jobs")


class Program(Server):
    """A process of the suite, run as the person who started the bench."""

    unprivileged = False

    def __init__(self, folder: Path, name: str, command: list[str], environment: dict[str, str], port: int = 0):
        self.name = name
        super().__init__(folder, port=port or None)
        self.words, self.settings, self.listens = command, environment, bool(port)

    def command(self) -> list[str]:
        return self.words

    def process_environment(self) -> dict[str, str]:
        return {**super().process_environment(), **self.settings, "PYTHONPATH": str(ROOT)}

    def is_ready(self) -> bool:
        return not self.listens or super().is_ready()


def granian(interface: str, application: str, port: int, workers: int = 1, threads: int = 1) -> list[str]:
    words = [sys.executable, "-m", "granian", "--interface", interface, "--host", HOST, "--port", str(port)]
    words += ["--workers", str(workers), "--backpressure", "64", "--log-level", "error", application]
    return words + (["--blocking-threads", str(threads)] if interface == "wsgi" else [])


class Stack:
    """Used as a context manager. ``roots`` names the process trees, ``base`` is the address of the suite."""

    def __init__(self):
        self.exits = ExitStack()
        self.secrets = {"client": secrets.token_urlsafe(96), "introspector": secrets.token_urlsafe(96)}

    def __enter__(self) -> "Stack":
        with self.exits:
            self._start()
            self.exits = self.exits.pop_all()
        return self

    def __exit__(self, *exception) -> None:
        self.exits.close()

    def _start(self) -> None:
        folder = self.exits.enter_context(workspace())
        port = free_port()
        self.base = f"http://{HOST}:{port}"
        introspector = Introspection(f"{self.base}/oauth/introspect/", "bench-dovecot", self.secrets["introspector"])
        self.slapd = self.exits.enter_context(Slapd(folder / "slapd"))
        self.postgres = self.exits.enter_context(Postgres(folder / "postgres"))
        self.redis = self.exits.enter_context(Redis(folder / "redis"))
        self.dovecot = self.exits.enter_context(Dovecot(folder / "dovecot", self.slapd, introspector))
        self.environment = {
            "INTRANET_VAR": str(folder / "var"),
            "INTRANET_BASE_URL": self.base,
            "INTRANET_DEMO": "yes",
            "INTRANET_LMTP_URL": f"lmtp://{HOST}:{self.dovecot.lmtp_port}",
            **self.slapd.environment,
            **self.postgres.environment,
            **self.redis.environment,
            **self.dovecot.environment,
        }
        for words in (["migrate", "-v0"], ["collectstatic", "-v0", "--noinput"], ["load_demo"]):
            self.manage(*words)
        self.manage("shell", "-v0", "-c", f"from bench.data import prepare; prepare({self.secrets!r})")
        pages = granian("wsgi", "intranet.wsgi:application", port, workers=2, threads=8)
        sockets_port = free_port()
        sockets = granian("asgi", "intranet.asgi:application", sockets_port)
        programs = [
            Program(folder / "pages", "pages", pages, self.environment, port),
            Program(folder / "sockets", "sockets", sockets, self.environment, sockets_port),
            Program(folder / "jobs", "jobs", [sys.executable, str(ROOT / "manage.py"), "db_worker"], self.environment),
        ]
        for program in programs:
            self.exits.enter_context(program)
        servers = [self.slapd, self.dovecot, self.postgres, self.redis, *programs]
        self.roots = {server.name: server.process.pid for server in servers}

    def manage(self, *words: str) -> None:
        """Run a command of manage.py against this stack."""
        environment = {**os.environ, **self.environment}
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
