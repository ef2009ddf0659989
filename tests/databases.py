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
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "tests"
STEPS = OTHERS, TABLES, TEMPLATE = "others", "tables", "migrated"  # each goes on where the one before ended


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
        template = kept(TEMPLATE)
    copy = folder / f"tests-{os.getpid()}.sqlite3"
    # In place, so that threads which have the copy open (a live server's) see it too.
    with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(copy, timeout=20)) as target:
        source.backup(target)
    return str(copy)


def tables() -> Path:
    """Return a database with all tables and what migrations wrote, nothing else."""
    return kept(TABLES)


def kept(name: str) -> Path:
    """Return the database as step ``name`` leaves it; steps whose file is not there, or no longer right, are done."""
    paths = {step: KEPT / f"{step}-{fingerprint(step)}.sqlite3" for step in STEPS}
    wanted = STEPS[: STEPS.index(name) + 1]
    there = [step for step in wanted if paths[step].exists()]
    todo = wanted[wanted.index(there[-1]) + 1 :] if there else wanted
    if todo:
        for old in [path for step in todo for path in KEPT.glob(f"{step}-*")]:
            old.unlink()
        with TemporaryDirectory(dir=KEPT) as folder:
            database = Path(folder) / "database.sqlite3"
            if there:
                shutil.copyfile(paths[there[-1]], database)
            make(f"sqlite:///{database}", *(f"{step}={paths[step]}" for step in todo))
    return paths[name]


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
            make(f"postgres://{address}/{TEMPLATE}", *STEPS)
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


def make(url: str, *steps: str) -> None:
    """Do ``steps`` of tests/make_database.py in a process whose database is at ``url``."""
    environment = {**os.environ, "INTRANET_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-m", "tests.make_database", *steps]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def fingerprint(step: str) -> str:
    """Return a name for what the database is made from: of ours, other packages' tables need our first alone."""
    ours = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("apps/*/migrations/*.py")]
    if step == OTHERS:
        ours = [path for path in ours if path.match("sso/migrations/0001_*")]
    text = b"".join(path.read_bytes() for path in [*sorted(ours), ROOT / "requirements.txt"])
    return sha256(text + os.environ.get("INTRANET_APPS_OFF", "").encode()).hexdigest()[:12]


@contextmanager
def only_one(what: str = "database"):
    """Let one process at a time make the template."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with open(KEPT / f"{what}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
