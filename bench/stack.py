"""The whole suite as a ministry runs it: slapd, Dovecot, PostgreSQL, Redis, two page workers, sockets, jobs."""

import os
import subprocess
import sys
from contextlib import ExitStack

from demo import programs, state
from demo.servers import HOST, Dovecot, Introspection, Postgres, Redis, Server, Slapd, free_port, workspace

BACK_ENDS = ("slapd", "dovecot", "postgres", "redis")
OURS = ("pages", "sockets", "worker")
PAGE_WORKERS, THREADS = 2, 8


class Stack:
    """Used as a context manager. ``roots`` names the process trees, ``base`` is the address of the suite."""

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
        # The pages run while data is loaded: Dovecot asks them about the tokens of those who file mail.
        pages = self._program("pages", _granian("wsgi", "intranet.wsgi", port, PAGE_WORKERS), folder, port)
        servers = [self.slapd, self.dovecot, self.postgres, self.redis, stack.enter_context(pages)]
        self.manage("load_demo")
        self.manage("shell", "-v0", "-c", "from bench.data import prepare; prepare()")
        for program in (
            self._program(
                "sockets", _granian("asginl", "intranet.asgi", sockets_port, 1), folder, sockets_port
            ),
            programs.worker(self.environment, folder / "worker"),
            self._program("bare", _granian("wsgi", "bench.bare", bare_port, 1), folder, bare_port),
        ):
            servers.append(stack.enter_context(program))
        self.roots = {server.name: server.process.pid for server in servers}

    def _program(self, name, words, folder, port) -> Server:
        return programs.Program(name, words, self.environment, folder=folder / name, port=port)

    def manage(self, *words: str) -> None:
        """Run a command of manage.py against this stack."""
        environment = {**os.environ, **self.environment}
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=state.PROJECT, env=environment, check=True)


def _granian(interface: str, module: str, port: int, workers: int) -> list[str]:
    words = ["-m", "granian", "--interface", interface, "--host", HOST, "--port", str(port)]
    words += ["--workers", str(workers), "--no-access-log", "--log-level", "warning", "--backpressure", "256"]
    words += ["--blocking-threads", str(THREADS)] if interface == "wsgi" else []
    return [*words, f"{module}:application"]
