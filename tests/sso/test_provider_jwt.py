"""Access tokens that an API reads by itself (RFC 9068)."""

import pytest
from django.urls import reverse
from joserfc import jws

from sso.api import ensure_client
from sso.models import AccessToken, Post, Role
from tests.factories import UnitFactory
from tests.sso.conftest import (
    ask,
    introspect,
    is_in,
    parameters_of,
    read,
    refresh,
    registered,
    tokens_of,
    userinfo,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_an_access_token_for_an_api_is_a_jwt(session_of, person, settings, algorithm):
    system = registered("App", token_audience="https://api.mic.example", algorithm=algorithm)
    browser = session_of(person)

    tokens = tokens_of(browser, system, scope="openid profile organization")

    header = jws.extract_compact(tokens["access_token"].encode()).headers()
    claims = read(tokens["access_token"])
    assert (header["typ"], header["alg"]) == ("at+jwt", algorithm)
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 600
    wanted = {
        "iss": settings.BASE_URL,
        "aud": ["https://api.mic.example", settings.BASE_URL],
        "sub": str(person.subject),
        "client_id": system[0].client_id,
        "scope": "openid profile organization",
        "acr": "1",
        "sid": browser.session["sid"],
    }
    assert {name: claims[name] for name in wanted} == wanted
    assert claims["unit"]["code"] == person.main_post.unit.code
    assert "name" not in claims
    assert userinfo(browser, tokens["access_token"]).json()["name"] == person.full_name
    assert AccessToken.objects.get().token == ""


def test_tokens_of_whoever_has_many_posts_and_roles_are_taken(session_of, person):
    """Half a page of posts and roles makes a token of ten thousand letters."""
    for number in range(28):
        unit = UnitFactory(
            code=f"U{number}", name_vi=f"Phòng Tiêu chuẩn kỹ thuật và Quản lý chất lượng số {number}"
        )
        Post.objects.create(user=person, unit=unit, title_vi="Phó Trưởng phòng phụ trách", level="deputy")
        Role.objects.create(user=person, unit=unit, name="clerk")
    system = registered("App", token_audience="https://api.mic.example")
    browser = session_of(person)

    tokens = tokens_of(browser, system)

    raw = tokens["access_token"]
    leaving = {"id_token_hint": tokens["id_token"]}
    assert min(len(raw), len(tokens["id_token"])) > 9000
    assert introspect(browser, system, raw).json()["active"]
    assert browser.post(reverse("oauth-userinfo"), {"access_token": raw}).json()["sub"] == str(person.subject)
    onward = browser.post(reverse("oauth-end-session"), leaving)["Location"]
    assert (browser.get(onward).status_code, is_in(browser)) == (302, False)
    form = {"token": raw, "client_id": system[0].client_id, "client_secret": system[1]}
    assert browser.post(reverse("oauth-revoke"), form).status_code == 200


def test_a_jwt_without_openid_is_for_its_api_only(session_of, person):
    """RFC 9068 §4: the API that was given it must not read here who somebody is."""
    system = registered("App", token_audience="https://api.mic.example")
    browser = session_of(person)

    tokens = tokens_of(browser, system, scope="profile organization")

    answer = userinfo(browser, tokens["access_token"])
    assert read(tokens["access_token"])["aud"] == "https://api.mic.example"
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token"})


def test_less_asked_for_at_a_refresh_is_less_of_an_audience(session_of, person, settings):
    system = registered("App", token_audience="https://api.mic.example")
    browser = session_of(person)
    tokens = tokens_of(browser, system, scope="openid organization")

    less, same = (
        refresh(browser, system, tokens["refresh_token"], scope=scope).json()["access_token"]
        for scope in ("organization", "openid")
    )

    both = ["https://api.mic.example", settings.BASE_URL]
    assert [read(token)["aud"] for token in (less, same)] == ["https://api.mic.example", both]
    assert [userinfo(browser, token).status_code for token in (less, same)] == [401, 200]


@pytest.mark.parametrize(
    ("resource", "is_right"),
    [("https://api.mic.example", True), (None, True), ("https://other.example", False),
     (["https://api.mic.example", "https://other.example"], False)],
)  # fmt: skip
def test_a_jwt_is_not_given_for_another_resource_than_was_asked_for(session_of, person, resource, is_right):
    """RFC 8707 §2: who is given it for the one that was asked for could use it at ours."""
    system = registered("App", token_audience="https://api.mic.example")
    browser = session_of(person)
    tokens = tokens_of(browser, system)

    asked = parameters_of(ask(browser, system[0], resource=resource))
    last = resource[-1] if isinstance(resource, list) else resource
    refreshed = refresh(browser, system, tokens["refresh_token"], **({"resource": last} if last else {}))

    assert (asked.get("error"), "code" in asked) == (None if is_right else "invalid_target", is_right)
    assert refreshed.json().get("error") == (None if is_right else "invalid_target")


def test_a_system_without_an_api_may_name_any_resource(session_of, person):
    """Its tokens say nothing of where they are for; RFC 6749 §3.1 has unknown parameters ignored."""
    asked = parameters_of(ask(session_of(person), registered("App")[0], resource="https://other.example"))

    assert "code" in asked


def test_a_program_gets_a_jwt_of_its_own_name(client):
    row, secret = ensure_client(
        "Job", authorization_grant_type="client-credentials", allowed_scopes=["profile"], token_audience="api"
    )
    api = ensure_client("API", client_id="api", authorization_grant_type="client-credentials")
    form = {"grant_type": "client_credentials", "client_id": row.client_id, "client_secret": secret}

    token = client.post(reverse("oauth-token"), form).json()["access_token"]

    claims = read(token)
    assert (claims["sub"], claims["client_id"], claims["aud"]) == (row.client_id, row.client_id, "api")
    assert "auth_time" not in claims
    assert introspect(client, api, token).json()["active"] is True


def test_a_jwt_that_was_altered_or_revoked_is_refused_by_us(session_of, person):
    system = registered("App", token_audience="api")
    browser = session_of(person)
    token = tokens_of(browser, system)["access_token"]
    head, body, signature = token.split(".")
    form = {"token": token, "client_id": system[0].client_id, "client_secret": system[1]}

    assert userinfo(browser, f"{head}.{body}.{signature[:-4]}AAAA").status_code == 401
    assert browser.post(reverse("oauth-revoke"), form).status_code == 200
    assert userinfo(browser, token).status_code == 401
