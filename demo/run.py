"""`make run`: the whole ministry on this machine, until Ctrl-C.

    PORT=8000 python -m demo.run

Everything it writes lies in var/ (INTRANET_VAR) or, where var/ is closed to the servers' user, in a folder of
/var/tmp; `make reset` removes both.
"""

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from demo import programs, state
from demo.people import DOMAIN, NAMED, PASSWORD, Person, people, second_admin
from demo.servers import (
    HOST,
    Dovecot,
    Handover,
    Introspection,
    Server,
    ServerFailed,
    Slapd,
    free_port,
    is_free,
    state_folder,
)
from demo.units import by_code, units

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What the database and the collected static files are made from.
SOURCES = (
    "*/migrations/*.py",
    "apps/*/migrations/*.py",
    "demo/data/*.py",
    "demo/*.csv",
    "static/**/*",
    "intranet/static/**/*",
    "sso/static/**/*",
    "apps/*/static/**/*",
    ".venv/requirements-*.sha256",
)


class Stopped(BaseException):
    """Somebody asked us to end."""


def main() -> int:
    parent = os.getppid()
    for number in STOP_SIGNALS:  # set by hand: in the background a shell has them ignored
        signal.signal(number, stop)
    try:
        with ExitStack() as stack:
            port = chosen_port()
            stack.enter_context(only_one())
            servers = start_everything(port, stack)
            show_address(port)
            return watch(servers, parent)
    except ServerFailed as failure:
        say(f"✗ {failure}", sys.stderr)
        return 1
    except Stopped:
        say("\nAll is stopped; the data stays in var/.")
        return 0


def stop(*_) -> None:
    for number in STOP_SIGNALS:  # once is enough: what follows must not be disturbed
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def say(text: str, stream=None) -> None:
    print(text, file=stream or sys.stdout, flush=True)


def chosen_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ServerFailed(f"PORT is {text!r}: write a number from 1 to 65535.")
    if not is_free(int(text)):
        raise ServerFailed(
            f"Port {text} is taken or not allowed. Choose another: make run PORT={free_port()}"
        )
    return int(text)


def only_one():
    """The lock of this clone, so that its data is not served twice."""
    lock = open(state.folder() / "lock", "w")  # noqa: SIM115 (closed by who asked)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ServerFailed(f"`make run` is already up in {state.PROJECT}.") from None
    return lock


def start_everything(port: int, stack: ExitStack) -> list[Server]:
    started = []

    def start(server: Server) -> Server:
        server.log = fresh_log(server.name)
        stack.enter_context(server)
        started.append(server)
        return server

    wanted = state.var() / "servers"
    folder = state_folder(wanted)
    if folder != wanted:
        say(f"The servers' user cannot enter {wanted}: their data lies in {folder}.")
    base_url = f"http://{HOST}:{port}"
    secret = state.client_secret(state.MAIL_SERVER)
    asked = Introspection(base_url + state.INTROSPECTION_PATH, state.MAIL_SERVER, secret)
    slapd = start(Slapd(folder / "slapd"))
    dovecot = start(Dovecot(folder / "dovecot", slapd, asked))
    handover = start(Handover(folder / "handover", dovecot))
    ports = state.Ports(port, foreign_port(), dovecot.port, dovecot.lmtp_port)
    state.write_ports(ports)
    environment = {
        **slapd.environment,
        **dovecot.environment,
        **handover.environment,
        "INTRANET_DEMO": "yes",
        "INTRANET_SITE_NAME_EN": units()[0].english,
        "INTRANET_VAR": str(state.var()),
        "INTRANET_BASE_URL": base_url,
        "INTRANET_ALLOWED_HOSTS": f"{HOST},localhost",
    }
    prepare(environment, ports)
    start(programs.suite(port, environment, folder / "suite"))
    start(programs.foreign_system(ports.foreign, base_url, folder / "foreign-system"))
    return started


def foreign_port() -> int:
    """The one of last time if it is free, since it stands in the address of a registered system."""
    last = state.read_ports()
    return last.foreign if last and is_free(last.foreign) else free_port()


def fresh_log(name: str) -> Path:
    path = state.var() / "log" / f"{name}.log"
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    return path


# --- database, static files, data ------------------------------------------------------------------


def prepare(environment: dict[str, str], ports: state.Ports) -> None:
    """Migrate, collect static files and load the demo data, when what they come from has changed."""
    stamp = state.folder() / "prepared"
    now = f"{fingerprint()} {ports.foreign}"
    if stamp.exists() and stamp.read_text() == now and database_exists():
        return
    first = not stamp.exists()
    stamp.unlink(missing_ok=True)
    log = fresh_log("prepare")
    for title, *words in (
        ("Preparing the database", "migrate", "--no-input", "--verbosity", "0"),
        ("Collecting static files", "collectstatic", "--no-input", "--verbosity", "0"),
    ):
        say(f"▸ {title} …")
        manage(words, environment, log)
    say(
        "▸ Loading the demo ministry, once: this takes a few minutes …"
        if first
        else "▸ Looking through the demo data …"
    )
    manage(["load_demo"], environment, log, is_shown=True)
    stamp.write_text(now)


def manage(words: list[str], environment: dict[str, str], log: Path, *, is_shown: bool = False) -> None:
    """Run a management command. Its words go to the log; progress is shown in the terminal."""
    command = [sys.executable, "manage.py", *words]
    with open(log, "a", encoding="utf-8") as file:
        done = subprocess.run(
            command,
            cwd=state.PROJECT,
            env={**os.environ, **environment},
            stdout=None if is_shown else file,
            stderr=file,
            check=False,
        )
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8").splitlines()[-15:])
        raise ServerFailed(f"`manage.py {words[0]}` failed, see {log}:\n{tail}")


def fingerprint() -> str:
    """Changes when a migration, a static file, the demo data or an installed package does."""
    found = hashlib.sha256(os.environ.get("INTRANET_DATABASE_URL", "").encode())
    for pattern in SOURCES:
        for path in sorted(state.PROJECT.glob(pattern)):
            if path.is_file():
                facts = path.stat()
                found.update(f"{path} {facts.st_mtime_ns} {facts.st_size}\n".encode())
    return found.hexdigest()


def database_exists() -> bool:
    return bool(os.environ.get("INTRANET_DATABASE_URL")) or (state.var() / "db.sqlite3").exists()


# --- while it runs ---------------------------------------------------------------------------------


def watch(servers: list[Server], parent: int) -> int:
    """Wait. Report what dies by itself; without the suite the demo is over."""
    alive = list(servers)
    while True:
        time.sleep(0.5)
        if "MAKELEVEL" in os.environ and os.getppid() != parent:
            return 1  # make was killed: nobody could end us any more
        for server in [server for server in alive if not server.is_running]:
            alive.remove(server)
            say(
                f"\n✗ {server.name} has ended by itself. The end of {server.log}:\n{server.log_tail()}",
                sys.stderr,
            )
            if server.name == "suite":
                return 1


def show_address(port: int) -> None:
    accounts = [person for person in people() if person.uid in NAMED]
    rows = [(person.uid, person.name, post_line(person)) for person in sorted(accounts, key=order)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"Intranet demo, {DOMAIN}",
        f"http://{HOST}:{port}/",
        "",
        *("   ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows),
        "",
        f"A second system admin, for what needs two: {second_admin()}",
        f"Password of every account: {PASSWORD}      Ctrl-C ends it, `make reset` starts afresh",
    ]
    inner = max(map(len, lines))
    say(
        "\n".join(
            ["", f"╭─{'─' * inner}─╮", *(f"│ {line.ljust(inner)} │" for line in lines), f"╰─{'─' * inner}─╯"]
        )
    )


def order(person: Person) -> int:
    return list(NAMED).index(person.uid)


def post_line(person: Person) -> str:
    post = person.posts[0]
    unit = by_code()[post.unit]
    while unit.kind == "phong":
        unit = by_code()[unit.parent]
    return f"{post.title}, {unit.name}"


if __name__ == "__main__":
    sys.exit(main())
