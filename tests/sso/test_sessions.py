"""Sessions: how many, how long, what is kept of them, and what is cleared away."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sso.api import User
from sso.models import AccessToken, AuditEntry, Grant, RefreshToken, Revocation, Session
from sso.models.credentials import hashed
from sso.services.expiry import clear_expired
from tests.factories import UserFactory
from tests.sso.conftest import refresh, tokens_of
from tests.sso.world import World

pytestmark = pytest.mark.django_db


def test_p22_an_eleventh_session_ends_the_oldest_with_its_tokens(world):
    browsers = [world.browser() for _ in range(10)]
    tokens = [tokens_of(browser, world.wiki)["access_token"] for browser in browsers[:2]]

    assert all(world.is_session(browser) for browser in browsers)
    browsers.append(world.browser())

    assert [world.is_session(browser) for browser in browsers] == [False] + 10 * [True]
    assert [world.userinfo(token) for token in tokens] == [401, 200]
    assert AuditEntry.objects.get(action="session_ended").cause == "too_many"


def test_p22_an_eleventh_session_costs_little_more_than_a_tenth(world):
    """Fourteen statements more it was: each table was looked through for what nobody had issued in the session."""
    for _ in range(9):
        world.browser()
    with CaptureQueriesContext(connection) as tenth:
        world.browser()

    with CaptureQueriesContext(connection) as eleventh:
        world.browser()

    assert Session.objects.filter(user=world.person).count() == 10
    assert len(without_savepoints(eleventh)) - len(without_savepoints(tenth)) == 6


def test_p22_sessions_that_nobody_has_named_make_room_too(world):
    in_time = timezone.now() + timedelta(hours=1)
    Session.objects.bulk_create(
        Session(key_hash=str(number), user=world.person, expires_at=in_time, data="x") for number in range(12)
    )

    world.browser()

    assert Session.objects.filter(user=world.person, sid="").count() == 9


def without_savepoints(asked) -> list[str]:
    return [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]


def test_p22_a_sign_in_asks_as_much_with_hundreds_of_sessions_as_with_none(world):
    """allauth's own list of sessions decodes every session of everybody at each sign-in."""
    nobody, person = UserFactory(), UserFactory()
    with CaptureQueriesContext(connection) as before:
        Client().force_login(nobody)
    in_time = timezone.now() + timedelta(hours=1)
    Session.objects.bulk_create(
        Session(key_hash=str(number), user=world.person if number < 9 else None, expires_at=in_time, data="x")
        for number in range(500)
    )

    with CaptureQueriesContext(connection) as after:
        Client().force_login(world.person)
    with CaptureQueriesContext(connection) as of_others:
        Client().force_login(person)

    assert len(after) == len(of_others) == len(before)


def test_no_session_key_is_kept(world):
    browser = world.browser()
    key = browser.session.session_key

    row = Session.objects.get(user=world.person)

    assert key not in "".join(str(value) for value in Session.objects.filter(pk=row.pk).values_list()[0])
    assert row.key_hash == hashed(key)
    impostor = Client()
    impostor.cookies["session"] = row.key_hash
    assert not world.is_session(impostor)


def test_a_session_ends_twelve_hours_after_it_began_however_often_it_is_used(world):
    browser = world.browser()
    before = Session.objects.get(user=world.person).expires_at
    session = browser.session
    session["x"] = 1
    session.save()

    assert Session.objects.get(user=world.person).expires_at == before
    Session.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not world.is_session(browser)


def test_last_seen_is_written_once_in_ten_minutes(world):
    browser = world.browser()
    world.is_session(browser)
    long_ago = timezone.now() - timedelta(minutes=11)
    Session.objects.update(last_seen_at=long_ago)

    world.is_session(browser)
    seen = Session.objects.get(user=world.person).last_seen_at
    world.is_session(browser)

    assert seen > long_ago
    assert Session.objects.get(user=world.person).last_seen_at == seen


def test_what_has_run_out_is_removed_and_nothing_else(world):
    browser = world.browser()
    kept = tokens_of(browser, world.wiki)
    tokens_of(World(world.wiki).browser(), world.wiki)
    past = timezone.now() - timedelta(minutes=1)
    other = ~Q(user=world.person)
    Session.objects.filter(other).update(expires_at=past)
    RefreshToken.objects.filter(other).update(absolute_expiry=past)
    AccessToken.objects.filter(other).update(expires=past)
    Grant.objects.filter(other).update(expires=past)
    Revocation.objects.create(user=world.person, at=timezone.now() - timedelta(days=2))

    counts = {kind: count for kind, count in clear_expired().items() if count}

    assert counts == {"session": 1, "grant": 1, "refreshtoken": 1, "accesstoken": 1, "revocation": 1}
    assert world.is_session(browser)
    assert refresh(Client(), world.wiki, kept["refresh_token"]).status_code == 200


def test_rows_of_an_earlier_epoch_are_removed(world):
    tokens_of(world.browser(), world.wiki)
    User.objects.filter(pk=world.person.pk).update(security_epoch=3)

    clear_expired()

    assert not Session.objects.exists()
    assert not RefreshToken.objects.exists()
    assert not AccessToken.objects.exists()
