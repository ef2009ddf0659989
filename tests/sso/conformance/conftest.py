"""The intranet on a port of its own, and a system registered with it."""

import pytest
from django.conf import settings as django_settings
from django.test import Client

from sso.api import User, ensure_client
from tests.conftest import record_sign_in
from tests.factories import person_of
from tests.sso.conformance.party import RelyingParty

CALLBACK = "https://party.example/callback"
GOODBYE = "https://party.example/bye"


@pytest.fixture
def issuer(live_server, settings):
    settings.BASE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return live_server.url


@pytest.fixture
def party(issuer):
    """The relying party before a browser in which nobody has signed in."""
    system, secret = ensure_client(
        "Party",
        redirect_uris=f"{CALLBACK} {CALLBACK}/second",
        post_logout_redirect_uris=GOODBYE,
        allowed_scopes=["openid", "profile", "email", "phone", "address", "organization"],
        skip_authorization=True,
    )
    return RelyingParty(issuer, system.client_id, secret, CALLBACK)


@pytest.fixture
def other(issuer):
    """A second relying party."""
    system, secret = ensure_client("Other", redirect_uris=CALLBACK, allowed_scopes=["openid"])
    return RelyingParty(issuer, system.client_id, secret, CALLBACK)


@pytest.fixture
def person():
    return person_of(
        full_name="Nguyễn Thị Thu Hà", username="ha", language="vi", phone="024 3943 0001", room="P. 512"
    )


@pytest.fixture
def enter():
    """Return a function that signs a person in to a party's browser, as ``age`` seconds ago."""

    def enter(party: RelyingParty, person: User, age: float = 0) -> RelyingParty:
        browser = Client()
        browser.force_login(person)
        record_sign_in(browser, person, age)
        name = django_settings.SESSION_COOKIE_NAME
        party.browser.cookies.set(name, browser.cookies[name].value)
        return party

    return enter


@pytest.fixture
def inside(party, person, enter):
    """The relying party before a browser in which a person has signed in."""
    return enter(party, person)
