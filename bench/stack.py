"""The whole suite as a ministry runs it: slapd, Dovecot, PostgreSQL, Redis, and our one service."""

import os
import subprocess
import sys
from contextlib import ExitStack

from demo import programs, state
from demo.servers import HOST, Dovecot, Introspection, Postgres, Redis, Server, Slapd, free_port, workspace

BACK_ENDS = ("slapd", "dovecot", "postgres", "redis")
OURS = ("suite",)


class Stack:
    """Used as a context manager. ``roots`` names the process trees, ``base`` is the address of the suite.

    ``without`` names parts of the service that are left out, ``data`` the function of bench.data that adds to the demo.
    """

    def __init__(self, without: tuple[str, ...] = (), data: str = "prepare"):
        self.without, self.data = without, data

    def __enter__(self) -> "Stack":
        with ExitStack() as stack:
            self._start(stack)
            self._exits = stack.pop_all()
        return self

    def __exit__(self, *exception) -> None:
        self._exits.close()

    def _start(self, stack: ExitStack) -> None:
        folder = stack.enter_context(workspace())
        os.environ["INTRANET_VAR"] = str(folder / "var")
        port, bare_port, sockets_port = free_port(), free_port(), free_port()
        self.base, self.bare = f"http://{HOST}:{port}", f"http://{HOST}:{bare_port}"
        secret = state.client_secret(state.MAIL_SERVER)
        asked = Introspection(self.base + state.INTROSPECTION_PATH, state.MAIL_SERVER, secret)
        self.slapd = stack.enter_context(Slapd(folder / "slapd"))
        self.postgres = stack.enter_context(Postgres(folder / "postgres"))
        self.redis = stack.enter_context(Redis(folder / "redis"))
        self.dovecot = stack.enter_context(Dovecot(folder / "dovecot", self.slapd, asked))
        state.write_ports(state.Ports(port, bare_port, self.dovecot.port, self.dovecot.lmtp_port))
        self.environment = {
            "INTRANET_BASE_URL": self.base,
            "INTRANET_DEMO": "yes",
            **self.slapd.environment,
            **self.postgres.environment,
            **self.redis.environment,
            **self.dovecot.environment,
        }
        self.manage("migrate", "-v0")
        self.manage("collectstatic", "-v0", "--noinput")
        words = ["manage.py", "serve", "--port", str(port), "--sockets-port", str(sockets_port)]
        # The suite runs while data is loaded: Dovecot asks it about the tokens of those who file mail.
        with self._program("suite", [*words, "--without", "directory"], folder, port):
            self.manage("load_demo")
            self.manage("shell", "-v0", "-c", f"from bench.data import {self.data}; {self.data}()")
        words += ["--without", *self.without] if self.without else []
        suite = stack.enter_context(self._program("suite", words, folder, port))
        servers = [self.slapd, self.dovecot, self.postgres, self.redis, suite]
        servers.append(
            stack.enter_context(self._program("bare", _granian("bench.bare", bare_port), folder, bare_port))
        )
        self.roots = {server.name: server.process.pid for server in servers}

    def _program(self, name, words, folder, port) -> Server:
        return programs.Program(name, words, self.environment, folder=folder / name, port=port)

    def manage(self, *words: str) -> None:
        """Run a command of manage.py against this stack."""
        environment = {**os.environ, **self.environment}
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=state.PROJECT, env=environment, check=True)


def _granian(module: str, port: int) -> list[str]:
    words = ["-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    words += ["--no-access-log", "--log-level", "warning", "--backpressure", "256", "--blocking-threads", "8"]
    return [*words, f"{module}:application"]
