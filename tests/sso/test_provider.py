"""The OpenID provider: the ordinary flow, consent, revocation."""

import time

import pytest
from django.test import Client
from django.urls import reverse
from joserfc import jwt
from joserfc.jwk import KeySet

from sso.api import ensure_client
from sso.models import AccessToken, AuditEntry, Grant, RefreshToken, Role
from sso.services.audit import Action
from tests.sso.conftest import ask, introspect, parameters_of, refresh, tokens_of, userinfo

pytestmark = pytest.mark.django_db


def test_code_flow_tells_the_system_who_signed_in(session_of, person, wiki, settings):
    client = session_of(person)

    tokens = tokens_of(client, wiki)

    keys = KeySet.import_key_set(client.get(reverse("oauth-jwks")).json())
    claims = jwt.decode(tokens["id_token"], keys).claims
    wanted = {"iss": settings.BASE_URL, "sub": str(person.subject), "aud": wiki[0].client_id, "nonce": "n-1"}
    assert {name: claims[name] for name in wanted} == wanted
    assert (claims["acr"], claims["amr"], claims["sid"]) == ("1", ["pwd"], client.session["sid"])
    assert abs(claims["auth_time"] - time.time()) < 5
    post = person.main_post
    assert userinfo(client, tokens["access_token"]).json() == {
        "sub": str(person.subject),
        "name": "Nguyễn Thị Thu Hà",
        "family_name": "Nguyễn",
        "given_name": "Hà",
        "middle_name": "Thị Thu",
        "preferred_username": "ha",
        "locale": "vi",
        "zoneinfo": "Asia/Ho_Chi_Minh",
        "email": "ha@mic.example",
        "email_verified": True,
        "unit": {"code": post.unit.code, "name": post.unit.name_vi, "name_en": post.unit.name_en},
        "posts": [
            {
                "title": "Chuyên viên",
                "unit": post.unit.code,
                "unit_name": post.unit.name_vi,
                "level": "member",
                "main": True,
            }
        ],
        "roles": [],
        "groups": [post.unit.code],
    }


def test_groups_say_units_and_roles_in_plain_words(client, session_of, person, wiki):
    code = person.main_post.unit.code
    for name, unit in [(Role.CLERK, person.main_post.unit), (Role.SYSTEM_ADMIN, None)]:
        Role.objects.create(user=person, name=name, unit=unit)

    told = userinfo(
        client, tokens_of(session_of(person), wiki, scope="openid organization")["access_token"]
    ).json()

    assert sorted(told["groups"]) == sorted([code, f"clerk@{code}", "system_admin"])


def test_answer_names_state_and_issuer(session_of, person, wiki, settings):
    answer = parameters_of(ask(session_of(person), wiki[0]))

    assert (answer["state"], answer["iss"], set(answer)) == (
        "s-1",
        settings.BASE_URL,
        {"state", "iss", "code"},
    )


def test_discovery_names_endpoints_that_exist(client, settings):
    told = client.get("/.well-known/openid-configuration").json()

    assert told["issuer"] == settings.BASE_URL
    assert told["code_challenge_methods_supported"] == ["S256"]
    addresses = [value for name, value in told.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(addresses) == 9
    for address in addresses:
        assert client.get(address.removeprefix(settings.BASE_URL)).status_code != 404


def test_strangers_sign_in_first_and_come_back(client, wiki):
    response = ask(client, wiki[0], login_hint="ha")

    assert response.status_code == 302
    assert response["Location"].startswith(f"{reverse('account_login')}?as=ha&next=/oauth/authorize/")


def test_sign_in_page_lets_its_form_end_at_systems_only_on_the_way_to_one(client, wiki):
    pages = [client.get(url) for url in (ask(client, wiki[0])["Location"], reverse("account_login"))]

    policies = [
        dict(part.split(" ", 1) for part in page["Content-Security-Policy"].split("; ")) for page in pages
    ]
    assert [policy["form-action"] for policy in policies] == ["'self' https:", "'self'"]


def test_request_by_post_is_asked_again_as_get(session_of, person, wiki):
    client = session_of(person)
    path = ask(client, wiki[0]).wsgi_request.META["QUERY_STRING"]
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(reverse("oauth-authorize"), path, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 303
    assert parameters_of(client.get(response["Location"]))["code"]


def test_scopes_are_limited_to_those_of_the_row(session_of, person, wiki):
    """authentik gave scopes that nobody had set up (CVE-2024-52287)."""
    wiki[0].allowed_scopes = ["openid", "email"]
    wiki[0].save()
    client = session_of(person)

    tokens = tokens_of(client, wiki, scope="openid email organization mail address")

    assert tokens["scope"] == "openid email"
    assert set(userinfo(client, tokens["access_token"]).json()) == {"sub", "email", "email_verified"}


@pytest.mark.parametrize(
    "address",
    [
        "https://wiki.example/callback/",
        "https://wiki.example/callback?x=1",
        "https://wiki.example/callback#",
        "https://WIKI.example/callback",
        "https://wiki.example:443/callback",
        "https://wiki.example@evil.example/callback",
        "https://evil.example/callback",
        "",
    ],
)
def test_redirect_address_is_compared_letter_by_letter(session_of, person, wiki, address):
    response = ask(session_of(person), wiki[0], redirect_uri=address)

    assert (response.status_code, Grant.objects.count()) == (400, 0)


def test_switched_off_system_gets_nothing(session_of, person, wiki):
    client = session_of(person)
    tokens = tokens_of(client, wiki)
    wiki[0].is_enabled = False
    wiki[0].save()

    assert ask(client, wiki[0]).status_code == 400
    assert userinfo(client, tokens["access_token"]).status_code == 401
    assert refresh(client, wiki, tokens["refresh_token"]).status_code == 401


def test_client_credentials_make_a_token_of_nobody(client, db):
    row, secret = ensure_client(
        "Job", authorization_grant_type="client-credentials", allowed_scopes=["profile"]
    )
    form = {"grant_type": "client_credentials", "client_id": row.client_id, "client_secret": secret}

    answer = client.post(reverse("oauth-token"), form).json()

    token = AccessToken.objects.get()
    assert (answer["token_type"], answer["scope"], answer["expires_in"]) == ("Bearer", "profile", 600)
    assert (token.user, token.application, token.token) == (None, row, "")


def test_revocation_is_for_the_owner(session_of, person, wiki):
    client = session_of(person)
    tokens = tokens_of(client, wiki)
    other = ensure_client("Other", authorization_grant_type="client-credentials")

    def revoke(system):
        form = {
            "token": tokens["refresh_token"],
            "client_id": system[0].client_id,
            "client_secret": system[1],
        }
        return client.post(reverse("oauth-revoke"), form).json()

    assert (revoke(other), userinfo(client, tokens["access_token"]).status_code) == ({}, 200)
    assert (revoke(wiki), userinfo(client, tokens["access_token"]).status_code) == ({}, 401)


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_a_revocation_stands_in_the_record(session_of, person, wiki, name):
    client = session_of(person)
    form = {"client_id": wiki[0].client_id, "client_secret": wiki[1], "token": tokens_of(client, wiki)[name]}

    for _again in range(2):
        client.post(reverse("oauth-revoke"), form)

    ended = AuditEntry.objects.filter(action=Action.TOKEN_ENDED)
    assert list(ended.values_list("person_id", "client")) == [(person.pk, wiki[0].client_id)]
    assert not RefreshToken.objects.exists()
    assert not AccessToken.objects.exists()


def test_lean_endpoints_ask_few_queries(session_of, person, wiki, django_assert_max_num_queries):
    client = session_of(person)
    token = tokens_of(client, wiki, scope="openid profile")["access_token"]
    bare = Client()

    userinfo(bare, token)  # the first reading is written down
    with django_assert_max_num_queries(1):
        assert userinfo(bare, token).status_code == 200
    with django_assert_max_num_queries(2):
        assert introspect(bare, wiki, token).json()["active"]


# --- consent -------------------------------------------------------------------------------------


@pytest.fixture
def foreign(wiki):
    wiki[0].skip_authorization = False
    wiki[0].save()
    return wiki


def test_consent_is_asked_once_and_says_what_is_told(session_of, person, foreign):
    client = session_of(person)

    page = ask(client, foreign[0])
    answer_url = page.context["answer_url"]
    answer = parameters_of(client.post(answer_url, {"allow": "yes"}))

    assert "form-action 'self' https:;" in f"{page['Content-Security-Policy']};"
    assert "code" in answer
    assert "code" in parameters_of(ask(client, foreign[0]))


def test_refused_consent_is_access_denied(session_of, person, foreign):
    client = session_of(person)

    answer = client.post(ask(client, foreign[0]).context["answer_url"], {"allow": "no"})

    assert parameters_of(answer)["error"] == "access_denied"
    assert person.consents.count() == 0


def test_whose_session_ended_before_the_answer_signs_in_and_is_asked_again(session_of, person, foreign):
    client = session_of(person)
    answer_url = ask(client, foreign[0]).context["answer_url"]
    client.logout()

    answer = client.post(answer_url, {"allow": "yes"})

    assert answer["Location"].startswith(f"{reverse('account_login')}?next={reverse('oauth-authorize')}%3F")
    assert person.consents.count() == 0


@pytest.mark.parametrize("name", ["oauth-discovery", "oauth-jwks"])
def test_what_everybody_may_read_may_be_looked_at_by_head(client, db, name):
    got, looked = client.get(reverse(name)), client.head(reverse(name))

    assert (looked.status_code, looked["Cache-Control"]) == (200, got["Cache-Control"])


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        ("", 'Bearer realm="oauth"'),
        ("Basic eDp5", 'Bearer realm="oauth"'),
        ("Bearer x", 'Bearer realm="oauth", error="invalid_token"'),
        ("Bearer x y", 'Bearer realm="oauth", error="invalid_token"'),
    ],
)
def test_without_a_token_userinfo_asks_for_one_and_names_no_error(client, db, header, challenge):
    """RFC 6750 §3.1."""
    more = {"HTTP_AUTHORIZATION": header} if header else {}

    answer = client.get(reverse("oauth-userinfo"), **more)

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, challenge)
    assert answer["Cache-Control"] == "no-store"
    assert (b"error" in answer.content) is ("error" in challenge)


@pytest.mark.parametrize("page", ["account-security-app", "account-security-passkey-new"])
def test_a_factor_made_on_the_way_lets_its_form_go_on_to_the_system(session_of, person, wiki, page):
    client = session_of(person)
    question = ask(client, wiki[0], prompt="consent").wsgi_request.get_full_path()

    on_the_way, otherwise = client.get(reverse(page), {"next": question}), client.get(reverse(page))

    assert "form-action 'self' https:;" in f"{on_the_way['Content-Security-Policy']};"
    assert "form-action 'self';" in f"{otherwise['Content-Security-Policy']};"
