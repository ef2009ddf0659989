"""Settings of a web server that tests start: a page more, by which it is told to send a notice."""

from tests.settings import *  # noqa: F403

ROOT_URLCONF = "tests.live_urls"
