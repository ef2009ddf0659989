"""A real Chromium before the whole running demo."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect

from demo import browser as demo
from tests.conftest import missing

HERE = Path(__file__).parent
REFUSED = "responded with a status of 422"
TOO_LATE = "responded with a status of 400"
EDITOR = re.compile(r"/admin/pages/\d+/edit/$")
PATIENCE = 15_000  # milliseconds: the machine may be busy
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser():
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(demo.chromium())
        except demo.NoBrowser as error:
            missing(str(error))
        yield opened


@pytest.fixture(scope="package")
def sessions():
    """Account → what its browser keeps: everybody signs in once."""
    return {}


class Visits:
    """Browser windows of the test; ``complaints`` are what their consoles said, such as breaches of the policy."""

    def __init__(self, browser, suite, sessions):
        self.browser, self.suite, self.sessions = browser, suite, sessions
        self.contexts = []
        self.complaints = []

    def context(self, **more):
        context = self.browser.new_context(**demo.options(self.suite.address, **more))
        context.set_default_timeout(PATIENCE)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", self.listen)
        self.contexts.append(context)
        return context

    def listen(self, message):
        asked = message.location["url"]
        # What was typed was wrong, a PDF has no icon, or Wagtail saved by itself what was being published at the
        # same moment: Chromium calls each an error.
        if (
            message.type not in ("error", "warning")
            or REFUSED in message.text
            or asked.endswith("/favicon.ico")
            or (TOO_LATE in message.text and EDITOR.search(asked))
        ):
            return
        self.complaints.append(f"{message.text} ({asked})")

    def __call__(self, account=None, **more):
        """Return a page of a window of its own, where ``account`` is signed in."""
        if account and account not in self.sessions:
            page = self.context().new_page()
            demo.sign_in(page, account)
            self.sessions[account] = page.context.storage_state()
        return self.context(storage_state=self.sessions.get(account), **more).new_page()


@pytest.fixture
def page_of(browser, suite, sessions):
    """``page_of("nhanvien")``: a page where nhanvien is signed in. At the end no console has complained."""
    visits = Visits(browser, suite, sessions)
    yield visits
    for context in visits.contexts:
        context.close()
    assert visits.complaints == []
