"""Pages load one style sheet of the shell: collectstatic puts what it imports into it."""

import re

from django.core.management import call_command

from intranet.static_files import SHEET, StaticFiles


def test_the_shells_sheet_holds_what_it_imports_with_hashed_names(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_DIRS = [settings.BASE_DIR / "static", settings.BASE_DIR / "intranet/static"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": "intranet.static_files.StaticFiles"}}
    settings.STORAGES = storages

    call_command("collectstatic", "--no-input", "--verbosity", "0")

    sheet = (tmp_path / StaticFiles().stored_name(SHEET)).read_text()
    parts = [name in sheet for name in ("--ink:", ".rail-item", ".card-header", "@import")]
    assert parts == [True, True, True, False]
    assert re.search(r"be-vietnam-pro-400\.[0-9a-f]{12}\.woff2", sheet)
