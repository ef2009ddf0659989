"""Databases of the tests: migrated once, then copied, because Wagtail's two hundred migrations take half a minute.

On SQLite the migrations of other packages are kept apart, so that a new one of ours does not run them again.
"""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "tests"
TEMPLATE, OTHERS = "migrated", "others"


def use_copy(folder: Path) -> None:
    """Let Django's connection use a migrated database of this process's own; what SQLite needs lies in ``folder``.

    Called again, it starts anew: a test with real transactions leaves the tables empty, without what migrations wrote.
    """
    connection.close()
    copy = postgres_copy if connection.vendor == "postgresql" else sqlite_copy
    connection.settings_dict["NAME"] = copy(folder)


def sqlite_copy(folder: Path) -> str:
    """Return the path of a copy of the migrated database, which is kept as long as no migration changes."""
    with only_one():
        others = kept(OTHERS, others_fingerprint(), lambda part: manage(f"sqlite:///{part}", MIGRATE_OTHERS))

        def finish(part: Path) -> None:
            shutil.copyfile(others, part)
            migrate(f"sqlite:///{part}")

        template = kept(TEMPLATE, fingerprint(), finish)
    copy = folder / f"tests-{os.getpid()}.sqlite3"
    # In place, so that threads which have the copy open (a live server's) see it too.
    with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(copy, timeout=20)) as target:
        source.backup(target)
    return str(copy)


def kept(name: str, fingerprint: str, make: Callable[[Path], None]) -> Path:
    """Return the database of that name, made when it is not there or no longer right."""
    path = KEPT / f"{name}-{fingerprint}.sqlite3"
    if not path.exists():
        for old in KEPT.glob(f"{name}-*"):
            old.unlink()
        part = path.with_suffix(".part")
        make(part)
        subprocess.run([sys.executable, "-c", SHUT, part], check=True)
        part.rename(path)
    return path


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
    manage(url, ("manage.py", "migrate", "--verbosity=0"))
    manage(url, ("manage.py", "rotate_keys"))  # new RSA keys in each test would take long


def manage(url: str, words: tuple[str, ...]) -> None:
    environment = {**os.environ, "INTRANET_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, check=True)


# Other packages' tables point to our people, so our first migration comes along.
MIGRATE_OTHERS = (
    "-c",
    """
import django; django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
ours = ("sso", "intranet", "mail", "calendar", "tasks", "documents", "news", "oauth2_provider")
executor.migrate([leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] not in ours])
""",
)
# One file, without the log beside it.
SHUT = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=DELETE')"


def others_fingerprint() -> str:
    """Return a name for what the migrations of other packages depend on."""
    sources = [ROOT / "requirements.txt", *sorted(ROOT.glob("sso/migrations/0001_*.py"))]
    return sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


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
