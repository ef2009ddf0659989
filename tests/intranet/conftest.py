from importlib import import_module

import pytest
from django.conf import settings

from intranet.plugins import Plugin


@pytest.fixture
def installed(monkeypatch):
    """Return a function that makes the shell see just the plug-ins it is given; the addresses stay."""
    import_module(settings.ROOT_URLCONF)

    def install(*plugins: Plugin):
        monkeypatch.setattr("intranet.plugins.plugins", lambda: plugins)

    return install


def make_plugin(slug="note", **fields) -> Plugin:
    """Return a plug-in whose tile leads to a page of the shell."""
    return Plugin(
        **{"slug": slug, "name": slug.title(), "icon": "check", "home": "people", "urls": "", **fields}
    )
