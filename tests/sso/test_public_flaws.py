"""Flaws that other providers had to publish, each tried here.

Those of a kind that has a file of its own stand there: ``grep -r CVE- tests`` finds them all.
"""

import time
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey

from sso.api import ensure_client
from sso.models import Application, Grant, User
from sso.services.keys import published
from tests.factories import person_of, system_admin
from tests.sso.conftest import (
    REDIRECT,
    ask,
    browser_of,
    introspect,
    is_in,
    parameters_of,
    read,
    redeem,
    refresh,
    tokens_of,
    userinfo,
)

pytestmark = pytest.mark.django_db


# --- where a request comes from ------------------------------------------------------------------


@pytest.mark.parametrize(
    "forged",
    [
        {"HTTP_HOST": "evil.example"},
        {"HTTP_X_FORWARDED_HOST": "evil.example"},
        {"HTTP_FORWARDED": "host=evil.example;proto=http"},
        {"HTTP_X_FORWARDED_SERVER": "evil.example", "HTTP_X_HOST": "evil.example"},
    ],
)
def test_no_header_names_the_host_that_people_are_sent_to(person, wiki, forged):
    """Zitadel made links and issuers of what a stranger had sent (CVE-2025-48936, CVE-2025-64101)."""
    board, _secret = ensure_client(
        "Board",
        client_type="public",
        authorization_grant_type="urn:ietf:params:oauth:grant-type:device_code",
        allowed_scopes=["openid"],
    )
    browser, told = browser_of(person), Client(**forged)
    tokens = tokens_of(browser, wiki)
    device = {"client_id": board.client_id}
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "client_id": wiki[0].client_id,
    }

    answers = [
        told.get(reverse("oauth-discovery")),
        told.post(reverse("oauth-device"), device),
        told.post(reverse("oauth-token"), form | {"client_secret": wiki[1]}),
        browser.get(reverse("oauth-authorize"), **forged),
        ask(told, wiki[0]),
        told.get(reverse("account_login")),
    ]

    for answer in answers:
        assert "evil" not in f"{answer.headers} {answer.content.decode()}"
    assert read(answers[2].json()["id_token"])["iss"] == read(tokens["id_token"])["iss"]


@pytest.mark.parametrize("forwarded", ["x", "::::", "10.0.0.1%", "[10.0.0.1", "\x00", "٣.٣.٣.٣"])
def test_an_address_that_cannot_be_read_is_in_no_network(person, wiki, settings, forwarded):
    """authentik let pass whoever sent one (CVE-2024-47070)."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    Application.objects.update(rule={"ways": [{"networks": ["0.0.0.0/0", "::/0"]}]})
    browser = browser_of(person)
    near = {"HTTP_X_FORWARDED_FOR": "10.0.0.1", "REMOTE_ADDR": "127.0.0.1"}

    def status(**headers):
        browser.defaults.update(headers)
        return ask(browser, wiki[0]).status_code

    assert status(**near) == 302
    assert status(**near | {"HTTP_X_FORWARDED_FOR": forwarded}) == 403


# --- which token opens what ----------------------------------------------------------------------


def test_each_credential_opens_its_own_door_only(session_of, person, wiki, client):
    """authentik took the tokens of one system at the door of another (CVE-2024-47077)."""
    browser = session_of(person)
    api, api_secret = ensure_client(
        "App",
        redirect_uris=REDIRECT,
        allowed_scopes=["openid"],
        skip_authorization=True,
        token_audience="api",
    )
    tokens, jwts = tokens_of(browser, wiki), tokens_of(browser, (api, api_secret), scope="openid")
    code = parameters_of(ask(browser, wiki[0]))["code"]
    session = browser.cookies["session"].value
    everything = {
        "access": tokens["access_token"], "refresh": tokens["refresh_token"], "id": tokens["id_token"], "code": code,
        "jwt": jwts["access_token"], "id of another": jwts["id_token"], "secret": wiki[1], "session": session,
    }  # fmt: skip
    client = Client()

    read_people = {name for name, token in everything.items() if userinfo(client, token).status_code == 200}
    active = {name for name, token in everything.items() if introspect(client, wiki, token).json()["active"]}
    bad = [
        redeem(client, *wiki, token).status_code for name, token in everything.items() if name != "code"
    ] + [refresh(client, wiki, token).status_code for name, token in everything.items() if name != "refresh"]

    assert (read_people, active) == ({"access", "jwt"}, {"access"})
    assert set(bad) == {400}
    for token in everything.values():
        assert not is_in(Client(headers={"Authorization": f"Bearer {token}"}))
    for name in set(everything) - {"session"}:
        client.cookies["session"] = everything[name]
        assert not is_in(client)
    assert redeem(Client(), api, api_secret, code).json()["error"] == "invalid_grant"
    assert refresh(Client(), (api, api_secret), tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("name", ["oauth-userinfo", "oauth-introspect", "oauth-token", "oauth-revoke"])
def test_nothing_secret_is_taken_from_an_address(session_of, person, wiki, name):
    """It would stand in logs and histories (RFC 6750 §2.3, RFC 6749 §2.3.1)."""
    token = tokens_of(session_of(person), wiki)["access_token"]
    query = f"?access_token={token}&token={token}&client_id={wiki[0].client_id}&client_secret={wiki[1]}"

    answers = [ask(reverse(name) + query) for ask in (Client().get, Client().post)]

    assert {answer.status_code for answer in answers} <= {400, 401, 405}


def test_the_next_person_in_a_browser_gets_nothing_of_the_one_before(client, wiki):
    """Keycloak gave the second the session of the first (CVE-2025-12390)."""
    first, second = person_of(), person_of()
    client.force_login(first)
    of_first = tokens_of(client, wiki)
    hint = of_first["id_token"]
    client.post(reverse("account_logout"), {"where": "browser"})

    client.force_login(second)
    of_second = tokens_of(client, wiki)

    assert refresh(Client(), wiki, of_first["refresh_token"]).json()["error"] == "invalid_grant"
    assert userinfo(Client(), of_first["access_token"]).status_code == 401
    before, now = read(hint), read(of_second["id_token"])
    assert (now["sub"], now["sid"] != before["sid"]) == (str(second.subject), True)
    client.get(reverse("oauth-end-session"), {"id_token_hint": hint})
    assert is_in(client)


def test_a_revoked_token_is_dead_in_the_seconds_of_grace_too(session_of, person, wiki):
    """In the toolkit the one before it still worked (django-oauth-toolkit 3.4.1)."""
    browser = session_of(person)
    old = tokens_of(browser, wiki)["refresh_token"]
    new = refresh(browser, wiki, old).json()["refresh_token"]
    form = {"token": new, "client_id": wiki[0].client_id, "client_secret": wiki[1]}

    assert browser.post(reverse("oauth-revoke"), form).status_code == 200

    assert [refresh(browser, wiki, token).status_code for token in (old, new)] == [400, 400]


# --- signatures ----------------------------------------------------------------------------------


def test_a_token_does_not_say_by_which_key_it_is_to_be_checked(session_of, person, wiki, settings):
    """A public key as the secret of HS256, or a key that came along: the oldest flaws of JWT libraries."""
    browser = session_of(person)
    hint = tokens_of(browser, wiki)["id_token"]
    claims = read(hint)
    own, public = ECKey.generate_key("P-256"), published()[0]
    header = {"typ": "JWT", "kid": public["kid"]}
    forged = [
        jwt.encode(header | {"alg": "HS256"}, claims, OctKey.import_key(public["n"]), algorithms=["HS256"]),
        jwt.encode(
            header | {"alg": "ES256", "jwk": own.as_dict(private=False)}, claims, own, algorithms=["ES256"]
        ),
        jwt.encode(
            header | {"alg": "ES256", "jku": "https://evil.example/keys"}, claims, own, algorithms=["ES256"]
        ),
        jws.serialize_compact(
            header | {"alg": "HS256"}, b"{}", OctKey.import_key("x" * 32), algorithms=["HS256"]
        ),
    ]

    for token in forged:
        assert parameters_of(ask(browser, wiki[0], id_token_hint=token))["error"] == "login_required"
        assert "Location" not in browser.get(reverse("oauth-end-session"), {"id_token_hint": token})
        assert is_in(browser)
    assert "code" in parameters_of(ask(browser, wiki[0], id_token_hint=hint))


@pytest.mark.parametrize("end", ["another key", "switched off"])
def test_a_key_that_was_taken_away_proves_nothing(client, settings, end):
    """Zitadel took keys that had run out (CVE-2025-31123), Keycloak those of what was switched off (CVE-2026-1486)."""
    key, others = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    system, _secret = ensure_client(
        "Job", authorization_grant_type="client-credentials", allowed_scopes=["profile"],
        public_keys={"keys": [key.as_dict(private=False)]},
    )  # fmt: skip

    def status():
        claims = {"iss": system.client_id, "sub": system.client_id, "aud": settings.BASE_URL,
                  "exp": int(time.time()) + 60, "jti": str(uuid.uuid4())}  # fmt: skip
        form = {
            "grant_type": "client_credentials",
            "client_assertion": jwt.encode({"alg": "ES256"}, claims, key, algorithms=["ES256"]),
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        }
        return client.post(reverse("oauth-token"), form).status_code

    before = status()
    if end == "another key":
        Application.objects.update(public_keys={"keys": [others.as_dict(private=False)]})
    else:
        Application.objects.update(is_enabled=False)

    assert (before, status()) == (200, 401)


# --- pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", [None, "none"])
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/", "//evil.example", "https://wiki.example/callback/../../evil", "https://wiki.example\\@evil.example",
        "https://wiki.example/callback%2f..%2fevil", "https://wiki.example/callback;evil", "https://wiki.example/callback.evil.example",
        "https://user@wiki.example/callback", "https://wiki.example/*", "javascript:alert(1)//https://wiki.example/callback",
        "http://wiki.example/callback", "https://wiki.example./callback", " https://wiki.example/callback",
        "https://wiki.example/callback\t", "https://wiki.example/callback https://wiki.example/callback",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_an_address_that_looks_like_a_registered_one(person, wiki, address, prompt):
    """Keycloak (CVE-2023-6134, CVE-2023-6291, CVE-2024-8883), authentik (CVE-2024-52289), and the toolkit, which
    answered prompt=none before it had looked."""
    for browser in (Client(), browser_of(person)):
        answer = ask(browser, wiki[0], redirect_uri=address, prompt=prompt)
        assert (answer.status_code, "Location" in answer) == (400, False)
    assert not Grant.objects.exists()


def test_a_request_sent_ahead_stays_out_of_the_browser(person, wiki):
    """Keycloak wrote it into a cookie (CVE-2024-4540)."""
    form = {
        "client_id": wiki[0].client_id, "client_secret": wiki[1], "redirect_uri": REDIRECT, "response_type": "code",
        "scope": "openid email", "state": "STATE-1", "nonce": "NONCE-1", "login_hint": "HINT-1",
        "code_challenge": "c" * 43, "code_challenge_method": "S256", "prompt": "consent",
    }  # fmt: skip
    name = Client().post(reverse("oauth-par"), form).json()["request_uri"]
    query = {"client_id": wiki[0].client_id, "request_uri": name}

    for browser in (Client(), browser_of(person)):
        answer = browser.get(reverse("oauth-authorize"), query)
        seen = f"{answer.headers} {answer.cookies} {answer.content.decode()}"
        assert answer.status_code in {200, 302}
        assert not [word for word in ("STATE-1", "NONCE-1", "c" * 43) if word in seen]


def test_consent_is_given_on_our_page_only(person, wiki):
    """Neither by a form of another site nor by a click into a frame that people do not see."""
    Application.objects.update(skip_authorization=False)
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(person)
    page = ask(careful, wiki[0])

    forged = careful.post(page.context["answer_url"], {"allow": "yes"})

    assert (forged.status_code, Grant.objects.count()) == (403, 0)
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "SAMEORIGIN"


def test_no_page_or_export_holds_the_secret_of_a_system(signed_in, wiki):
    """authentik's API told it to readers (CVE-2026-40166)."""
    admin = signed_in(system_admin())
    kept = Application.objects.get(pk=wiki[0].pk).client_secret
    pages = ["system", "system-edit", "system-rule", "system-why", "system-check", "system-provisioning"]
    addresses = [reverse(name, args=[wiki[0].pk]) for name in pages]
    addresses += [
        reverse(name) for name in ("systems", "audit", "audit-csv", "audit-jsonl", "account-data-file")
    ]

    for address in addresses:
        answer = admin.get(address)
        text = (answer.getvalue() if answer.streaming else answer.content).decode()
        assert answer.status_code in {200, 302, 405}, address
        assert wiki[1] not in text
        assert kept.rpartition("$")[2] not in text


@pytest.mark.parametrize("secret", ["", "\0", "None", "null", "undefined"])
def test_no_secret_is_no_proof(client, wiki, secret):
    tries = [
        {"client_secret": secret}, {"client_secret": wiki[0].client_secret},  # as it is kept
        {"client_assertion": secret}, {"client_assertion": "", "client_assertion_type": "x"},
    ]  # fmt: skip

    for proof in tries:
        for name in ("oauth-introspect", "oauth-token", "oauth-revoke", "oauth-par"):
            form = {"client_id": wiki[0].client_id, "token": "x", "grant_type": "client_credentials"}
            assert client.post(reverse(name), form | proof).status_code in {400, 401}


def test_a_person_who_was_disabled_gets_nothing_new(session_of, person, wiki):
    """authentik (CVE-2025-53942, CVE-2025-64521) and Keycloak (CVE-2025-14559, CVE-2026-1609) went on issuing."""
    browser = session_of(person)
    tokens = tokens_of(browser, wiki)
    answers = [parameters_of(ask(browser, wiki[0]))["code"] for _number in "12"]
    User.objects.filter(pk=person.pk).update(is_active=False)

    assert redeem(Client(), *wiki, answers[0]).json()["error"] == "invalid_grant"
    assert refresh(Client(), wiki, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert ask(browser, wiki[0], prompt="none")["Location"].startswith(f"{REDIRECT}?error=login_required")
