"""Databases of the tests: migrated once, then copied, because Wagtail's two hundred migrations take half a minute."""

import fcntl
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import dj_database_url
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "tests"
TEMPLATE = "migrated"


def use_copy(folder: Path) -> None:
    """Let Django's connection use a migrated database of this process's own; what SQLite needs lies in ``folder``.

    Called again, it starts anew: a test with real transactions leaves the tables empty, without what migrations wrote.
    """
    connection.close()
    copy = postgres_copy if connection.vendor == "postgresql" else sqlite_copy
    connection.settings_dict["NAME"] = copy(folder)


def sqlite_copy(folder: Path) -> str:
    """Return the path of a copy of the migrated database, which is kept as long as no migration changes."""
    template = KEPT / f"{TEMPLATE}-{fingerprint()}.sqlite3"
    with only_one():
        if not template.exists():
            for old in KEPT.glob(f"{TEMPLATE}-*"):
                old.unlink()
            migrate(f"sqlite:///{template}.part")
            Path(f"{template}.part").rename(template)
    copy = folder / f"tests-{os.getpid()}.sqlite3"
    # In place, so that threads which have the copy open (a live server's) see it too.
    with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(copy, timeout=20)) as target:
        source.backup(target)
    return str(copy)


def postgres_copy(folder: Path) -> str:
    """Return the name of a copy of the migrated database in the same cluster."""
    settings = connection.settings_dict
    name = f"tests_{os.getpid()}"
    with only_one(), connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {TEMPLATE}")
            address = f"{settings['USER']}@{settings['HOST']}:{settings['PORT']}"
            migrate(f"postgres://{address}/{TEMPLATE}")
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    return name


def migrate(url: str) -> None:
    environment = {**os.environ, "INTRANET_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    if url.startswith("sqlite"):  # one file, without the log beside it
        name = dj_database_url.parse(url)["NAME"]
        subprocess.run([sys.executable, "-c", SHUT, name], check=True)


SHUT = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=DELETE')"


def fingerprint() -> str:
    """Return a name for what the migrated database is made from."""
    sources = [
        *ROOT.glob("*/migrations/*.py"),
        *ROOT.glob("apps/*/migrations/*.py"),
        ROOT / "requirements.txt",
    ]
    text = b"".join(path.read_bytes() for path in sorted(sources))
    return sha256(text + os.environ.get("INTRANET_APPS_OFF", "").encode()).hexdigest()[:12]


@contextmanager
def only_one():
    """Let one process at a time make the template."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with open(KEPT / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
