"""Run by databases.py in a process of its own: writes into an empty database, or one that an earlier step left.

Each word is a step; with "=path" behind it, the SQLite file as it is then is kept there.
"""

import gc
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import django

django.setup()

from django.apps import apps  # noqa: E402 (needs the apps loaded)
from django.core.management import call_command  # noqa: E402 (needs the apps loaded)
from django.db import connection  # noqa: E402 (needs the apps loaded)
from django.db.migrations.executor import MigrationExecutor  # noqa: E402 (needs the apps loaded)

OURS = {
    app.label for app in apps.get_app_configs() if app.name.partition(".")[0] in ("apps", "intranet", "sso")
}


def others() -> None:
    """Write the tables of other packages, and those of ours that theirs point to: with few tables each is quick."""
    executor = MigrationExecutor(connection)
    executor.migrate([leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] not in OURS])


def tables() -> None:
    """Write all tables and what migrations fill them with."""
    call_command("migrate", verbosity=0)


def migrated() -> None:
    """Write the keys that sign: new RSA keys in each test would take long."""
    call_command("rotate_keys", verbosity=0)


def keep(target: Path) -> None:
    """Leave the database as one file, without the log beside it, and copy it to ``target``."""
    connection.close()
    source = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(source)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
    part = target.with_suffix(".part")
    shutil.copyfile(source, part)
    part.rename(target)


if __name__ == "__main__":
    gc.disable()  # which takes a quarter of the time; 1.2 GB in the end
    for word in sys.argv[1:]:
        name, _is, path = word.partition("=")
        {"others": others, "tables": tables, "migrated": migrated}[name]()
        if path:
            keep(Path(path))
