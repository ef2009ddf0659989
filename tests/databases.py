"""Databases of the tests: migrated once, then copied, because Wagtail's two hundred migrations take half a minute.

On SQLite the migrations of other packages are kept apart, so that a new one of ours does not run them again. On
PostgreSQL a copy takes a second: there, what migrations wrote is kept in a schema beside, and put back from it.
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

import psycopg
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "tests"
TEMPLATE, TABLES, OTHERS = "migrated", "tables", "others"


def use_copy(folder: Path) -> None:
    """Let Django's connection use a migrated database of this process's own; what SQLite needs lies in ``folder``.

    Called again, it starts anew, after a test with real transactions.
    """
    is_postgres = connection.vendor == "postgresql"
    if is_postgres and connection.settings_dict["NAME"] == own_name():
        return restore()
    connection.close()
    connection.settings_dict["NAME"] = postgres_copy() if is_postgres else sqlite_copy(folder)


def sqlite_copy(folder: Path) -> str:
    """Return the path of a copy of the migrated database, which is kept as long as no migration changes."""
    with only_one():
        template = kept(TEMPLATE, fingerprint(), add_keys)
    copy = folder / f"tests-{os.getpid()}.sqlite3"
    # In place, so that threads which have the copy open (a live server's) see it too.
    with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(copy, timeout=20)) as target:
        source.backup(target)
    return str(copy)


def add_keys(part: Path) -> None:
    shutil.copyfile(tables(), part)
    manage(f"sqlite:///{part}", ROTATE_KEYS)


def tables() -> Path:
    """Return a database with all tables and what migrations wrote, nothing else."""

    def finish(part: Path) -> None:
        shutil.copyfile(others(), part)
        manage(f"sqlite:///{part}", MIGRATE)

    return kept(TABLES, fingerprint(), finish)


def others() -> Path:
    """Return a database with the tables of other packages, and those of ours that theirs point to."""
    return kept(OTHERS, others_fingerprint(), lambda part: manage(f"sqlite:///{part}", MIGRATE_OTHERS))


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


def own_name() -> str:
    """The name of this process's database on PostgreSQL."""
    return f"tests_{os.getpid()}"


def postgres_copy() -> str:
    """Return the name of a copy of the migrated database in the same cluster."""
    settings = connection.settings_dict
    with only_one("postgresql"), connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {TEMPLATE}")
            address = f"{settings['USER']}@{settings['HOST']}:{settings['PORT']}"
            manage(f"postgres://{address}/{TEMPLATE}", MIGRATE)
            manage(f"postgres://{address}/{TEMPLATE}", ROTATE_KEYS)
            with psycopg.connect(f"postgres://{address}/{TEMPLATE}") as template:
                template.execute(KEEP)
        cursor.execute(f"CREATE DATABASE {own_name()} TEMPLATE {TEMPLATE}")
    return own_name()


# Every table that is not empty, into a schema of its own, and how far the keys have been counted.
KEEP = """
DO $$ DECLARE name text; has_rows boolean; BEGIN
    CREATE SCHEMA kept;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO has_rows;
        IF has_rows THEN EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', name, name); END IF;
    END LOOP;
    CREATE SCHEMA counted;
    CREATE TABLE counted.sequences AS SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
END $$"""
# As a replica, the server asks no foreign key and fires no trigger: any order will do, and the record can be emptied.
RESTORE = """
SET session_replication_role = replica;
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM public.%I', name);
    END LOOP;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept' LOOP
        EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', name, name);
    END LOOP;
END $$;
SELECT setval(format('public.%I', sequencename), coalesce(last_value, 1), last_value IS NOT NULL)
    FROM counted.sequences;
SET session_replication_role = DEFAULT"""


def restore() -> None:
    """Put back what migrations wrote, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(RESTORE)


# Without collecting garbage, which takes a quarter of the time; 1.2 GB in the end.
MIGRATE = (
    "-c",
    """
import gc; gc.disable()
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "migrate", "--verbosity=0"])
""",
)
ROTATE_KEYS = ("manage.py", "rotate_keys")  # new RSA keys in each test would take long


def manage(url: str, words: tuple[str, ...]) -> None:
    environment = {**os.environ, "INTRANET_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, check=True)


# Other packages' tables point to our people, so our first migration comes along.
MIGRATE_OTHERS = (
    "-c",
    """
import gc; gc.disable()
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
def only_one(what: str = "database"):
    """Let one process at a time make the template."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with open(KEPT / f"{what}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
