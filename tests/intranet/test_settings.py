"""What an operator sets is read, and each variable stands in the README."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import run_checks

from intranet import env

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


def test_processes_that_begin_at_once_make_one_secret(tmp_path):
    path, read = tmp_path / "keys" / "one.key", []

    def slow():
        read.append(env.secret_file(path, lambda: "of the quicker one"))
        return "of the slower one"

    read.append(env.secret_file(path, slow))

    assert read == ["of the quicker one"] * 2
    assert [(found.name, found.stat().st_mode & 0o777) for found in path.parent.iterdir()] == [
        ("one.key", 0o600)
    ]


def test_the_readme_names_every_variable_and_none_besides():
    read = {f"INTRANET_{name}" for name in READ.findall((ROOT / "intranet/settings.py").read_text())}
    table = [
        line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `INTRANET_")
    ]
    named = {name for line in table for name in re.findall(r"INTRANET_[A-Z_]+", line.split("|")[1])}

    assert named == read


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("BASE_URL", "intranet.example", "intranet.E004"),
        ("LDAP_URLS", ["ldaps://one.example", "two.example"], "intranet.E004"),
        ("REDIS_URL", "localhost", "intranet.E004"),
        ("MAIL_IMAP_URL", "mail.example:993", "intranet.E004"),
        ("MAIL_SMTP_URL", "smtp+tls://mail.example", "intranet.E004"),
        ("MFA_DUTY", {"system-admin": 14}, "intranet.E005"),
        ("SEALING_KEYS", ["a password"], "intranet.E006"),
        ("APPS_OFF", ["mial"], "intranet.W002"),
    ],
)
def test_what_would_fail_later_is_told_at_the_start(settings, name, value, told):
    before = {found.id for found in run_checks()}

    setattr(settings, name, value)

    assert {found.id for found in run_checks()} - before == {told}


def test_a_right_production_has_nothing_to_be_told(tmp_path):
    environment = {name: text for name, text in os.environ.items() if not name.startswith("INTRANET_")}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "intranet.settings",
        "INTRANET_VAR": str(tmp_path),
        "INTRANET_BASE_URL": "https://intranet.example",
        "INTRANET_DATABASE_URL": "postgres://intranet@db.example/intranet",
        "INTRANET_REDIS_URL": "redis://redis.example/0",
        "INTRANET_LDAP_URL": "ldaps://one.example ldaps://two.example",
        "INTRANET_IMAP_URL": "imaps://mail.example:993",
        "INTRANET_SMTP_URL": "smtps://mail.example:465",
        "INTRANET_BEHIND_PROXY": "yes",
        "INTRANET_PROXIES": "1",
    }
    words = [sys.executable, "manage.py", "check", "--deploy"]

    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("System check identified no issues (5 silenced).\n", "")
