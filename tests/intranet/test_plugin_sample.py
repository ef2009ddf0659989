"""Apps come and go: one from a wheel is an equal of ours, each of ours can be left out."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from tests.databases import sqlite_copy

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Path:
    """A database with the tables of every app, migrated once: what an app leaves behind is no harm."""
    return Path(sqlite_copy(tmp_path_factory.mktemp("database")))


@pytest.fixture
def walk(tmp_path, database):
    """Return a function that returns status and text of each page, from a process with its own settings."""

    def walk(*paths: str, **variables: str) -> dict[str, tuple[int, str]]:
        environment = {
            **os.environ,
            "INTRANET_VAR": str(tmp_path / "var"),
            "INTRANET_DATABASE_URL": f"sqlite:///{shutil.copy(database, tmp_path)}",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            **variables,
        }
        command = [sys.executable, "-m", "tests.intranet.walk_home", *paths]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        pages = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))
        return {path: (status, text) for path, status, text in pages}

    return walk


@pytest.fixture(scope="module")
def wheel_folder(tmp_path_factory) -> Path:
    """Build the sample as a wheel, without network, and install it into a folder of its own."""
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(ROOT / "tests/plugin_sample", folder / "source")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    alone = ["--no-deps", "--no-index"]
    subprocess.run(
        [*pip, "wheel", *alone, "--no-build-isolation", f"--wheel-dir={folder}", source], check=True
    )
    (wheel,) = folder.glob("*.whl")
    subprocess.run(
        [*pip, "install", *alone, "--no-compile", f"--target={folder / 'site'}", wheel], check=True
    )
    return folder / "site"


@pytest.fixture
def readme_folder(tmp_path) -> Path:
    """The plug-in as it stands in the README, as if it were installed."""
    files = files_of((ROOT / "README.md").read_text())
    points = tomllib.loads(files["pyproject.toml"])["project"]["entry-points"]["intranet.plugins"]
    files["hello-1.dist-info/METADATA"] = "Metadata-Version: 2.1\nName: hello\nVersion: 1\n"
    files["hello-1.dist-info/entry_points.txt"] = f"[intranet.plugins]\nhello = {points['hello']}\n"
    for name, text in files.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "site"


def files_of(readme: str) -> dict[str, str]:
    """Return what the README has in its blocks about the plug-in, by the names that stand above each piece."""
    chapter = readme.partition("## A plug-in in five minutes\n")[2].partition("\n## ")[0]
    blocks = "\n".join(re.findall(r"^```\w+\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL))
    pieces = re.split(r"^(?:# |\{# )([\w./]+\.\w+)(?: #\})?\n", blocks, flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def test_plugin_from_a_wheel_and_that_of_the_readme_are_equals(walk, wheel_folder, readme_folder):
    pages = walk("/", "/sample/", "/hello/", "/search/?q=hello", PYTHONPATH=f"{wheel_folder}:{readme_folder}")

    assert [status for status, _text in pages.values()] == [200, 200, 200, 200]
    assert "widget-hello-hello" in pages["/"][1]
    assert "<h1>Hello</h1>" in pages["/hello/"][1]
    home = pages["/"][1]
    assert 'href="/sample/"' in home
    assert "widget-sample-hello" in home
    assert "Hello, Minh Anh." in home
    assert 'id="found-sample"' in pages["/search/?q=hello"][1]


# Of any two apps there is a run without the one and with the other.
WITHOUT = [
    ["mail", "calendar", "tasks"],
    ["mail", "documents", "news"],
    ["calendar", "documents"],
    ["tasks", "news"],
    [*settings.OUR_APPS, "sample"],
]


@pytest.mark.parametrize("off", WITHOUT, ids=",".join)
def test_suite_is_whole_without(walk, wheel_folder, off):
    apps = [f"/{name}/" for name in off]

    pages = walk("/", "/search/?q=an", *apps, PYTHONPATH=str(wheel_folder), INTRANET_APPS_OFF=",".join(off))

    assert [status for status, _text in pages.values()] == [200, 200, *[404] * len(off)]
    assert [path for path in apps if f'href="{path}"' in pages["/"][1]] == []
