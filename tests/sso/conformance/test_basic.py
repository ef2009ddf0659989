"""The modules of the OpenID Foundation's plan for a Basic provider, each as one test of the same name."""

import base64
import json
import time
from datetime import timedelta

import pytest
import requests
import time_machine
from django.utils import timezone
from joserfc import jws
from joserfc.jwk import import_key

from sso.models import Grant, User
from tests.sso.conformance.conftest import CALLBACK
from tests.sso.conformance.party import SECONDS, challenge_of
from tests.sso.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

PROFILE = {
    "name": "Nguyễn Thị Thu Hà",
    "family_name": "Nguyễn",
    "given_name": "Hà",
    "middle_name": "Thị Thu",
    "preferred_username": "ha",
    "locale": "vi",
    "zoneinfo": "Asia/Ho_Chi_Minh",
}
EMAIL = {"email": "ha@mic.example", "email_verified": True}
PHONE = {"phone_number": "024 3943 0001", "phone_number_verified": False}
ADDRESS = {"address": {"formatted": "P. 512"}}


def told(party, person, scope: str) -> dict:
    """What userinfo tells besides "sub", which is the ID token's."""
    tokens = party.tokens(scope=scope)
    response = party.userinfo(tokens["access_token"])
    assert response.headers["Content-Type"] == "application/json"
    claims = response.json()
    assert not [name for name, value in claims.items() if value is None or value == ""]
    assert claims.pop("sub") == tokens["claims"]["sub"] == str(person.subject)
    assert set(tokens["scope"].split()) == set(scope.split())
    return claims


# --- the ordinary flow, and what is wrong with a question ------------------------------------------


@pytest.mark.servers
def test_server_test(issuer, synced, party):
    """Everything for once: the sign-in page, the password, code, tokens, userinfo."""
    page = party.ask()
    assert page.url.startswith(f"{issuer}/sign-in/")

    answer = party.answer(party.fill(page, login="ha", password=PASSWORD))

    tokens = party.redeem(answer["code"]).json()
    claims = party.checked(tokens["id_token"], tokens["access_token"], party.nonce)
    person = User.objects.get(username="ha")
    assert claims["sub"] == party.userinfo(tokens["access_token"]).json()["sub"] == str(person.subject)
    assert tokens["token_type"] == "Bearer"


def test_server_test_client_secret_post(inside):
    tokens = inside.redeem(inside.code(), by="post").json()

    assert inside.checked(tokens["id_token"], tokens["access_token"], inside.nonce)


def test_response_type_missing(inside):
    assert inside.answer(inside.ask(response_type=None))["error"] == "invalid_request"


def test_post_request(inside):
    assert "code" in inside.answer(inside.ask("post"))


def test_alternate_happy_flow(inside):
    """Scopes and parameters in another order, another registered address, a state of all kinds of signs."""
    inside.callback = f"{CALLBACK}/second"
    inside.state = "~!@#$%^&*()_+-={}[]|:;<>,.?/ " * 4 + "a" * 12
    usual = inside.question
    inside.question = lambda **changes: dict(reversed(usual(**changes).items()))

    tokens = inside.tokens(scope="email profile openid")

    assert set(inside.userinfo(tokens["access_token"]).json()) == {"sub", *PROFILE, *EMAIL}


def test_request_without_nonce(inside):
    assert "nonce" not in inside.tokens(nonce=None)["claims"]


def test_unknown_parameter(inside):
    assert inside.tokens(extra="foobar")["claims"]


@pytest.mark.parametrize(
    "address",
    ["https://party.example/other", f"{CALLBACK}/", f"{CALLBACK}?x=1", "https://evil.example/callback"],
)
def test_registered_redirect_uri(inside, address):
    page = inside.ask(redirect_uri=address)

    assert (page.status_code, page.is_redirect, Grant.objects.count()) == (400, False, 0)


def test_valid_pkce(inside):
    code = inside.code()
    others = inside.code(code_challenge=challenge_of("o" * 64))

    assert inside.redeem(code).status_code == 200
    assert inside.redeem(others).json()["error"] == "invalid_grant"


# --- ID token and userinfo -------------------------------------------------------------------------


def test_id_token_signature(inside):
    tokens = inside.tokens()
    header = jws.extract_compact(tokens["id_token"].encode()).headers()

    assert header["alg"] == "RS256" in inside.told["id_token_signing_alg_values_supported"]
    assert tokens["id_token"].count(".") == 2


def test_id_token_unsigned(inside):
    """Nobody can have one without a signature, nor one signed with a shared secret."""
    assert inside.told["id_token_signing_alg_values_supported"] == ["RS256", "ES256"]


def test_userinfo_get(inside):
    tokens = inside.tokens()

    assert inside.userinfo(tokens["access_token"]).json() == {"sub": tokens["claims"]["sub"]}


def test_userinfo_post_header(inside):
    tokens = inside.tokens()

    assert inside.userinfo(tokens["access_token"], "post").json() == {"sub": tokens["claims"]["sub"]}


def test_userinfo_post_body(inside):
    tokens = inside.tokens()

    assert inside.userinfo(tokens["access_token"], "body").json() == {"sub": tokens["claims"]["sub"]}


def test_scope_profile(inside, person):
    assert told(inside, person, "openid profile") == PROFILE


def test_scope_email(inside, person):
    assert told(inside, person, "openid email") == EMAIL


def test_scope_address(inside, person):
    assert told(inside, person, "openid address") == ADDRESS


def test_scope_phone(inside, person):
    assert told(inside, person, "openid phone") == PHONE


def test_scope_all(inside, person):
    assert told(inside, person, "openid profile email address phone") == PROFILE | EMAIL | ADDRESS | PHONE


def test_claims_essential(inside):
    """A claim asked for by itself is told where it was asked for, without the rest of its scope."""
    claims = '{"userinfo": {"name": {"essential": true}}, "id_token": {"email": null, "auth_time": null}}'

    tokens = inside.tokens(claims=claims)

    told = inside.userinfo(tokens["access_token"]).json()
    assert told == {"sub": tokens["claims"]["sub"], "name": "Nguyễn Thị Thu Hà"}
    assert tokens["claims"]["email"] == "ha@mic.example"
    assert "name" not in tokens["claims"]


# --- how people are asked --------------------------------------------------------------------------


def test_display_page(party):
    assert party.ask(display="page").status_code == 200


def test_display_popup(party):
    assert party.ask(display="popup").status_code == 200


@pytest.mark.servers
def test_prompt_login(synced, party, enter):
    """Who is signed in shows the password again; the second ID token is of the same person and of a later moment."""
    enter(party, User.objects.get(username="ha"), age=60)
    first = party.tokens()["claims"]

    page = party.ask(prompt="login")
    assert party.fill(page, password="wrong").status_code == 422
    again = party.redeem(party.answer(party.fill(page, password=PASSWORD))["code"]).json()

    second = party.checked(again["id_token"], again["access_token"], party.nonce)
    assert second["sub"] == first["sub"]
    assert second["auth_time"] > first["auth_time"]


def test_prompt_none_not_logged_in(party):
    assert party.answer(party.ask(prompt="none"))["error"] == "login_required"


def test_prompt_none_logged_in(inside):
    first, second = inside.tokens()["claims"], inside.tokens(prompt="none")["claims"]

    assert [first[name] for name in ("sub", "auth_time", "sid")] == [
        second[name] for name in ("sub", "auth_time", "sid")
    ]


@pytest.mark.servers
def test_max_age_1(synced, party, enter):
    enter(party, User.objects.get(username="ha"), age=5)
    first = party.tokens()["claims"]

    page = party.ask(max_age="1")
    again = party.redeem(party.answer(party.fill(page, password=PASSWORD))["code"]).json()

    second = party.checked(again["id_token"], again["access_token"], party.nonce)
    assert second["auth_time"] >= first["auth_time"] + 4
    assert time.time() - second["auth_time"] < SECONDS


def test_max_age_10000(inside):
    first, second = inside.tokens()["claims"], inside.tokens(max_age="10000")["claims"]

    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


def test_id_token_hint(inside):
    tokens = inside.tokens()

    again = inside.tokens(prompt="none", id_token_hint=tokens["id_token"])

    assert again["claims"]["sub"] == tokens["claims"]["sub"]


def test_login_hint(party):
    page = party.ask(login_hint="ha@mic.example")

    assert 'value="ha@mic.example"' in page.text


def test_ui_locales(party):
    assert '<html lang="en"' in party.ask(ui_locales="se en-GB vi").text


def test_ui_locales_do_not_change_what_somebody_chose(party):
    party.browser.cookies.set("django_language", "vi")

    assert '<html lang="vi"' in party.ask(ui_locales="en").text


def test_claims_locales(inside):
    assert inside.tokens(claims_locales="se")["claims"]


def test_acr_values(inside):
    """What the person cannot show is no reason to refuse; the ID token says what was shown."""
    claims = inside.tokens(acr_values="2 1")["claims"]

    assert (claims["acr"], claims["amr"]) == ("1", ["pwd"])
    assert claims["acr"] in inside.told["acr_values_supported"]


# --- codes and refresh tokens ----------------------------------------------------------------------


def test_auth_code_reuse(inside):
    code = inside.code()
    first = inside.redeem(code).json()

    again = inside.redeem(code)

    assert (again.status_code, again.headers["Content-Type"]) == (400, "application/json")
    assert again.json()["error"] == "invalid_grant"
    assert inside.userinfo(first["access_token"]).status_code == 401


def test_auth_code_reuse_after_30_seconds(inside):
    code = inside.code()
    first = inside.redeem(code).json()

    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert inside.redeem(code).json()["error"] == "invalid_grant"
        assert inside.userinfo(first["access_token"]).status_code == 401


def test_refresh_token(inside):
    tokens = inside.tokens(scope="openid email")

    again = inside.refresh(tokens["refresh_token"]).json()

    claims = inside.checked(again["id_token"], again["access_token"], None)
    same = ("iss", "sub", "aud", "auth_time", "sid")
    assert {name: claims[name] for name in same} == {name: tokens["claims"][name] for name in same}
    assert claims["iat"] >= tokens["claims"]["iat"]
    assert inside.userinfo(again["access_token"]).json()["email"] == "ha@mic.example"
    assert inside.refresh(again["refresh_token"]).status_code == 200


def test_refresh_token_is_of_its_client(inside, other):
    """The second half of the module: what one client got, another may not use, and that does no harm to the first."""
    tokens = inside.tokens(nonce="n" * 43)

    answer = other.refresh(tokens["refresh_token"])

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert inside.refresh(tokens["refresh_token"]).status_code == 200


# --- request objects, which we do not take ---------------------------------------------------------


def unsigned(**claims: str) -> str:
    """A request object with the algorithm "none"."""
    parts = ({"alg": "none"}, claims)
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts), ""]
    )


def test_unsigned_request_object(inside):
    assert inside.answer(inside.ask(request=unsigned(nonce="other")))["error"] == "request_not_supported"


def test_request_uri_unsigned(inside):
    """The address is never asked for: a provider that fetches it can be sent anywhere (CVE-2023-44469)."""
    answer = inside.answer(inside.ask(request_uri="https://party.example/request"))

    assert answer["error"] == "request_uri_not_supported"


def test_request_object_with_redirect_uri(inside):
    asked = unsigned(redirect_uri="https://evil.example/callback")

    assert inside.answer(inside.ask(request=asked))["error"] == "request_not_supported"


# --- the provider's own words (plan "Config") --------------------------------------------------------


def test_discovery_endpoint_verification(party, issuer):
    told = party.told

    assert told["issuer"] == issuer
    required = {
        "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
        "subject_types_supported", "id_token_signing_alg_values_supported", "userinfo_endpoint",
        "scopes_supported", "claims_supported", "claims_parameter_supported",
    }  # fmt: skip
    assert required <= set(told)
    assert told["subject_types_supported"] == ["public", "pairwise"]
    keys = requests.get(told["jwks_uri"], timeout=SECONDS).json()["keys"]
    assert {(key["kty"], key["alg"], key["use"]) for key in keys} == {
        ("RSA", "RS256", "sig"),
        ("EC", "ES256", "sig"),
    }
    assert len({key["kid"] for key in keys}) == len(keys)
    assert {name for key in keys for name in key} == {
        "kty", "alg", "use", "kid", "n", "e", "crv", "x", "y",
    }  # fmt: skip
    assert all(import_key(key).raw_value.key_size >= 2048 for key in keys if key["kty"] == "RSA")
