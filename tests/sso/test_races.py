"""Many redeem the same code or refresh token at the same moment, on a database with rows to lock."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from demo.directory import person_dn
from sso.api import Reason, User, revoke
from sso.models import AccessToken, Consent, Grant, RefreshToken, Session
from sso.services.revocation import end_sessions, end_system
from sso.services.tokens import give_consent
from tests.conftest import record_sign_in
from tests.factories import person_of
from tests.racing import all_at_once
from tests.sso.conftest import REDIRECT, ask, parameters_of, redeem, refresh, sign_in, tokens_of

AT_ONCE = 8
ROUNDS = 4
MANY = 50  # of one code or one token
pytestmark = [
    pytest.mark.servers,
    pytest.mark.races,
    pytest.mark.django_db(transaction=True),
]


def answers_to(act) -> Counter:
    """Return how often each status was the answer to ``act(client)`` of as many clients at the same moment."""
    return Counter(all_at_once(MANY, lambda _number: act(Client()).status_code))


@pytest.mark.parametrize("round_number", range(2))
def test_p39_a_code_is_redeemed_once_whoever_is_first(session_of, wiki, round_number):
    code = parameters_of(ask(session_of(person_of()), wiki[0]))["code"]

    answers = answers_to(lambda client: redeem(client, *wiki, code))

    assert answers == {200: 1, 400: MANY - 1}
    assert Grant.objects.get().used_at
    # The code was used again, so what the first use gave is ended, too (RFC 6749 §4.1.2).
    assert AccessToken.objects.count() == RefreshToken.objects.count() == 0


@pytest.mark.parametrize("round_number", range(2))
def test_p12_a_refresh_token_used_at_once_by_many_answers_all_within_its_family(
    session_of, wiki, round_number
):
    token = tokens_of(session_of(person_of()), wiki)["refresh_token"]

    answers = answers_to(lambda client: refresh(client, wiki, token))

    assert set(answers) == {200}
    assert RefreshToken.objects.values("token_family").distinct().count() == 1


@pytest.mark.parametrize("round_number", range(2))
def test_p12_a_refresh_token_used_long_ago_ends_all_however_many_send_it(session_of, wiki, round_number):
    """Keycloak looked and wrote in two steps (CVE-2026-1035)."""
    browser = session_of(person_of())
    old = tokens_of(browser, wiki)["refresh_token"]
    newer = refresh(browser, wiki, old).json()["refresh_token"]
    RefreshToken.objects.filter(revoked__isnull=False).update(revoked="2020-01-01T00:00:00Z")

    answers = answers_to(lambda client: refresh(client, wiki, old))

    assert set(answers) == {400}
    assert refresh(browser, wiki, newer).status_code == 400


# --- revocation against whatever is under way ------------------------------------------------------


def repeated(test):
    """Several times in one test: new tables for each time would take longer than all of them."""

    @wraps(test)
    def several(*arguments, **named):
        for _ in range(ROUNDS):
            test(*arguments, **named)

    return several


def is_refused(wiki, access_token: str) -> bool:
    return (
        Client().get(reverse("oauth-userinfo"), HTTP_AUTHORIZATION=f"Bearer {access_token}").status_code
        == 401
    )


def against(end, act) -> list:
    """Return what ``act(number)`` of as many threads returned, while ``end()`` ran in the midst of them."""
    gate = Barrier(AT_ONCE + 1)

    def one(number):
        try:
            gate.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [pool.submit(one, number) for number in range(AT_ONCE)]
        gate.wait()
        time.sleep(random.uniform(0, 0.04))
        end()
        return [answer.result() for answer in answers]


def endings(person, system):
    """Every way that ends what a person holds of a system."""
    return {
        "revoke": lambda: revoke([person.pk], Reason.LOCKED),
        "sessions": lambda: end_sessions(Session.objects.values_list("sid", flat=True), Reason.BY_ADMIN),
        "system": lambda: end_system(system, Reason.SYSTEM_OFF),
    }


@pytest.mark.parametrize("ending", ["revoke", "sessions", "system"])
@repeated
def test_g2_nothing_refreshed_meanwhile_survives(session_of, wiki, ending):
    person = person_of()
    browser = session_of(person)
    first = [tokens_of(browser, wiki)["refresh_token"] for _ in range(AT_ONCE)]

    def keep_refreshing(number):
        got, token = [], first[number]
        for _ in range(12):
            answer = refresh(Client(), wiki, token)
            if answer.status_code != 200:
                break
            got.append(answer.json())
            token = got[-1]["refresh_token"]
        return got

    lists = against(endings(person, wiki[0])[ending], keep_refreshing)
    got = [tokens for one in lists for tokens in one]

    assert all(is_refused(wiki, tokens["access_token"]) for tokens in got)
    assert {refresh(Client(), wiki, tokens["refresh_token"]).status_code for tokens in got} <= {400}


@pytest.mark.parametrize("ending", ["revoke", "sessions", "system"])
@repeated
def test_g2_nothing_redeemed_meanwhile_survives(session_of, wiki, ending):
    person = person_of()
    browser = session_of(person)
    codes = [parameters_of(ask(browser, wiki[0]))["code"] for _ in range(AT_ONCE)]

    answers = against(endings(person, wiki[0])[ending], lambda number: redeem(Client(), *wiki, codes[number]))

    assert {answer.status_code for answer in answers} <= {200, 400}
    got = [answer.json() for answer in answers if answer.status_code == 200]
    assert all(is_refused(wiki, tokens["access_token"]) for tokens in got)
    assert {refresh(Client(), wiki, tokens["refresh_token"]).status_code for tokens in got} <= {400}


@pytest.mark.parametrize("ending", ["revoke", "sessions"])
@repeated
def test_g2_no_code_asked_for_meanwhile_survives(wiki, ending):
    person = person_of()
    browsers = [Client() for _ in range(AT_ONCE)]
    for browser in browsers:
        browser.force_login(person)
        record_sign_in(browser, person)

    answers = against(endings(person, wiki[0])[ending], lambda number: ask(browsers[number], wiki[0]))

    codes = [parameters_of(answer)["code"] for answer in answers if answer["Location"].startswith(REDIRECT)]
    assert {redeem(Client(), *wiki, code).status_code for code in codes} <= {400}
    assert {browser.get(reverse("people")).status_code for browser in browsers} == {302}


def test_g2_no_sign_in_with_the_old_password_survives_its_change(synced, admin_of):
    person = User.objects.get(username="ha")
    browsers = [Client(REMOTE_ADDR=f"10.0.0.{number}") for number in range(AT_ONCE)]

    def change():
        admin_of.passwd_s(person_dn("ha"), None, "Mật khẩu mới 2027")
        revoke([person.pk], Reason.PASSWORD_CHANGED)

    against(change, lambda number: sign_in(browsers[number]))

    assert not any("_auth_user_id" in browser.session for browser in browsers)
    assert list(Session.objects.in_force().filter(user=person)) == []


@repeated
def test_endings_at_once_neither_wait_for_one_another_for_ever_nor_fail(session_of, wiki):
    person = person_of()
    browser = session_of(person)
    old = tokens_of(browser, wiki)["refresh_token"]
    refresh(browser, wiki, old)
    RefreshToken.objects.filter(revoked__isnull=False).update(revoked="2020-01-01T00:00:00Z")
    ways = list(endings(person, wiki[0]).values())

    def end(number):
        if number % 4 == 3:
            return refresh(Client(), wiki, old).status_code  # ends the family
        return ways[number % 4]()

    against(lambda: revoke([person.pk], Reason.EVERYWHERE), end)

    assert not RefreshToken.objects.exists()
    assert not AccessToken.objects.exists()


def test_what_is_allowed_in_two_windows_at_once_is_allowed(wiki):
    person, scopes = person_of(), ["openid", "profile", "email", "phone", "address", "organization"]

    all_at_once(len(scopes), lambda number: give_consent(person, wiki[0], [scopes[number]]))

    assert Consent.objects.get().scopes == sorted(scopes)
