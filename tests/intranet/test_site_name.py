"""The ministry's name in the language of the page."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import person_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/sign-in/?as=x", "/nothing-here/"])
def test_pages_name_the_ministry_in_their_language(signed_in, client, settings, address):
    settings.SITE_NAME_EN = "Ministry of Tests"
    if not address.startswith("/sign-in/"):
        signed_in(person_of())

    titles = {}
    for language in ("vi", "en"):
        client.cookies["django_language"] = language
        titles[language] = client.get(address).content.decode().partition("</title>")[0]

    assert titles["vi"].endswith(f" · {settings.WAGTAIL_SITE_NAME}")
    assert titles["en"].endswith(" · Ministry of Tests")


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ["Bộ Thông tin và Truyền thông"] * 2),
        ({"INTRANET_SITE_NAME": "Bộ Thử"}, ["Bộ Thử", "Bộ Thử"]),
        ({"INTRANET_SITE_NAME": "Bộ Thử", "INTRANET_SITE_NAME_EN": "Testing"}, ["Bộ Thử", "Testing"]),
    ],
)
def test_without_an_english_name_the_vietnamese_one_stands(given, names, tmp_path):
    code = "from intranet import settings as s; print(s.WAGTAIL_SITE_NAME, s.SITE_NAME_EN, sep='|')"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("INTRANET_")}
    environment = {**clean, "INTRANET_VAR": str(tmp_path), "PYTHONUTF8": "1", **given}

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True
    )

    assert done.stdout.decode().strip().split("|") == names
