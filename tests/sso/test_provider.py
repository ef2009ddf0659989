"""The OpenID provider: the ordinary flow, and each known trap of its parts."""

import json
import time
from base64 import b64encode

import pytest
from django.test import Client
from django.urls import reverse
from joserfc import jwt
from joserfc.jwk import KeySet

from sso.api import User, ensure_client, mail_token, revoke_everything
from sso.models import AccessToken, Grant, RefreshToken
from tests.factories import person_of
from tests.sso.conftest import REDIRECT, ask, parameters_of, redeem, refresh, tokens_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return person_of(full_name="Nguyễn Thị Thu Hà", username="ha", language="vi")


def userinfo(client, token):
    return client.get(reverse("oauth-userinfo"), headers={"Authorization": f"Bearer {token}"})


def introspect(client, system, token):
    credentials = b64encode(f"{system[0].client_id}:{system[1]}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    return client.post(reverse("oauth-introspect"), {"token": token}, headers=headers)


# --- the ordinary flow ---------------------------------------------------------------------------


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
    }


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
    assert len(addresses) == 7
    for address in addresses:
        assert client.get(address.removeprefix(settings.BASE_URL)).status_code != 404


def test_strangers_sign_in_first_and_come_back(client, wiki):
    response = ask(client, wiki[0], login_hint="ha")

    assert response.status_code == 302
    assert response["Location"].startswith(f"{reverse('account_login')}?as=ha&next=/oauth/authorize/")


def test_sign_in_page_lets_its_form_end_at_the_system_only(client, wiki):
    response = client.get(ask(client, wiki[0])["Location"])

    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert policy["form-action"] == "'self' https://wiki.example"


def test_request_by_post_is_asked_again_as_get(session_of, person, wiki):
    client = session_of(person)
    path = ask(client, wiki[0]).wsgi_request.META["QUERY_STRING"]
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(reverse("oauth-authorize"), path, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 303
    assert parameters_of(client.get(response["Location"]))["code"]


def test_scopes_are_limited_to_those_of_the_row(session_of, person, wiki):
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


# --- traps ---------------------------------------------------------------------------------------


def test_p01_prompt_none_answers_without_a_page(client, session_of, person, wiki):
    wiki[0].skip_authorization = False
    wiki[0].save()

    assert parameters_of(ask(client, wiki[0], prompt="none"))["error"] == "login_required"

    client = session_of(person)
    assert parameters_of(ask(client, wiki[0], prompt="none"))["error"] == "consent_required"
    person.consents.create(application=wiki[0], scopes=["openid", "profile", "email", "organization"])
    assert "code" in parameters_of(ask(client, wiki[0], prompt="none"))


def test_p01_consent_to_another_system_counts_for_nothing(session_of, person, wiki):
    other, _secret = ensure_client("Other", redirect_uris=REDIRECT, allowed_scopes=["openid"])
    person.consents.create(application=wiki[0], scopes=["openid"])

    answer = ask(session_of(person), other, prompt="none", scope="openid")

    assert parameters_of(answer)["error"] == "consent_required"


def test_p02_prompt_login_asks_for_the_password_each_time(session_of, person, wiki):
    client = session_of(person, age=60)

    for _time in range(2):
        response = ask(client, wiki[0], prompt="login")
        assert response["Location"].startswith(reverse("account_reauthenticate"))
        assert ask(client, wiki[0], prompt="login").status_code == 302
        session = client.session
        session["account_authentication_methods"] += [
            {"method": "password", "at": time.time(), "reauthenticated": True}
        ]
        session.save()
        assert "code" in parameters_of(ask(client, wiki[0], prompt="login"))


def test_p03_max_age_looks_at_this_session(session_of, person, wiki):
    User.objects.filter(pk=person.pk).update(last_login="2100-01-01T00:00:00Z")
    client = session_of(person, age=100)

    assert "code" in parameters_of(ask(client, wiki[0], max_age="1000"))
    assert ask(client, wiki[0], max_age="50")["Location"].startswith(reverse("account_reauthenticate"))
    assert parameters_of(ask(client, wiki[0], max_age="50", prompt="none"))["error"] == "login_required"


def test_p04_disabled_people_are_refused_everywhere(session_of, person, wiki):
    client = session_of(person)
    code = parameters_of(ask(client, wiki[0]))["code"]
    tokens = tokens_of(client, wiki)
    mail = mail_token(person)
    dovecot = ensure_client("Dovecot", authorization_grant_type="client-credentials", serves_scopes=["mail"])
    User.objects.filter(pk=person.pk).update(is_active=False)

    assert ask(client, wiki[0])["Location"].startswith(reverse("account_login"))
    assert redeem(client, *wiki, code).json()["error"] == "invalid_grant"
    assert refresh(client, wiki, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert userinfo(client, tokens["access_token"]).status_code == 401
    assert introspect(client, wiki, tokens["access_token"]).json() == {"active": False}
    assert introspect(client, dovecot, mail).json() == {"active": False}


def test_p06_p07_sign_out_by_a_system_ends_this_session_only(session_of, person, wiki):
    here = session_of(person)
    tokens = tokens_of(here, wiki)
    old = tokens_of(here, wiki)["id_token"]
    elsewhere = Client()
    elsewhere.force_login(person)
    query = {"id_token_hint": old, "post_logout_redirect_uri": "https://wiki.example/bye", "state": "x"}

    for browser in (Client(), elsewhere):
        browser.get(reverse("oauth-end-session"), query)
    assert userinfo(here, tokens["access_token"]).status_code == 200
    assert "_auth_user_id" in elsewhere.session

    for _twice in range(2):
        response = here.get(reverse("oauth-end-session"), query)
        assert response["Location"] == "https://wiki.example/bye?state=x"
    assert "_auth_user_id" not in here.session
    assert userinfo(here, tokens["access_token"]).status_code == 401


def test_p06_sign_out_refuses_other_peoples_proof_and_unknown_addresses(session_of, person, wiki):
    client = session_of(person)
    hint = tokens_of(client, wiki)["id_token"]
    bad = [
        {"id_token_hint": hint[:-4] + "AAAA"},
        {"id_token_hint": "rubbish"},
        {"id_token_hint": hint, "post_logout_redirect_uri": "https://evil.example/"},
        {"id_token_hint": hint, "client_id": "other"},
        {"post_logout_redirect_uri": "https://wiki.example/bye"},
    ]

    codes = [client.get(reverse("oauth-end-session"), query).status_code for query in bad]

    assert (codes, "_auth_user_id" in client.session) == ([400] * 5, True)


def test_p08_nobody_can_register_a_client_by_the_toolkits_pages(session_of, person):
    client = session_of(person)

    for path in ["applications/", "applications/register/", "register/", "authorized_tokens/", "device/"]:
        for prefix in ("/oauth/", "/o/", "/"):
            assert client.get(prefix + path).status_code == 404


def test_p09_introspection_is_for_owner_audience_and_the_server_of_the_scope(session_of, person, wiki):
    client = session_of(person)
    mail, wikis = mail_token(person), tokens_of(client, wiki)["access_token"]
    other = ensure_client("Other", authorization_grant_type="client-credentials")
    dovecot = ensure_client("Dovecot", authorization_grant_type="client-credentials", serves_scopes=["mail"])

    seen = [
        [introspect(client, who, what).json()["active"] for what in (mail, wikis)]
        for who in (wiki, other, dovecot)
    ]

    assert seen == [[False, True], [False, False], [True, False]]
    told = introspect(client, dovecot, mail).json()
    assert {name: told[name] for name in ("username", "scope", "client_id")} == {
        "username": "ha",
        "scope": "mail",
        "client_id": "intranet-mail",
    }
    assert client.get(reverse("oauth-introspect"), {"token": mail}).status_code == 405
    assert introspect(client, (wiki[0], "wrong"), wikis).status_code == 401


def test_p10_bearer_token_opens_no_page(person, session_of, wiki):
    token = tokens_of(session_of(person), wiki)["access_token"]

    response = Client().get(reverse("systems"), headers={"Authorization": f"Bearer {token}"})

    assert response["Location"].startswith(reverse("account_login"))


def test_p11_second_use_of_a_code_ends_what_the_first_gave(session_of, person, wiki):
    client = session_of(person)
    code = parameters_of(ask(client, wiki[0]))["code"]
    tokens = redeem(client, *wiki, code).json()

    assert redeem(client, *wiki, code).json()["error"] == "invalid_grant"
    assert userinfo(client, tokens["access_token"]).status_code == 401
    assert refresh(client, wiki, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_p12_refresh_may_be_repeated_at_once_but_not_later(session_of, person, wiki):
    client = session_of(person)
    first = tokens_of(client, wiki)["refresh_token"]

    second = refresh(client, wiki, first)
    again = refresh(client, wiki, first)
    assert (second.status_code, again.status_code) == (200, 200)

    RefreshToken.objects.filter(revoked__isnull=False).update(revoked="2020-01-01T00:00:00Z")
    assert refresh(client, wiki, first).status_code == 400
    assert refresh(client, wiki, second.json()["refresh_token"]).status_code == 400
    assert RefreshToken.objects.count() == AccessToken.objects.count() == 0


def test_p13_secrets_are_kept_by_a_fast_salted_hash(wiki):
    row, secret = wiki

    row.refresh_from_db()

    assert (len(secret), row.client_secret.split("$")[0]) == (128, "long_sha256")
    assert secret not in row.client_secret


def test_p14_nothing_usable_lies_in_the_database(session_of, person, wiki):
    client = session_of(person)
    code = parameters_of(ask(client, wiki[0]))["code"]
    tokens = redeem(client, *wiki, code).json()
    raw = [code, tokens["access_token"], tokens["refresh_token"], mail_token(person)]

    rows = [model.objects.values() for model in (Grant, AccessToken, RefreshToken)]
    stored = json.dumps([list(row) for row in rows], default=str)

    assert [secret for secret in raw if secret in stored] == []


def test_p14_a_refreshed_token_ends_twelve_hours_after_sign_in(session_of, person, wiki):
    client = session_of(person, age=11 * 3600)
    token = tokens_of(client, wiki)["refresh_token"]
    row = RefreshToken.objects.get()
    assert (row.absolute_expiry - row.auth_time).total_seconds() == 12 * 3600

    RefreshToken.objects.update(absolute_expiry="2020-01-01T00:00:00Z")

    assert refresh(client, wiki, token).status_code == 400


def test_p15_subject_is_no_name_and_no_row_number(session_of, person, wiki):
    client = session_of(person)

    subject = userinfo(client, tokens_of(client, wiki)["access_token"]).json()["sub"]

    assert subject == str(person.subject)
    assert subject not in {person.username, str(person.pk), person.email}


def test_p16_hint_about_another_person_is_login_required(session_of, person, wiki):
    hint = tokens_of(session_of(person), wiki)["id_token"]
    client = session_of(person_of())

    assert parameters_of(ask(client, wiki[0], id_token_hint=hint, prompt="none"))["error"] == "login_required"
    assert (
        parameters_of(ask(client, wiki[0], prompt="select_account"))["error"] == "account_selection_required"
    )


def test_p20_ending_everything_ends_session_and_tokens(session_of, person, wiki):
    client = session_of(person)
    tokens = tokens_of(client, wiki)

    revoke_everything([person], "test")

    assert ask(client, wiki[0])["Location"].startswith(reverse("account_login"))
    assert userinfo(client, tokens["access_token"]).status_code == 401


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
    assert ask(session_of(person), wiki[0], **changes).status_code == 400


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
        return client.post(reverse("oauth-revoke"), form).status_code

    assert (revoke(other), userinfo(client, tokens["access_token"]).status_code) == (200, 200)
    assert (revoke(wiki), userinfo(client, tokens["access_token"]).status_code) == (200, 401)


def test_lean_endpoints_ask_few_queries(session_of, person, wiki, django_assert_max_num_queries):
    client = session_of(person)
    token = tokens_of(client, wiki, scope="openid profile")["access_token"]
    bare = Client()

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

    assert "https://wiki.example" in page["Content-Security-Policy"]
    assert "code" in answer
    assert "code" in parameters_of(ask(client, foreign[0]))


def test_refused_consent_is_access_denied(session_of, person, foreign):
    client = session_of(person)

    answer = client.post(ask(client, foreign[0]).context["answer_url"], {"allow": "no"})

    assert parameters_of(answer)["error"] == "access_denied"
    assert person.consents.count() == 0
