"""Every string people can see has a Vietnamese translation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = [Path("intranet"), Path("sso"), *sorted(p.relative_to(ROOT) for p in (ROOT / "apps").glob("*/"))]
PACKAGES = [package for package in PACKAGES if (ROOT / package / "apps.py").exists()]


def extracted(package: Path, tmp_path: Path) -> set[str]:
    """Return the strings that gettext finds in ``package``, marked for translation."""
    copy = tmp_path / package.name
    shutil.copytree(ROOT / package, copy, ignore=shutil.ignore_patterns("locale", "static", "migrations"))
    (copy / "locale").mkdir()
    # -P: the copied apps.py must not stand for the package "apps". No settings: only the files are read.
    command = [sys.executable, "-P", "-m", "django", "makemessages", "--locale=vi", "--verbosity=0"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, env=environment, check=True)
    return {entry.msgid for entry in polib.pofile(str(copy / "locale/vi/LC_MESSAGES/django.po"))}


@pytest.mark.parametrize("package", PACKAGES, ids=str)
def test_every_string_is_translated(package, tmp_path):
    catalogue = polib.pofile(str(ROOT / package / "locale/vi/LC_MESSAGES/django.po"))

    translated = {entry.msgid for entry in catalogue.translated_entries() if "fuzzy" not in entry.flags}

    assert sorted(extracted(package, tmp_path) - translated) == []
