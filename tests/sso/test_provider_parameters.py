"""Bad parameters of requests from other systems are answered by the standard error (P39)."""

from base64 import b64encode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from sso.api import ensure_client
from sso.models import AccessToken
from tests.sso.conftest import (
    REDIRECT,
    VERIFIER,
    ask,
    introspect,
    parameters_of,
    redeem,
    tokens_of,
    userinfo,
)

pytestmark = pytest.mark.django_db


BAD = [
    ({"state": "a\0b"}, "invalid_request"),
    ({"nonce": "n" * 256}, "invalid_request"),
    ({"nonce": "n\n"}, "invalid_request"),
    ({"code_challenge": ""}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge": "c" * 300}, "invalid_request"),
    ({"code_challenge": ["a" * 43, "b" * 43]}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"response_type": None}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"scope": ["openid", "email"]}, "invalid_request"),
    ({"scope": "mail"}, "invalid_scope"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"prompt": "create"}, "invalid_request"),
    ({"max_age": "soon"}, "invalid_request"),
    ({"request": "x.y.z"}, "request_not_supported"),
    ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
]


@pytest.mark.parametrize(("changes", "error"), BAD)
def test_p39_bad_parameters_get_the_standard_error(session_of, person, wiki, changes, error, settings):
    answer = parameters_of(ask(session_of(person), wiki[0], **changes))

    assert (answer["error"], answer["iss"]) == (error, settings.BASE_URL)


@pytest.mark.parametrize(
    "changes", [{"client_id": "a\0"}, {"client_id": ["a", "b"]}, {"redirect_uri": f"{REDIRECT}\n"}]
)
def test_p39_bad_client_or_address_gets_a_page_and_no_redirect(session_of, person, wiki, changes):
    response = ask(session_of(person), wiki[0], **changes)

    assert response.status_code == 400
    assert "Một phần của yêu cầu" in response.content.decode()  # in the reader's language


@pytest.mark.parametrize("page", ["oauth-authorize", "oauth-end-session"])
def test_no_word_of_an_address_stands_on_the_page_about_it(client, page, db):
    """Keycloak showed what a link said as if it were its own (CVE-2025-10044): "call this number"."""
    response = client.get(reverse(page), {"call.0900.123.456": ["a", "b"], "client_id": ["call.0900", "x"]})

    assert response.status_code == 400
    assert "0900" not in strip_tags(response.content.decode())


@pytest.mark.parametrize(
    "form",
    [
        {"code": "a\0b"},
        {"code": "x" * 300},
        {"code_verifier": "wrong" * 10},
        {"code_verifier": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": None},
        {"client_secret": "wrong"},
        {"client_id": "a\0"},
        {"grant_type": "password"},
        {"grant_type": None},
        {"code": None},
    ],
)
def test_p39_bad_token_requests_are_errors_of_the_client(session_of, person, wiki, form):
    client = session_of(person)
    code = parameters_of(ask(client, wiki[0]))["code"]

    response = redeem(client, *wiki, form.pop("code", code), **form)

    assert response.status_code in {400, 401}
    assert response.json()["error"] in {
        "invalid_request",
        "invalid_grant",
        "invalid_client",
        "unsupported_grant_type",
    }
    assert AccessToken.objects.count() == 0


@pytest.mark.parametrize("token", ["", "garbage", "a\0b", "ä" * 50, "x" * 5000])
def test_p39_garbage_tokens_are_refused(client, wiki, token):
    info = client.post(reverse("oauth-userinfo"), {"access_token": token})
    found = introspect(client, wiki, token)

    assert info.status_code in {400, 401}
    assert found.status_code == 400 or found.json() == {"active": False}


def test_p39_userinfo_of_a_programs_token_is_401(client, db):
    row, secret = ensure_client(
        "Job", authorization_grant_type="client-credentials", allowed_scopes=["openid"]
    )
    form = {"grant_type": "client_credentials", "client_id": row.client_id, "client_secret": secret}
    token = client.post(reverse("oauth-token"), form).json()["access_token"]

    assert userinfo(client, token).status_code == 401


@pytest.mark.parametrize("header", ["Basic é", "Basic \xff\xfe", "Basic /w==", "Basic"])
@pytest.mark.parametrize(
    "name", ["oauth-token", "oauth-introspect", "oauth-revoke", "oauth-par", "oauth-device"]
)
def test_p39_credentials_that_are_no_text_are_refused(client, db, name, header):
    response = client.post(reverse(name), {"token": "x"}, headers={"Authorization": header})

    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_a_system_that_names_itself_in_two_ways_is_refused(session_of, person, wiki):
    """RFC 6749 §2.3: one method in each request; two names in one are none. One without a value is not there (§3.2)."""
    code = parameters_of(ask(session_of(person), wiki[0]))["code"]
    credentials = b64encode(f"{wiki[0].client_id}:{wiki[1]}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }

    twice = Client().post(reverse("oauth-token"), form | {"client_id": "other"}, headers=headers)
    once = Client().post(reverse("oauth-token"), form | {"client_id": ""}, headers=headers)

    assert (twice.status_code, once.status_code) == (401, 200)


EMPTY = [
    "request",
    "request_uri",
    "max_age",
    "response_mode",
    "prompt",
    "claims",
    "acr_values",
    "id_token_hint",
]


@pytest.mark.parametrize("name", EMPTY)
def test_a_parameter_without_a_value_counts_as_left_out(session_of, person, wiki, name):
    """RFC 6749 §3.1."""
    assert "code" in parameters_of(ask(session_of(person), wiki[0], **{name: ""}))


def basic_of(system, secret) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Basic {b64encode(f'{system.client_id}:{secret}'.encode()).decode()}"}


@pytest.mark.parametrize("address", ["oauth-token", "oauth-introspect", "oauth-revoke", "oauth-par"])
@pytest.mark.parametrize("other", ["client_secret", "client_assertion"])
def test_a_system_proves_itself_in_one_way_only(client, wiki, address, other):
    """RFC 6749 §2.3 and §5.2; whichever of the two would count, somebody else could have put the other there."""
    form = {"token": "x", "grant_type": "refresh_token", "refresh_token": "x"}

    once = client.post(reverse(address), form, **basic_of(*wiki))
    twice = client.post(reverse(address), form | {other: wiki[1]}, **basic_of(*wiki))

    assert "proves itself" not in once.content.decode()
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")


def test_an_access_token_comes_in_one_way_only(client, session_of, person, wiki):
    """RFC 6750 §2, §3.1."""
    token = tokens_of(session_of(person), wiki)["access_token"]

    answer = client.post(
        reverse("oauth-userinfo"), {"access_token": token}, HTTP_AUTHORIZATION=f"Bearer {token}"
    )

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert 'error="invalid_request"' in answer["WWW-Authenticate"]


def test_no_cache_of_whatever_age_keeps_tokens(session_of, person, wiki):
    """RFC 6749 §5.1 asks for both headers."""
    client = session_of(person)

    answer = redeem(client, *wiki, parameters_of(ask(client, wiki[0]))["code"])

    assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")


@pytest.mark.parametrize("name", ["oauth-token", "oauth-userinfo", "oauth-introspect", "oauth-revoke"])
def test_an_address_without_its_last_slash_is_answered_and_not_redirected(client, db, name):
    """Somebody has typed it in; a browser or library would ask again by GET, without its form."""
    address = reverse(name)

    short, whole = (client.post(path, {"token": "x"}) for path in (address.rstrip("/"), address))

    assert (short.status_code, short.content) == (whole.status_code, whole.content)
    assert short.status_code in {400, 401}
