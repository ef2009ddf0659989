"""Whatever other systems send to the provider, the answer is one of its own and never an error of the server."""

import base64
import json

import pytest
from django.conf import settings as settings_of_suite
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sso.api import ensure_client
from sso.models import Application
from sso.services.tokens import mail_token
from tests.factories import person_of
from tests.sso.conftest import REDIRECT, VERIFIER, ask, parameters_of, tokens_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
some = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
OF_PROGRAMS = [
    "oauth-token",
    "oauth-revoke",
    "oauth-introspect",
    "oauth-userinfo",
    "oauth-device",
    "oauth-par",
]
NAMES = [
    "acr_values", "assertion", "claims", "client_assertion", "client_assertion_type", "client_id",
    "client_secret", "code", "code_challenge", "code_challenge_method", "code_verifier", "device_code", "display",
    "grant_type", "id_token_hint", "login_hint", "max_age", "nonce", "post_logout_redirect_uri", "prompt",
    "redirect_uri", "refresh_token", "request", "request_uri", "resource", "response_mode", "response_type", "scope",
    "state", "token", "token_type_hint", "ui_locales", "user_code",
]  # fmt: skip
NASTY = [
    "", "\0", "a\0b", "\n", "\ud7ff", "\u202e", "ä", "𝕏", "%", "%00", "'", '"', "\\", "-1", "0", "٣", "9" * 10,
    "x" * 255, "x" * 256, "x" * 5000, "none", "login", "none login", "openid", "openid openid", "code", "S256",
    "a.b.c", "..", "e30.e30.", "{}", "[]", "null", '{"userinfo":null}', '{"id_token":{"sub":{"value":"\\ud800"}}}',
    '{"userinfo":{"email":null}}', '{"id_token":{"acr":{"essential":true,"values":[1,null,"2"]}}}', "[" * 2000,
    "authorization_code", "refresh_token", "client_credentials", DEVICE, "https://evil.example/", "//x", "vi",
]  # fmt: skip


@pytest.fixture
def known(session_of, wiki):
    """Words that mean something here, so that not everything is refused at the first look."""
    browser = session_of(person_of())
    tokens = tokens_of(browser, wiki)
    board, _secret = ensure_client(
        "Board",
        authorization_grant_type=DEVICE,
        client_type=Application.CLIENT_PUBLIC,
        allowed_scopes=["openid"],
    )
    code = parameters_of(ask(browser, wiki[0]))["code"]
    words = [
        wiki[0].client_id, wiki[1], board.client_id, REDIRECT, VERIFIER, code, mail_token(person_of()),
        tokens["access_token"], tokens["refresh_token"], tokens["id_token"],
    ]  # fmt: skip
    browser.raise_request_exception = False
    return browser, wiki, words


@st.composite
def queries(draw, words):
    """Parameters, some of them repeated."""
    values = st.one_of(
        st.sampled_from(words + NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
    )
    names = st.one_of(st.sampled_from(NAMES), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
    return draw(st.dictionaries(names, st.lists(values, min_size=1, max_size=2), max_size=8))


def fuzzed(data, known, needed: dict) -> dict:
    """Parameters that are often, but not always, those of a good request with some changed."""
    query = data.draw(queries(known[2]))
    return (needed if data.draw(st.booleans()) else {}) | query


@some
@given(data=st.data())
def test_p39_authorize_answers_whatever_is_asked(known, data):
    browser, wiki, _words = known
    question = {
        "client_id": wiki[0].client_id, "redirect_uri": REDIRECT, "response_type": "code", "scope": "openid",
        "code_challenge": "c" * 43, "code_challenge_method": "S256",
    }  # fmt: skip
    query = fuzzed(data, known, question)

    asking = data.draw(st.sampled_from([browser, Client(raise_request_exception=False)]))
    response = asking.get(reverse("oauth-authorize"), query)

    assert response.status_code in {200, 302, 400, 403}
    if response.status_code == 302 and not response["Location"].startswith("/"):
        assert response["Location"].startswith(f"{REDIRECT}?")
        assert asking.post(reverse("oauth-authorize"), query).status_code in {303, 400}


@pytest.mark.parametrize("name", OF_PROGRAMS)
@some
@given(data=st.data())
def test_p39_endpoints_of_programs_answer_whatever_is_sent(known, name, data):
    _browser, wiki, words = known
    grants = ["authorization_code", "refresh_token", "client_credentials", DEVICE]
    needed = {
        "client_id": wiki[0].client_id,
        "client_secret": wiki[1],
        "grant_type": data.draw(st.sampled_from(grants)),
        "token": data.draw(st.sampled_from(words)),
    }
    form = fuzzed(data, known, needed)
    bare = Client(raise_request_exception=False)

    response = bare.post(reverse(name), form)

    assert response.status_code in {200, 201, 400, 401, 403}
    if response.get("WWW-Authenticate") == 'Bearer realm="oauth"':  # no token, so none is wrong
        assert (name, response.status_code, response.content) == ("oauth-userinfo", 401, b"")
    elif response.status_code >= 400:
        assert json.loads(response.content)["error"].isascii()


@pytest.mark.parametrize("name", OF_PROGRAMS)
@some
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        ["application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "a"]
    ),
    header=st.one_of(st.sampled_from(["Basic", "Basic =", "Basic Og==", "Basic AAAA", "Bearer", "Bearer \x00", "x"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)),
)  # fmt: skip
def test_p39_endpoints_of_programs_answer_bodies_and_headers_that_are_none(client, name, body, kind, header):
    client.raise_request_exception = False

    response = client.generic(
        "POST", reverse(name), body, content_type=kind, headers={"Authorization": header}
    )

    assert response.status_code in {400, 401, 403}


headers_of_nginx = st.one_of(
    st.sampled_from(
        [
            "",
            "::1",
            "10.0.0.1",
            "10.0.0.1:80",
            "fe80::1%eth0",
            "::ffff:10.0.0.1",
            "1" * 300,
            "\xff",
            "%00",
            "é",
        ]
    ),
    st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=40),
)


@pytest.mark.parametrize("name", ["door-check", "door-start", "door-callback", "door-leave"])
@some
@given(address=headers_of_nginx, cookie=headers_of_nginx, query=st.binary(max_size=60), more=headers_of_nginx)
@example(address="x", cookie="x", query=b"back=/%ed%a0%80", more="x")
@example(address="x", cookie="x", query=b"code=a&state=b&iss=%00", more="x")
def test_p39_the_door_answers_whatever_nginx_passes_on(known, name, address, cookie, query, more):
    """nginx shows the right secret for each request of a browser, whatever that browser has sent."""
    row, secret = ensure_client(
        "Cũ", redirect_uris="https://old.example/.intranet/callback", allowed_scopes=["openid"],
        rule={"ways": [{"networks": ["10.0.0.0/8"]}]},
    )  # fmt: skip
    browser = Client(raise_request_exception=False)
    headers = {
        "HTTP_X_DOOR_SYSTEM": row.client_id, "HTTP_X_DOOR_KEY": secret, "HTTP_X_DOOR_ADDRESS": address,
        "HTTP_COOKIE": f"__Host-door={cookie}; __Host-door-start={more}", "HTTP_X_DOOR_USER": more,
    }  # fmt: skip

    answer = browser.get(reverse(name), QUERY_STRING=query.decode("latin-1"), **headers)

    assert answer.status_code in {302, 401}
    assert "X-Door-User" not in answer
    if answer.status_code == 302:
        assert answer["Location"] == "/" or answer["Location"].startswith(settings_of_suite.BASE_URL)


def part(value) -> str:
    """A part of a signed token, as anybody can write one."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


odd = st.sampled_from(
    ["zz", "", "\0", "\ud800", "x" * 5000, ["x"], {"a": 1}, None, 7, True, "RS256", "JWT", "none"]
)
headers = st.one_of(
    st.fixed_dictionaries({"alg": st.just("RS256"), "kid": odd}, optional={"typ": odd, "jwk": odd}),
    st.fixed_dictionaries({}, optional={"alg": odd, "kid": odd, "crit": odd}),
    odd,
)
payloads = st.one_of(st.fixed_dictionaries({}, optional={"aud": odd, "iss": odd, "exp": odd}), odd)


@some
@given(header=headers, payload=payloads, signature=st.sampled_from(["", "AAAA", "!", "é"]))
@example(header={"alg": "RS256", "kid": "zz"}, payload={"aud": "\0"}, signature="AAAA")
@example(header={"alg": "RS256", "kid": "zz"}, payload={"aud": "\ud800"}, signature="AAAA")
def test_p39_signed_tokens_that_are_none_break_nothing(known, header, payload, signature):
    """As the hint of a sign-out, of a question, and as the proof of a system."""
    browser, wiki, _words = known
    token = f"{part(header)}.{part(payload)}.{signature}"
    question = {
        "client_id": wiki[0].client_id, "redirect_uri": REDIRECT, "response_type": "code", "scope": "openid",
        "code_challenge": "c" * 43, "code_challenge_method": "S256", "prompt": "none",
    }  # fmt: skip
    proof = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    leaving = {"post_logout_redirect_uri": "https://wiki.example/bye", "id_token_hint": token}

    assert Client(raise_request_exception=False).get(reverse("oauth-end-session"), leaving).status_code == 400
    assert browser.get(reverse("oauth-end-session"), leaving).status_code == 400
    assert parameters_of(browser.get(reverse("oauth-authorize"), question | {"id_token_hint": token}))[
        "error"
    ]
    answer = Client(raise_request_exception=False).post(
        reverse("oauth-token"), proof | {"client_assertion": token}
    )
    assert answer.status_code in {400, 401}


@some
@given(data=st.data())
def test_p39_the_page_for_devices_and_sign_out_answer_whatever_is_sent(known, data):
    browser, _wiki, words = known
    query = data.draw(queries(words))
    code = data.draw(st.sampled_from([*NASTY, "BCDF-GHJK", "ＢＣＤＦ-ＧＨＪＫ"]))

    assert browser.get(reverse("device"), {"code": code}).status_code == 200
    assert browser.post(reverse("device"), {"code": code, "allow": "yes"}).status_code == 422
    assert Client(raise_request_exception=False).get(reverse("oauth-end-session"), query).status_code in {
        302,
        400,
    }
