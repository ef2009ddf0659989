"""A server of ours: a process on a loopback port with its own folder, started, watched and ended as one."""

import os
import pwd
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from shutil import chown, rmtree, which
from tempfile import mkdtemp
from typing import Self

HOST = "127.0.0.1"
# As root, slapd, Dovecot, PostgreSQL and Redis run as nobody: every system has that account, it owns no file,
# and unlike openldap or postgres it is not the account of a service of the machine.
UNPRIVILEGED = "nobody"
_taken: list[socket.socket] = []  # the names of the ports that this process has chosen


class ServerFailed(Exception):
    """A server did not start, or ended by itself. The text names it and shows the end of its log."""


class Server:
    """A context manager, or used by ``start()`` and ``stop()``. ``folder`` keeps its data between starts."""

    name = "server"
    stop_signal = signal.SIGTERM
    start_seconds = 30.0
    unprivileged = True

    def __init__(self, folder: Path, *, port: int | None = None):
        self.folder = Path(folder).resolve()
        self.working_folder = self.folder
        self.port = port or free_port()
        self.log = self.folder / f"{self.name}.log"
        self.process: subprocess.Popen | None = None
        if self.unprivileged and not is_reachable(self.folder):
            raise ServerFailed(
                f"{self.name}: {account()} cannot enter {self.folder}; use state_folder() or workspace()"
            )

    # --- what each kind says of itself ---

    def prepare(self) -> None:
        """Write the configuration, and the data if there is none yet."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Whether it answers. Asked again until it does."""
        with socket.create_connection((HOST, self.port), timeout=1):
            return True

    @property
    def environment(self) -> dict[str, str]:
        """The INTRANET_… variables that make the suite use this server."""
        return {}

    # --- life ---

    def start(self) -> Self:
        make_folder(self.folder)
        self.prepare()
        signal_name = signal.Signals(self.stop_signal).name.removeprefix("SIG")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                # The server ends with the process that started it, however that dies.
                ["setpriv", "--pdeathsig", signal_name, *self.identity(), "--", *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.working_folder,
                env=self.process_environment(),
                start_new_session=True,
            )
        try:
            wait_until(self.is_ready, self.start_seconds, alive=lambda: self.is_running)
        except TimeoutError:
            tail = self.log_tail()
            self.stop()
            raise ServerFailed(f"{self.name} did not start.\n{tail}") from None
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End it and all its children, and wait until they are gone."""
        process, self.process = self.process, None
        if process is None:
            return
        signal_group(process.pid, signal.SIGCONT)
        process.send_signal(self.stop_signal)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # What it left behind, as Dovecot leaves connections that are open.
        for last in (signal.SIGTERM, signal.SIGKILL):
            signal_group(process.pid, last)
            with suppress(TimeoutError):
                wait_until(lambda: not members(process.pid), 3)
                return

    def pause(self) -> None:
        """Freeze it: connections open, nothing answers. Returns when no thread of it runs any more."""
        signal_group(self.process.pid, signal.SIGSTOP)
        wait_until(lambda: all(map(is_frozen, members(self.process.pid))), 5)

    def resume(self) -> None:
        signal_group(self.process.pid, signal.SIGCONT)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log_tail(self, lines: int = 15) -> str:
        with suppress(FileNotFoundError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception) -> None:
        self.stop()

    # --- helpers of the kinds ---

    def identity(self) -> list[str]:
        if os.geteuid() or not self.unprivileged:
            return []
        user = pwd.getpwnam(UNPRIVILEGED)
        return [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs"]

    def process_environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"] + ":/usr/sbin", "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}

    def run(self, *command: str | Path, **options) -> subprocess.CompletedProcess:
        """Run a tool of the server to its end, as the same user, and raise with its words when it fails."""
        done = subprocess.run(
            ["setpriv", *self.identity(), "--", *command],
            cwd=self.folder,
            env=self.process_environment(),
            capture_output=True,
            text=True,
            check=False,
            **options,
        )
        if done.returncode:
            raise ServerFailed(f"{self.name}: {command[0]} failed.\n{done.stdout}{done.stderr}")
        return done

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        """Write a file that only the server's user reads."""
        path = self.folder / name
        path.touch(mode=mode)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        chown(path, account(), group())
        return path


def account() -> str:
    """The user that the servers run as."""
    return pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else UNPRIVILEGED


def group() -> int:
    return os.getegid() if os.geteuid() else pwd.getpwnam(UNPRIVILEGED).pw_gid


def find_program(name: str, *folders: str) -> str:
    """The path of a program, also where ordinary users' PATH does not look."""
    found = which(name, path=":".join([*folders, os.environ["PATH"], "/usr/sbin", "/sbin"]))
    if found is None:
        raise ServerFailed(f"{name} is not installed. `make run` and `make test` install what they need.")
    return found


def free_port() -> int:
    """A free loopback port below those that the system gives to outgoing connections.

    It is this process's as long as it lives: whoever asks before the server listens there gets another one.
    """
    for _try in range(1000):
        port = random.SystemRandom().randrange(20000, 32000)
        name = socket.socket(socket.AF_UNIX)
        with suppress(OSError):
            name.bind(f"\0intranet.port.{port}")  # only one can have it, and nothing of it is left behind
            if is_free(port):
                _taken.append(name)
                return port
        name.close()
    raise ServerFailed(f"No port of {HOST} is to be had: is there no such address on this machine?")


def is_free(port: int) -> bool:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, port))
        except OSError:
            return False
        return True


def wait_until(ready: Callable[[], bool], seconds: float, alive: Callable[[], bool] = lambda: True) -> None:
    """Return when ``ready()`` is true; TimeoutError after ``seconds``, or at once when ``alive()`` is not."""
    end = time.monotonic() + seconds
    pause = 0.005
    while time.monotonic() < end and alive():
        with suppress(OSError):
            if ready():
                return
        time.sleep(pause)
        pause = min(2 * pause, 0.1)
    raise TimeoutError


def signal_group(pgid: int, number: int) -> None:
    """Signal a process group, if anything of it is left."""
    with suppress(ProcessLookupError):
        os.killpg(pgid, number)


def members(pgid: int) -> list[int]:
    """The processes of a group that live."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, group_id = path.read_text().rpartition(")")[2].split()[:3]
            if int(group_id) == pgid and state != "Z":
                found.append(int(path.parent.name))
    return found


def is_frozen(pid: int) -> bool:
    """Say whether every thread of the process is stopped."""
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(path.read_text().rpartition(")")[2].split()[0] in "Tt" for path in threads)


# --- folders ----------------------------------------------------------------------------------------


def make_folder(folder: Path, mode: int = 0o700) -> None:
    """Make a folder of the servers' user; by default nobody else enters it."""
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)
    chown(folder, account(), group())


def is_reachable(folder: Path) -> bool:
    """Whether the servers' user may go through every folder above ``folder``."""
    if os.geteuid():
        return True
    return all(above.stat().st_mode & 0o001 for above in folder.resolve().parents if above.exists())


def fallback_folder(wanted: Path) -> Path:
    name = sha256(str(wanted.resolve()).encode()).hexdigest()[:12]
    return Path("/var/tmp") / f"intranet-{name}"  # noqa: S108 (the owner is checked)


def state_folder(wanted: Path) -> Path:
    """``wanted``, or a folder below /var/tmp that stands for it when the servers' user cannot get there."""
    folder = wanted if is_reachable(wanted / "server") else fallback_folder(wanted)
    if folder is wanted:
        folder.mkdir(parents=True, exist_ok=True)
    else:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o711)
        if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            raise ServerFailed(f"{folder} belongs to somebody else; remove it.")
    folder.chmod(0o711)
    return folder


def remove_state_folder(wanted: Path) -> None:
    for folder in (wanted, fallback_folder(wanted)):
        if folder.is_dir() and not folder.is_symlink():
            rmtree(folder)


@contextmanager
def workspace() -> Iterator[Path]:
    """A temporary folder that the servers' user reaches, removed at the end."""
    folder = Path(mkdtemp(prefix="intranet-", dir="/var/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        rmtree(folder)
