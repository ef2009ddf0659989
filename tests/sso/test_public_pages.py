"""Pages of systems without a secret ask us from the browser: what they may read, and what nobody's page may (CORS)."""

import pytest
from django.test import Client
from django.urls import reverse

from sso.models import Application
from tests.factories import person_of
from tests.sso.conftest import tokens_of

pytestmark = pytest.mark.django_db
PAGE = "https://wiki.example"
ORIGIN = "Access-Control-Allow-Origin"


def asked_by_page(name: str, origin: str | None, form: dict, method: str = "post", **more):
    headers = {"HTTP_ORIGIN": origin} if origin else {}
    return getattr(Client(), method)(reverse(name), form, **headers, **more)


ENDPOINTS = ["oauth-token", "oauth-revoke", "oauth-userinfo"]


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    ("origin", "is_known"),
    [
        (PAGE, True),
        ("https://wiki.example:443", False),
        ("http://wiki.example", False),
        ("https://wiki.example.evil.example", False),
        ("https://other.example", False),
        ("null", False),
        ("*", False),
        ("vn.gov.example.app", False),
    ],
)
def test_a_browser_may_ask_for_pages_of_public_systems_only(public, name, origin, is_known):
    asked = {
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST",
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "authorization",
    }

    answer = Client().options(reverse(name), HTTP_ORIGIN=origin, **asked)

    assert answer.headers.get(ORIGIN) == (origin if is_known else None)
    assert answer.status_code == (204 if is_known else 405)
    assert "Origin" in answer["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer
    assert ("Authorization" in answer.headers.get("Access-Control-Allow-Headers", "")) is is_known


@pytest.mark.parametrize("origin", [PAGE, "https://other.example", None])
def test_answers_may_be_read_by_the_systems_own_page(session_of, public, origin):
    browser = session_of(person_of())
    tokens = tokens_of(browser, public)
    about = {"client_id": public[0].client_id}
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens['access_token']}"}
    renewed = about | {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}

    answers = [
        asked_by_page("oauth-userinfo", origin, {}, "get", **bearer),
        asked_by_page("oauth-userinfo", origin, {}, "get", HTTP_AUTHORIZATION="Bearer x"),
        asked_by_page("oauth-token", origin, renewed),
        asked_by_page("oauth-token", origin, about | {"grant_type": "x"}),
        asked_by_page("oauth-revoke", origin, about | {"token": tokens["refresh_token"]}),
    ]

    assert [answer.status_code for answer in answers] == [200, 401, 200, 400, 200]
    allowed = origin if origin == PAGE else None
    assert [answer.headers.get(ORIGIN) for answer in answers] == [allowed] * 5
    assert not any("Access-Control-Allow-Credentials" in answer for answer in answers)


def test_answers_to_a_system_with_a_secret_are_read_by_no_page(session_of, public, wiki):
    """Also where a public system has the same origin."""
    browser = session_of(person_of())
    tokens = tokens_of(browser, wiki)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens['access_token']}"}
    proof = {"client_id": wiki[0].client_id, "client_secret": wiki[1]}
    renewed = proof | {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}

    answers = [
        asked_by_page("oauth-userinfo", PAGE, {}, "get", **bearer),
        asked_by_page("oauth-token", PAGE, renewed),
        asked_by_page("oauth-token", PAGE, proof | {"grant_type": "x"}),
        asked_by_page("oauth-revoke", PAGE, proof | {"token": tokens["refresh_token"]}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 400, 200]
    assert [answer.headers.get(ORIGIN) for answer in answers] == [None] * 4


@pytest.mark.parametrize("way", ["off", "secret"])
def test_no_page_is_known_of_a_system_that_is_off_or_has_a_secret(public, way):
    changes = {"is_enabled": False} if way == "off" else {"client_type": "confidential"}
    Application.objects.update(**changes)

    assert Client().options(reverse("oauth-token"), HTTP_ORIGIN=PAGE).status_code == 405
    assert ORIGIN not in asked_by_page("oauth-userinfo", PAGE, {}, "get")


@pytest.mark.parametrize("name", ["oauth-introspect", "oauth-par", "oauth-device"])
def test_other_endpoints_are_for_no_page(public, name):
    form = {"client_id": public[0].client_id, "token": "x"}

    assert Client().options(reverse(name), HTTP_ORIGIN=PAGE).status_code == 405
    assert ORIGIN not in asked_by_page(name, PAGE, form)


@pytest.mark.parametrize(
    ("addresses", "origins"),
    [
        ("https://Wiki.Example/a https://wiki.example:443/b", {"https://wiki.example"}),
        ("https://wiki.example:8443/a", {"https://wiki.example:8443"}),
        ("http://127.0.0.1:5000/a http://[::1]/b", {"http://127.0.0.1:5000", "http://[::1]"}),
        ("vn.gov.example.app:/back", set()),
        ("http://wiki.example:port/ https://[::1", set()),
    ],
)
def test_an_origin_is_written_as_browsers_do(addresses, origins):
    assert Application(client_type="public", redirect_uris=addresses).origins == origins
    assert Application(client_type="confidential", redirect_uris=addresses).origins == set()
