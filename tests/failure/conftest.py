"""People who work through HTTP while the servers behind the suite stop, hang and come back."""

import re
import time
from pathlib import Path

import pytest
import requests

from demo.people import PASSWORD
from tests.conftest import missing

HERE = Path(__file__).parent
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):  # with the browser tests, so that one demo serves both
            item.add_marker(pytest.mark.browser)


class Person(requests.Session):
    """Somebody before a browser without scripts. ``took`` is how long the last answer needed, in seconds."""

    def __init__(self, address: str):
        super().__init__()
        self.address = address
        self.took = 0.0

    def request(self, method, url, **options):
        options.setdefault("timeout", 30)
        response = super().request(method, f"{self.address}{url}", **options)
        self.took = response.elapsed.total_seconds()
        return response

    def send_form(self, url: str, **fields) -> requests.Response:
        """Open the page of a form, fill it in and send it."""
        token = TOKEN.search(self.get(url).text)[1]
        return self.post(
            url, data={"csrfmiddlewaretoken": token, **fields}, headers={"Referer": self.address}
        )

    def sign_in(self, account: str, password: str = PASSWORD) -> requests.Response:
        return self.send_form("/sign-in/", login=account, password=password)

    @property
    def is_signed_in(self) -> bool:
        return "session" in self.cookies and self.get("/", allow_redirects=False).status_code == 200


@pytest.fixture
def stranger(suite):
    """Return a function that makes another person who is not signed in."""
    return lambda address=suite.address: Person(address)


@pytest.fixture
def officer(stranger):
    """nhanvien, signed in."""
    person = stranger()
    assert soon(lambda: person.sign_in("nhanvien").ok and person.is_signed_in)
    return person


@pytest.fixture
def stopped(suite):
    """Return a function that stops a server by name; at the end all that were stopped run again."""
    down = []

    def stop(name):
        server = suite.servers.get(name) or missing(f"{name} does not run")
        server.stop()
        down.append(server)
        return server

    yield stop
    for server in down:
        if not server.is_running:
            server.start()


def soon(true, seconds=15):
    """Say whether ``true()`` comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.2)
    return False
