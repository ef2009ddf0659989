"""The demo for the tests: filled once, as `make run` does it at its first start, then copied."""

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from demo.run import fingerprint
from demo.servers import free_port, workspace
from demo.suite import running
from tests.databases import KEPT, only_one, tables


def copy_demo(folder: Path) -> None:
    """Let a demo that starts in ``folder`` find its data there. `make test` begins by throwing away what is kept."""
    kept = KEPT / f"demo-{fingerprint()[:12]}"
    with only_one():
        migrated = tables()
    with only_one("demo"):
        if not kept.exists():
            for old in KEPT.glob("demo-*"):
                shutil.rmtree(old)
            with workspace() as first:
                shutil.copyfile(migrated, first / "db.sqlite3")
                with running(first):
                    pass
                part = kept.with_name("demo-part")
                copy(first, part)
                part.rename(kept)
    copy(kept, folder)
    move_foreign_system(folder, free_port())


def copy(source: Path, target: Path) -> None:
    """Copy a folder with the owners of its files: those of the servers belong to the servers' user."""
    subprocess.run(["cp", "--archive", "--reflink=auto", f"{source}/.", target], check=True)


def move_foreign_system(folder: Path, port: int) -> None:
    """Give the foreign system another port, since several copies may run: it stands in what is registered of it."""
    ports, stamp = folder / "demo/ports.json", folder / "demo/prepared"
    old = json.loads(ports.read_text())["foreign"]
    for path in (ports, stamp):
        path.write_text(path.read_text().replace(f" {old}", f" {port}"))
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database, database:
        for column in ("redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri", "tile_url"):
            change = f"UPDATE sso_application SET {column} = replace({column}, ?, ?)"  # noqa: S608
            database.execute(change, (f":{old}/", f":{port}/"))
