"""The OpenID provider: each known trap of its parts."""

import json
import time
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from packaging.requirements import Requirement

from sso.api import Reason, User, ensure_client, mail_token, revoke
from sso.models import AccessToken, Grant, RefreshToken
from tests.factories import person_of
from tests.sso.conftest import (
    REDIRECT,
    ask,
    introspect,
    is_in,
    parameters_of,
    redeem,
    refresh,
    tokens_of,
    userinfo,
)

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]


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


def test_p05_a_session_of_somebody_disabled_opens_nothing(session_of, person, wiki):
    client = session_of(person)
    assert is_in(client)
    User.objects.filter(pk=person.pk).update(is_active=False)

    assert not is_in(client)
    assert parameters_of(ask(client, wiki[0], prompt="none"))["error"] == "login_required"
    assert not Grant.objects.exists()


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

    for path in [
        "applications/",
        "applications/register/",
        "register/",
        "authorized_tokens/",
        "device-authorization/",
        "device-confirm/",
    ]:
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


def test_p12_less_asked_for_once_is_not_less_for_ever(session_of, person, wiki):
    """RFC 6749 §6: the new refresh token is good for what the old one was; and nobody gets more than was granted."""
    client = session_of(person)
    first = tokens_of(client, wiki, scope="openid email")["refresh_token"]

    less = refresh(client, wiki, first, scope="openid").json()
    whole = refresh(client, wiki, less["refresh_token"]).json()
    more = refresh(client, wiki, whole["refresh_token"], scope="openid email profile")

    assert (less["scope"], whole["scope"]) == ("openid", "openid email")
    assert set(userinfo(client, less["access_token"]).json()) == {"sub"}
    assert more.json()["error"] == "invalid_scope"


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


def test_p16_who_shall_choose_an_account_goes_on_as_themselves(session_of, person, wiki):
    client = session_of(person, age=60)

    page = ask(client, wiki[0], prompt="select_account")
    code = parameters_of(client.post(page.context["answer_url"], {"allow": "yes"}))["code"]

    assert person.full_name in page.content.decode()
    assert redeem(client, *wiki, code).status_code == 200
    assert ask(client, wiki[0], prompt="select_account").status_code == 200  # each time


def test_p16_who_shall_choose_an_account_goes_on_as_another(session_of, person, wiki):
    """OpenID Connect Core §3.1.2.1, prompt=select_account: as at a desk that several people share."""
    client, other = session_of(person, age=60), person_of()
    held = tokens_of(client, wiki)["refresh_token"]
    page = ask(client, wiki[0], prompt="select_account")

    way = client.post(page.context["answer_url"], {"allow": "another"})
    session_of(other)
    tokens = redeem(
        client, *wiki, parameters_of(ask(client, wiki[0], prompt="select_account"))["code"]
    ).json()

    assert way["Location"].startswith(reverse("account_login"))
    assert userinfo(client, tokens["access_token"]).json()["sub"] == str(other.subject)
    assert refresh(client, wiki, held).status_code == 400


def test_p16_only_who_was_asked_to_choose_is_signed_out_by_the_answer(session_of, person, wiki):
    client = session_of(person)
    page = ask(client, wiki[0], prompt="consent")

    answer = client.post(page.context["answer_url"], {"allow": "another"})

    assert parameters_of(answer)["error"] == "access_denied"
    assert is_in(client)


def test_p17_oauthlib_is_one_without_the_known_holes():
    """The toolkit takes older ones, too (GHSA-hj66-6f7g-4r5v, GHSA-xpv3-w29h-x7cv)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (wanted,) = [Requirement(line) for line in project["dependencies"] if line.startswith("oauthlib")]

    assert version("oauthlib") in wanted.specifier
    assert "4.0.0" not in wanted.specifier


def test_p20_ending_everything_ends_session_and_tokens(session_of, person, wiki):
    client = session_of(person)
    tokens = tokens_of(client, wiki)

    revoke(person, Reason.EVERYWHERE)

    assert ask(client, wiki[0])["Location"].startswith(reverse("account_login"))
    assert userinfo(client, tokens["access_token"]).status_code == 401
