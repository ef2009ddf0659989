"""The pages, for a server of their own."""

import os

from intranet.handler import get_pages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "intranet.settings")
application = get_pages()

from sso.api import watch  # noqa: E402 (needs the apps loaded)

watch()
