"""Whatever stands in an address or a form of identity, no page breaks; PostgreSQL takes no NUL in a text."""

import re
from urllib.parse import quote

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sso import urls
from sso.models import SystemRequest
from sso.services.clients import save_system
from tests.factories import system_admin
from tests.sso.conftest import browser_of

pytestmark = pytest.mark.django_db
NASTY = [
    "\0",
    "a\0b",
    "'",
    "%",
    "\u202e",
    "a" * 3000,
    "9" * 25,
    "-1",
    "٣",
    "\ud7ff",
    "<b>",
    "../..",
    "💥",
    "0001-01-01",
    "9999-12-31",
    "http://[",
]
FIELDS = """
    account act answer acr address action after as apps asked_at before client code credential decision ends_on first
    last login name need next of page password people person preset base q reason receiver sealed seen since sponsor
    state until where words language overlap age way-TOTAL_FORMS way-0-people way-0-networks base_url token
"""
PATHS = [f"/{one.pattern}" for one in urls.urlpatterns if one.name and "^" not in str(one.pattern)]
OF_SOMETHING = [path for path in PATHS if "<" in path]
some = settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def browser():
    """Of somebody who may open every page."""
    browser = browser_of(system_admin(username="tam"))
    browser.raise_request_exception = False
    return browser


def filled(path: str, text: str, number: int) -> str:
    """Return ``path`` with something in the place of each text and number that it names."""
    return re.sub(
        r"<(\w+):\w+>", lambda found: str(number) if found[1] == "int" else quote(text, safe=""), path
    )


@pytest.mark.parametrize("path", [*OF_SOMETHING, "/people/<account:username>/"])
def test_no_address_breaks_a_page(browser, path):
    answers = {text: browser.get(filled(path, text, 10**25)).status_code for text in NASTY}

    assert set(answers.values()) <= {302, 400, 404, 405}, answers


@pytest.mark.parametrize("target", ["http://[", "//a]b", "http://\u2100.example"])
def test_no_way_back_breaks_a_page(browser, client, target):
    """Python reads no such address, whoever wrote the link: ``urlsplit`` raises."""
    client.raise_request_exception = False
    for asking in (browser, client):
        for path in PATHS:
            answer = asking.get(filled(path, "tam", 1), {"next": target})
            assert answer.status_code < 500, path
            assert not answer.get("Location", "").startswith(target)


@pytest.mark.slow
@some
@given(data=st.data())
@pytest.mark.parametrize("path", PATHS)
def test_no_form_breaks_a_page(browser, wiki, path, data):
    values = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
    form = data.draw(st.dictionaries(st.sampled_from(FIELDS.split()), values, max_size=6))
    address = filled(path, "tam", wiki[0].pk)

    assert browser.get(address, form).status_code != 500, form
    assert browser.post(address, form).status_code != 500, form


def test_words_of_a_refusal_may_be_whatever_was_typed(browser, wiki):
    wiki[0].redirect_uris = "https://other.example/cb"
    save_system(wiki[0], by=system_admin())
    waiting = SystemRequest.objects.get()

    answer = browser.post(reverse("system-decide", args=[waiting.pk]), {"words": "không\0đúng"})

    waiting.refresh_from_db()
    assert (answer.status_code, waiting.state, waiting.words) == (
        302,
        "refused",
        "không\N{REPLACEMENT CHARACTER}đúng",
    )
