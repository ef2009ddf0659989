"""The keys that sign tokens follow one another without anybody noticing, or at once when one got known."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.cache import caches
from django.core.management import call_command
from django.urls import reverse
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from sso.models import AuditEntry, SigningKey
from sso.oauth.signing import read_hint, sign
from sso.services.keys import AHEAD, PUBLISHED_FOR, TOKENS_LIVE, opened, ring, signing_key
from tests.factories import person_of
from tests.racing import all_at_once
from tests.sso.conftest import tokens_of

pytestmark = pytest.mark.django_db


class CachingSystem:
    """A system that fetches our keys as seldom as it may, and never because of a key it does not know."""

    def __init__(self, client):
        self.client, self.fetched_at, self.keys = client, None, None

    def accepts(self, token: str, now: datetime) -> bool:
        if self.fetched_at is None or now - self.fetched_at > PUBLISHED_FOR:
            answer = self.client.get(reverse("oauth-jwks"))
            assert answer["Cache-Control"] == f"public, max-age={int(PUBLISHED_FOR.total_seconds())}"
            self.fetched_at, self.keys = now, KeySet.import_key_set(answer.json())
        try:
            return bool(jwt.decode(token, self.keys, algorithms=["RS256", "ES256"]))
        except (JoseError, ValueError):
            return False


def kid_of(token: str) -> str:
    return jws.extract_compact(token.encode()).headers()["kid"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_g17_a_system_that_caches_our_keys_lives_through_three_rotations(client, settings, algorithm):
    settings.KEYS_SIGN_FOR = timedelta(days=3)
    system, seen, signed = CachingSystem(client), [], []
    start = datetime.now(UTC)

    with time_machine.travel(start, tick=False) as clock:
        for step in range(290):  # ten days
            now = start + step * timedelta(minutes=50)
            clock.move_to(now)
            token = sign({"iss": settings.BASE_URL, "n": step}, algorithm)
            signed.append(token)
            assert system.accepts(token, now), step
            if kid_of(token) not in seen:
                seen.append(kid_of(token))
            if step >= 14:  # a session's first ID token still proves who asks for the sign-out
                assert read_hint(signed[step - 14])["n"] == step - 14

    assert len(seen) == 4


def test_an_old_key_goes_when_the_last_token_it_signed_has_died(client, settings):
    first = signing_key("RS256").kid
    start = datetime.now(UTC)

    def published_at(moment) -> set[str]:
        with time_machine.travel(moment, tick=False):
            keys = client.get(reverse("oauth-jwks")).json()["keys"]
        return {key["kid"] for key in keys if key["alg"] == "RS256"}

    made_at = start + settings.KEYS_SIGN_FOR
    assert len(published_at(made_at)) == 2
    assert first in published_at(made_at + AHEAD + TOKENS_LIVE - timedelta(minutes=1))
    assert first not in published_at(made_at + AHEAD + TOKENS_LIVE + timedelta(minutes=1))


def test_a_key_that_got_known_is_withdrawn_at_once(client, capsys):
    old = sign({"iss": "x"})
    system = CachingSystem(client)

    call_command("rotate_keys", now=True, cause="a lost disk")

    new = sign({"iss": "x"})
    assert kid_of(new) != kid_of(old)
    assert (system.accepts(new, datetime.now(UTC)), system.accepts(old, datetime.now(UTC))) == (True, False)
    assert read_hint(old) is None
    assert kid_of(new) in capsys.readouterr().out
    entry = AuditEntry.objects.get(action="keys_withdrawn")
    assert (entry.cause, kid_of(old) in entry.detail) == ("a lost disk", True)


def test_a_change_before_its_time_is_published_first(client):
    before = signing_key("RS256").kid

    for _twice in range(2):  # the second time there is one already
        call_command("rotate_keys", verbosity=0)

    keys = client.get(reverse("oauth-jwks")).json()["keys"]
    assert len(keys) == 4
    assert signing_key("RS256").kid == before
    with time_machine.travel(datetime.now(UTC) + AHEAD + timedelta(minutes=1)):
        assert signing_key("RS256").kid != before


def test_other_processes_hear_of_an_emergency_within_seconds():
    before = signing_key("ES256").kid  # remembered, as in another process
    remembered = caches["process"].get("sso.keys")
    call_command("rotate_keys", now=True, verbosity=0)
    caches["process"].set("sso.keys", remembered, 5)

    assert signing_key("ES256").kid == before
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=6)):
        assert signing_key("ES256").kid != before


def test_keys_lie_encrypted_in_the_database(client):
    rows = [*SigningKey.objects.values_list("sealed", "public")]

    for sealed, public in rows:
        assert sealed.startswith("gAAAA")
        assert not {"d", "p", "q", "dp", "dq", "qi"} & set(public)
    published = client.get(reverse("oauth-jwks")).json()["keys"]
    assert all(not {"d", "p", "q"} & set(key) for key in published)


def test_without_the_key_that_encrypts_new_ones_are_made(settings, caplog, client):
    before = signing_key("RS256").kid
    settings.SEALING_KEYS = [Fernet.generate_key().decode()]
    caches["process"].clear()
    opened.cache_clear()

    token = sign({"iss": "x"})

    assert kid_of(token) != before
    assert CachingSystem(client).accepts(token, datetime.now(UTC))
    assert "INTRANET_SEALING_KEYS is another one" in caplog.text


def test_a_newer_key_that_encrypts_still_opens_what_an_older_one_closed(settings):
    before = signing_key("RS256").kid
    settings.SEALING_KEYS = [Fernet.generate_key().decode(), *settings.SEALING_KEYS]
    caches["process"].clear()

    assert kid_of(sign({"iss": "x"})) == before


def test_each_system_chooses_its_signature(session_of, wiki, client):
    wiki[0].algorithm = "ES256"
    wiki[0].save()
    browser = session_of(person_of())

    tokens = tokens_of(browser, wiki)

    assert jws.extract_compact(tokens["id_token"].encode()).headers()["alg"] == "ES256"
    assert CachingSystem(client).accepts(tokens["id_token"], datetime.now(UTC))


def test_no_token_of_another_kind_or_algorithm_is_taken_for_an_id_token(settings):
    claims = {"iss": settings.BASE_URL, "sub": "x"}
    header, body, _signature = sign(claims).split(".")

    assert read_hint(sign(claims))["sub"] == "x"
    assert read_hint(sign(claims, typ="logout+jwt")) is None
    assert read_hint(sign(claims, typ="at+jwt")) is None
    assert read_hint(f"{header}.{body}.") is None
    assert read_hint(sign({"iss": "https://evil.example", "sub": "x"})) is None
    assert [read_hint(text) for text in ("", ".", "a.b.c", "ä.ö.ü", "e30.e30.e30")] == [None] * 5


@pytest.mark.servers
@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_processes_that_need_the_first_key_at_once_agree():
    SigningKey.objects.all().delete()

    def name_of_key(_number):
        caches["process"].clear()
        return signing_key("ES256").kid

    names = set(all_at_once(8, name_of_key))

    caches["process"].clear()
    assert names == {kept.kid for kept in ring() if kept.algorithm == "ES256"}
    assert SigningKey.objects.count() == 2
