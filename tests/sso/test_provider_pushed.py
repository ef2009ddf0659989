"""Requests sent ahead (RFC 9126), and systems that prove themselves by a signature (private_key_jwt)."""

import time
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.test import Client
from django.urls import reverse
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from sso.api import ensure_client
from sso.models import Grant, PushedRequest
from sso.oauth import pushed
from sso.oauth.assertions import KIND
from sso.oauth.pushed import URN
from sso.services.checking import What, looked_at
from tests.sso.conftest import REDIRECT, VERIFIER, parameters_of, redeem

pytestmark = pytest.mark.django_db


def question(system, **changes) -> dict[str, str]:
    usual = {
        "client_id": system.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid",
        "state": "s-1",
        "nonce": "n-1",
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def push(wiki, **changes):
    return Client().post(reverse("oauth-par"), question(wiki[0], client_secret=wiki[1]) | changes)


def bring(browser, system, name: str, **more: str):
    return browser.get(
        reverse("oauth-authorize"), {"client_id": system.client_id, "request_uri": name, **more}
    )


# --- requests sent ahead ---------------------------------------------------------------------------


def test_a_request_sent_ahead_is_no_way_to_fill_the_disk(wiki):
    more = {f"x{number}": "y" * 8000 for number in range(3)}

    answer = push(wiki, **more)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert PushedRequest.objects.count() == 0


def test_strangers_can_send_ahead_for_a_system_without_a_secret_only_so_often(public, wiki, monkeypatch):
    monkeypatch.setattr(pushed, "MOST_OF_PLACE", 2)
    form = question(public[0])

    def answers(address: str) -> list[int]:
        return [
            Client(REMOTE_ADDR=address).post(reverse("oauth-par"), form).status_code for _time in range(3)
        ]

    assert [answers("10.1.2.3"), answers("10.1.2.4")] == [[201, 201, 400]] * 2
    assert [push(wiki).status_code for _time in range(3)] == [201] * 3


def test_a_request_sent_ahead_is_answered_as_if_it_came_by_the_browser(session_of, person, wiki):
    pushed = push(wiki)
    assert (pushed.status_code, set(pushed.json())) == (201, {"request_uri", "expires_in"})
    name = pushed.json()["request_uri"]

    answer = parameters_of(bring(session_of(person), wiki[0], name))

    assert answer["state"] == "s-1"
    assert redeem(Client(), *wiki, answer["code"]).status_code == 200


def test_a_stranger_signs_in_and_comes_back_with_the_same_request(client, person, wiki):
    name = push(wiki).json()["request_uri"]

    response = bring(client, wiki[0], name)

    assert response["Location"].startswith(f"{reverse('account_login')}?next=/oauth/authorize/")
    assert "redirect_uri" not in response["Location"]
    page = client.get(response["Location"])
    assert "form-action 'self' https:;" in f"{page['Content-Security-Policy']};"


def test_what_the_browser_adds_counts_for_nothing(session_of, person, wiki):
    name = push(wiki, scope="openid").json()["request_uri"]

    answer = bring(
        session_of(person), wiki[0], name, scope="openid email", state="other", redirect_uri="https://evil/"
    )

    assert parameters_of(answer)["state"] == "s-1"
    assert Grant.objects.get().scope == "openid"


def test_a_request_sent_ahead_gets_one_code(session_of, person, wiki):
    name = push(wiki).json()["request_uri"]
    browser = session_of(person)

    assert bring(browser, wiki[0], name).status_code == 302
    assert bring(browser, wiki[0], name).status_code == 400
    assert Grant.objects.count() == 1


@pytest.mark.parametrize(
    "name",
    ["urn:ietf:params:oauth:request_uri:", "urn:ietf:params:oauth:request_uri:guessed\0", "urn:other:x"],
)
def test_a_request_nobody_sent_is_refused(session_of, person, wiki, name):
    assert bring(session_of(person), wiki[0], name).status_code == 400


def test_a_request_is_of_the_system_that_sent_it_and_of_its_time(session_of, person, wiki):
    other, _secret = ensure_client(
        "Other", redirect_uris=REDIRECT, allowed_scopes=["openid"], skip_authorization=True
    )
    name = push(wiki).json()["request_uri"]
    browser = session_of(person)

    assert bring(browser, other, name).status_code == 400
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)):
        assert bring(browser, wiki[0], name).status_code == 400
    assert PushedRequest.objects.values_list("digest", flat=True).get() not in name


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"redirect_uri": "https://evil.example/"}, 400, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, 400, "invalid_request"),
        ({"request": "a.b.c"}, 400, "request_not_supported"),
        ({"code_challenge": ""}, 400, "invalid_request"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": "mail"}, 400, "invalid_scope"),
        ({"nonce": "a\0b"}, 400, "invalid_request"),
        ({"nonce": ["a", "b"]}, 400, "invalid_request"),
    ],
)
def test_bad_requests_are_refused_when_they_are_sent(wiki, changes, status, error):
    response = push(wiki, **changes)

    assert (response.status_code, response.json()["error"]) == (status, error)
    assert PushedRequest.objects.count() == 0


@pytest.mark.parametrize("changes", [{"redirect_uri": "https://evil.example/"}, {'é"': ["1", "2"]}])
def test_programs_are_told_in_plain_signs(wiki, changes):
    """RFC 6749 §5.2: neither letters with accents, nor quotes, nor backslashes."""
    told = push(wiki, **changes).json()["error_description"]

    assert told.isascii()
    assert not set(told) & set('"\\')


def test_the_live_check_looks_at_a_request_that_was_sent_ahead(wiki):
    """All that the browser carries is its name; that is no fault of the system."""
    pushed = push(wiki, scope="openid mail").json()["request_uri"]
    brought = [
        urlencode({"client_id": wiki[0].client_id, "request_uri": name}) for name in (pushed, f"{URN}x")
    ]

    found = [
        {finding.what: finding.is_good for finding in looked_at(wiki[0], f"https://x/?{query}")}
        for query in brought
    ]

    assert found == [{What.START: True, What.PKCE: True, What.SCOPES: None}, {What.START: False}]


# --- private_key_jwt -------------------------------------------------------------------------------


@pytest.fixture
def key():
    return ECKey.generate_key("P-256", {"kid": "k1", "alg": "ES256"})


@pytest.fixture
def signer(key):
    """A program that holds a key instead of a secret; it has one, too, which must not work."""
    return ensure_client(
        "Signer",
        authorization_grant_type="client-credentials",
        allowed_scopes=["profile"],
        public_keys=KeySet([key]).as_dict(private=False),
    )


def assertion(system, key, algorithm: str = "ES256", kid: str = "k1", **changes) -> str:
    now = int(time.time())
    claims = {
        "iss": system.client_id, "sub": system.client_id, "aud": "http://127.0.0.1:8000", "jti": uuid.uuid4().hex,
        "iat": now, "exp": now + 60,
    } | changes  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {"alg": algorithm} | ({"kid": kid} if kid else {})
    return jwt.encode(header, claims, key, algorithms=[algorithm])


def ask_token(signed: str, **changes):
    form = {"grant_type": "client_credentials", "client_assertion_type": KIND, "client_assertion": signed}
    return Client().post(reverse("oauth-token"), form | changes)


@pytest.mark.parametrize("name", ["oauth-introspect", "oauth-revoke"])
def test_a_signature_may_be_made_for_the_address_that_is_asked(signer, key, settings, name):
    """RFC 7523 §3: what identifies us; libraries name the address that they call."""
    signed = assertion(signer[0], key, aud=settings.BASE_URL + reverse(name))
    form = {"token": "x", "client_assertion_type": KIND, "client_assertion": signed}

    assert Client().post(reverse(name), form).status_code == 200


@pytest.mark.parametrize(
    ("names", "kid", "is_known"),
    [
        (["k1", "k2"], "k1", True),
        (["k1", "k2"], "", True),  # libraries such as Authlib name none
        ([None, None], "k1", True),
        ([None, "k2"], "k1", True),
        (["k2", "k3"], "k1", False),
    ],
)
def test_keys_are_found_with_and_without_names(signer, key, names, kid, is_known):
    """RFC 7517 §4.5: "kid" is optional, in a set of keys and in what they sign."""
    both = [key.as_dict(private=False), RSAKey.generate_key(2048).as_dict(private=False)]
    for one, name in zip(both, names, strict=True):
        one.pop("kid", None)
        if name:
            one["kid"] = name
    signer[0].public_keys = {"keys": both[::-1]}
    signer[0].save()

    answer = ask_token(assertion(signer[0], key, kid=kid))

    assert answer.status_code == (200 if is_known else 401)


def test_a_system_proves_itself_by_its_key(signer, key, settings):
    assert ask_token(assertion(signer[0], key)).json()["scope"] == "profile"
    assert ask_token(assertion(signer[0], key, aud=[settings.BASE_URL + "/oauth/token/"])).status_code == 200
    assert ask_token(assertion(signer[0], key, aud=settings.BASE_URL + "/oauth/par/")).status_code == 200
    assert ask_token(assertion(signer[0], key), client_id=signer[0].client_id).status_code == 200


@pytest.mark.parametrize(
    "others", [["https://evil.example"], ["https://evil.example", "http://127.0.0.1:8000"], [], [7], ""]
)
def test_an_assertion_that_another_server_may_take_proves_nothing(signer, key, settings, others):
    """Whoever it was sent to could pass it on to us (audience injection, RFC 7523 §3 as amended in 2025)."""
    several = [settings.BASE_URL, *others] if len(others) == 1 else others

    assert ask_token(assertion(signer[0], key, aud=several)).status_code == 401


def test_an_assertion_works_once(signer, key):
    signed = assertion(signer[0], key)

    assert [ask_token(signed).status_code for _twice in range(2)] == [200, 401]


def test_a_system_with_a_key_has_no_secret_any_more(signer):
    form = {"grant_type": "client_credentials", "client_id": signer[0].client_id, "client_secret": signer[1]}

    assert Client().post(reverse("oauth-token"), form).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://evil.example"},
        {"aud": None},
        {"aud": [1, None]},
        {"iss": "someone"},
        {"sub": "someone"},
        {"sub": None},
        {"exp": None},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": int(time.time()) + 10**6},
        {"nbf": int(time.time()) + 10**6},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "a\0"},
    ],
)
def test_an_assertion_must_be_for_us_from_it_and_of_now(signer, key, changes):
    """One of years hence would have to be remembered for as long (Keycloak, CVE-2025-2559)."""
    response = ask_token(assertion(signer[0], key, **changes))

    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_an_assertion_with_half_a_letter_in_it_is_refused(signer, key):
    """JSON can write what no text can be: the first half of a pair of UTF-16."""
    body = jws.extract_compact(assertion(signer[0], key, jti="HALF").encode()).payload.replace(
        b"HALF", b"\\ud800"
    )
    signed = jws.serialize_compact({"alg": "ES256", "kid": "k1"}, body, key, algorithms=["ES256"])

    assert ask_token(signed).status_code == 401


def test_signatures_of_others_are_refused(signer, key, wiki):
    system = signer[0]
    head, body, _signature = assertion(system, key).split(".")
    forged = [
        assertion(system, ECKey.generate_key("P-256")),
        assertion(system, RSAKey.generate_key(2048), "RS256"),
        assertion(system, OctKey.import_key(str(key.as_dict(private=False))), "HS256"),
        f"{head}.{body}.",
        "eyJhbGciOiJub25lIn0." + body + ".",
        assertion(wiki[0], key),  # of a system that has no key
        "a.b.c",
        "",
    ]

    assert [ask_token(signed).status_code for signed in forged] == [401] * len(forged)
    other = ask_token(assertion(system, key), client_id=wiki[0].client_id)
    assert other.status_code == 401


@pytest.mark.parametrize(
    "keys", [{"keys": []}, {"keys": [{"kty": "EC"}]}, {"keys": "x"}, {"x": 1}, ["x"], "x"]
)
def test_keys_that_cannot_be_read_let_nobody_in(signer, key, keys):
    signer[0].public_keys = keys
    signer[0].save()

    assert ask_token(assertion(signer[0], key)).status_code == 401
