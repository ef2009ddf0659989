"""Who gets invitations by mail, and whoever sends what they answer."""

from dataclasses import replace

import pytest

from apps.calendar.plugin import PLUGIN
from intranet import handover
from tests.factories import UserFactory

OWN = "an@mic.example"


@pytest.fixture
def person():
    return UserFactory(username="an", full_name="Lê An", email=OWN)


@pytest.fixture
def sent(monkeypatch):
    """What the calendar sends. A plug-in of the test stands for mail; tests/mail sends in earnest."""
    letters = []
    post = replace(PLUGIN, slug="post", receives=(), send=lambda *given: letters.append(given))
    monkeypatch.setattr(handover, "plugins_for", lambda user: (PLUGIN, post))
    return letters
