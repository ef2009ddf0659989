"""Every string people can see has a Vietnamese translation, and the catalogues speak with one voice.

Django merges the catalogues of all packages into one: a string that two of them translate differently would
show the wrong words in one of them. Where one English word has two meanings, a context tells them apart.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import polib
import pytest
from django import forms
from django.core import validators
from django.utils.functional import Promise
from django.utils.translation import gettext, override

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = [Path("intranet"), Path("sso"), *sorted(p.relative_to(ROOT) for p in (ROOT / "apps").glob("*/"))]
PACKAGES = [package for package in PACKAGES if (ROOT / package / "apps.py").exists()]
CATALOGUES = [
    *(package / "locale/vi/LC_MESSAGES/django.po" for package in PACKAGES),
    Path("intranet/locale_wagtail/vi/LC_MESSAGES/django.po"),
]
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}")
ENDINGS = ".?!:…"


def extracted(package: Path, tmp_path: Path) -> set[tuple[str, str]]:
    """Return what gettext finds in ``package`` marked for translation: contexts and strings."""
    copy = tmp_path / package.name
    shutil.copytree(ROOT / package, copy, ignore=shutil.ignore_patterns("locale", "static", "migrations"))
    (copy / "locale").mkdir()
    # -P: the copied apps.py must not stand for the package "apps". No settings: only the files are read.
    command = [sys.executable, "-P", "-m", "django", "makemessages", "--locale=vi", "--verbosity=0"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, env=environment, check=True)
    return {(entry.msgctxt or "", entry.msgid) for entry in entries(copy / "locale/vi/LC_MESSAGES/django.po")}


def entries(catalogue: Path) -> list[polib.POEntry]:
    return [entry for entry in polib.pofile(str(ROOT / catalogue)) if not entry.obsolete]


def words(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) or [entry.msgstr]


@pytest.mark.parametrize("package", PACKAGES, ids=str)
def test_every_string_is_translated_and_nothing_else(package, tmp_path):
    catalogue = entries(package / "locale/vi/LC_MESSAGES/django.po")

    translated = {(entry.msgctxt or "", entry.msgid) for entry in catalogue if entry.translated()}

    assert sorted(extracted(package, tmp_path) ^ translated) == []


def test_no_string_has_two_translations():
    translations = defaultdict(dict)
    for catalogue in CATALOGUES:
        for entry in entries(catalogue):
            translations[entry.msgctxt, entry.msgid][catalogue.parts[-5]] = words(entry)

    two = {key: by for key, by in translations.items() if len({str(said) for said in by.values()}) > 1}

    assert two == {}


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=str)
def test_translations_have_the_placeholders_of_the_string(catalogue):
    wrong = [
        (entry.msgid, said)
        for entry in entries(catalogue)
        for said in words(entry)
        if sorted(set(PLACEHOLDER.findall(said)))
        != sorted(set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid)))
    ]

    assert wrong == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=str)
def test_translations_end_like_the_string(catalogue):
    """A label stays a label and a sentence a sentence."""

    def ending(text: str) -> str:
        return text[-1] if text[-1] in ENDINGS and not text.lower().endswith("no.") else ""

    wrong = [
        (entry.msgid, said)
        for entry in entries(catalogue)
        for said in words(entry)
        if said and ending(said) != ending(entry.msgid)
    ]

    assert wrong == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=str)
def test_tone_marks_stand_in_the_old_place(catalogue):
    """ "hòa", "ủy", "khỏe", as the ministry writes; "hoà" and "uỷ" are other strings for search and sorting."""
    new_place = re.compile(r"o[àáảãạèéẻẽẹ]\b|(?<!q)u[ỳýỷỹỵ]\b", re.IGNORECASE)

    wrong = [said for entry in entries(catalogue) for said in words(entry) if new_place.search(said)]

    assert wrong == []


def test_one_string_has_one_translation():
    """Django merges all catalogues: a string with two translations would show the wrong one in one of the apps."""
    found = defaultdict(set)
    for package in PACKAGES:
        for entry in polib.pofile(str(ROOT / package / "locale/vi/LC_MESSAGES/django.po")):
            found[entry.msgctxt, entry.msgid].add(entry.msgstr or tuple(entry.msgstr_plural.values()))

    assert {string: words for string, words in found.items() if len(words) > 1} == {}


def test_what_django_says_of_wrong_input_is_vietnamese():
    """Its own catalogue lacks some of it, such as what is said of a NUL character."""
    kinds = [kind for kind in vars(forms.fields).values() if isinstance(kind, type)]
    kinds += [kind for kind in vars(validators).values() if hasattr(kind, "message")]
    said = [text for kind in kinds for text in getattr(kind, "default_error_messages", {}).values()]
    said += [kind.message for kind in kinds if hasattr(kind, "message")]
    said += forms.ModelMultipleChoiceField.default_error_messages.values()

    with override("en"):
        english = {str(text) for text in said if isinstance(text, Promise)}

    with override("vi"):
        assert len(english) > 25
        assert sorted(text for text in english if text and gettext(text) == text) == []
