"""The demo's servers, once for these tests."""

import pytest

from demo.servers import Dovecot, Handover, Introspection, Slapd, free_port, workspace
from tests.demo.introspection import Endpoint


@pytest.fixture(scope="session")
def folder():
    with workspace() as path:
        yield path


@pytest.fixture(scope="session")
def slapd(folder):
    with Slapd(folder / "slapd", tls=True) as server:
        yield server


@pytest.fixture(scope="session")
def endpoint():
    with Endpoint(free_port(), client_id="dovecot", client_secret="a/secret:with@signs") as server:
        yield server


@pytest.fixture(scope="session")
def dovecot(folder, slapd, endpoint):
    asked = Introspection(endpoint.url, endpoint.client_id, endpoint.client_secret)
    with Dovecot(folder / "dovecot", slapd, asked) as server:
        yield server


@pytest.fixture(scope="session")
def handover(folder, dovecot):
    with Handover(folder / "handover", dovecot) as server:
        yield server
