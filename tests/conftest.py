"""Fixtures that every part of the suite uses."""

import os

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def empty_cache():
    """No test sees what another one has cached."""
    cache.clear()


@pytest.fixture
def signed_in(client):
    """Return a function that signs a person in and returns the client: ``signed_in(person).get("/")``."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def missing(what: str) -> None:
    """Skip because ``what`` is not there; fail instead when INTRANET_TEST_ALL=yes, as in `make test`."""
    if os.environ.get("INTRANET_TEST_ALL") == "yes":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)
