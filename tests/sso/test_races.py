"""Many redeem the same code or refresh token at the same moment, on a database with rows to lock."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from sso.models import AccessToken, Grant, RefreshToken
from tests.factories import person_of
from tests.sso.conftest import ask, parameters_of, redeem, refresh, tokens_of

AT_ONCE = 8
pytestmark = [
    pytest.mark.servers,
    pytest.mark.races,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time."),
]


def all_at_once(act) -> Counter:
    """Return how often each status was the answer to ``act(client)`` of as many threads."""
    gate = Barrier(AT_ONCE)

    def one(_number):
        try:
            gate.wait()
            return act(Client()).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(one, range(AT_ONCE)))


@pytest.mark.parametrize("round_number", range(5))
def test_p39_a_code_is_redeemed_once_whoever_is_first(session_of, wiki, round_number):
    code = parameters_of(ask(session_of(person_of()), wiki[0]))["code"]

    answers = all_at_once(lambda client: redeem(client, *wiki, code))

    assert answers == {200: 1, 400: AT_ONCE - 1}
    assert Grant.objects.get().used_at
    # The code was used again, so what the first use gave is ended, too (RFC 6749 §4.1.2).
    assert AccessToken.objects.count() == RefreshToken.objects.count() == 0


@pytest.mark.parametrize("round_number", range(5))
def test_p12_a_refresh_token_used_at_once_by_many_answers_all_within_its_family(
    session_of, wiki, round_number
):
    token = tokens_of(session_of(person_of()), wiki)["refresh_token"]

    answers = all_at_once(lambda client: refresh(client, wiki, token))

    assert set(answers) == {200}
    assert RefreshToken.objects.values("token_family").distinct().count() == 1


@pytest.mark.parametrize("round_number", range(5))
def test_p12_a_refresh_token_used_long_ago_ends_all_however_many_send_it(session_of, wiki, round_number):
    browser = session_of(person_of())
    old = tokens_of(browser, wiki)["refresh_token"]
    newer = refresh(browser, wiki, old).json()["refresh_token"]
    RefreshToken.objects.filter(revoked__isnull=False).update(revoked="2020-01-01T00:00:00Z")

    answers = all_at_once(lambda client: refresh(client, wiki, old))

    assert set(answers) == {400}
    assert refresh(browser, wiki, newer).status_code == 400
