"""What an operator sets is read, and each variable stands in the README."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.any_database
ROOT = Path(settings.BASE_DIR)
READ = re.compile(r'env\.(?:text|flag|items|number|days)\(\s*"(\w+)"')


def test_a_new_secret_key_leaves_those_before_it_good():
    words = [sys.executable, "-c", "from intranet import settings; print(settings.SECRET_KEY_FALLBACKS)"]
    environment = {
        **os.environ,
        "INTRANET_SECRET_KEY": "new",
        "INTRANET_SECRET_KEY_FALLBACKS": "older oldest",
    }

    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['older', 'oldest']"


def test_the_readme_names_every_variable_and_none_besides():
    read = {f"INTRANET_{name}" for name in READ.findall((ROOT / "intranet/settings.py").read_text())}
    table = [
        line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `INTRANET_")
    ]
    named = {name for line in table for name in re.findall(r"INTRANET_[A-Z_]+", line.split("|")[1])}

    assert named == read
