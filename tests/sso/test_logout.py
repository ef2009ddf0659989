"""Telling systems of a sign-out: who is told what and when, and what if they do not answer."""

import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from joserfc import jwt
from joserfc.jwk import KeySet

from sso.api import Reason, revoke
from sso.models import AuditEntry, LogoutNotice, RefreshToken, Session
from sso.oauth.signing import issuer
from sso.services import logout
from sso.services.audit import Action
from sso.services.expiry import clear_expired
from sso.services.logout import EVENT, LAST, ORDINARY, deliver
from sso.services.revocation import end_system
from tests.factories import person_of
from tests.sso.conftest import REDIRECT, browser_of, tokens_of
from tests.sso.receiver import sid_of, states, system

pytestmark = pytest.mark.django_db


# --- what is sent --------------------------------------------------------------------------------


def test_logout_token_is_what_the_standard_asks_for(client, person, told, receiver, queue):
    browser = browser_of(person)
    sid = sid_of(browser)
    tokens_of(browser, told)

    browser.post(reverse("account_logout"), {"where": "browser"})
    queue()

    keys = KeySet.import_key_set(client.get(reverse("oauth-jwks")).json())
    token = jwt.decode(receiver.tokens[0], keys, algorithms=["RS256"])
    claims = dict(token.claims)
    made, ends, jti = claims.pop("iat"), claims.pop("exp"), claims.pop("jti")
    assert token.header["typ"] == "logout+jwt"
    assert claims == {
        "iss": issuer(), "sub": str(person.subject), "aud": told[0].client_id, "sid": sid, "events": {EVENT: {}},
    }  # fmt: skip
    assert abs(made - time.time()) < 5
    assert ends - made == 120
    assert len(jti) == 36
    assert receiver.requests == [("POST", "/logout", "application/x-www-form-urlencoded")]
    assert states() == [("confirmed", 1, "HTTP 200")]


def test_logout_token_opens_nothing_here(client, person, told, receiver, queue):
    """It is signed by the key of ID tokens, and carries a sid: it must not pass for one."""
    here, there = browser_of(person), browser_of(person)
    tokens_of(there, told)
    there.post(reverse("account_logout"), {"where": "browser"})
    queue()

    assert here.get(reverse("oauth-end-session"), {"id_token_hint": receiver.tokens[0]}).status_code == 400
    assert (
        client.get(reverse("oauth-userinfo"), HTTP_AUTHORIZATION=f"Bearer {receiver.tokens[0]}").status_code
        == 401
    )


def test_each_session_and_system_is_told_by_itself(person, told, receiver, queue):
    other = system("Kho", receiver, redirect_uris=REDIRECT)
    silent = system("Im lặng", None)
    here, there = browser_of(person), browser_of(person)
    for browser, entered in ((here, told), (here, other), (here, silent), (there, told)):
        tokens_of(browser, entered)
    tokens_of(here, told)  # a second time: told once all the same
    sids = {sid_of(here), sid_of(there)}

    here.post(reverse("account_logout"), {"where": "browser"})

    assert LogoutNotice.objects.count() == 2
    there.post(reverse("account_logout"), {"where": "everywhere"})
    assert LogoutNotice.objects.count() == 3
    assert {notice.sid for notice in LogoutNotice.objects.all()} == sids
    queue()
    assert len(receiver.tokens) == 3


EVENTS = {
    "this browser": lambda browser, person, row: browser.post(
        reverse("account_logout"), {"where": "browser"}
    ),
    "everywhere": lambda browser, person, row: browser.post(
        reverse("account_logout"), {"where": "everywhere"}
    ),
    "locked": lambda browser, person, row: revoke(person, Reason.LOCKED),
    "password changed": lambda browser, person, row: revoke(person, Reason.PASSWORD_CHANGED),
    "rule changed": lambda browser, person, row: end_system(row, Reason.RULE_CHANGED, person=person),
    "system ended by its owner": lambda browser, person, row: end_system(
        row, Reason.ENDED_HERE, person=person
    ),
    "one device ended": lambda browser, person, row: browser.post(
        reverse("account-device-end", args=[Session.objects.get(sid=sid_of(browser)).pk])
    ),
}


@pytest.mark.parametrize("event", EVENTS)
def test_whatever_ends_access_is_told(person, told, receiver, queue, event):
    browser = browser_of(person)
    tokens_of(browser, told)

    EVENTS[event](browser, person, told[0])
    queue()

    assert (len(receiver.tokens), states()) == (1, [("confirmed", 1, "HTTP 200")])
    assert not RefreshToken.objects.exists()


def test_session_that_is_kept_is_not_told(person, told, receiver, queue):
    here, there = browser_of(person), browser_of(person)
    gone = sid_of(there)
    tokens_of(here, told), tokens_of(there, told)

    revoke(person, Reason.PASSWORD_CHANGED, keep=sid_of(here))

    assert [notice.sid for notice in LogoutNotice.objects.all()] == [gone]


def test_who_is_to_be_told_is_known_as_long_as_the_session_lives(person, told, receiver, queue):
    """Also when the system never refreshed its token, and the hourly timer has cleared what nobody can use."""
    browser = browser_of(person)
    with time_machine.travel(timezone.now() - timedelta(hours=10)):
        tokens_of(browser, told)
    clear_expired()

    browser.post(reverse("account_logout"), {"where": "browser"})
    queue()

    assert len(receiver.tokens) == 1


def test_receipts_are_kept_for_ninety_days(person, told):
    for days in (1, 89, 91):
        at = timezone.now() - timedelta(days=days)
        LogoutNotice.objects.create(application=told[0], user=person, sid="s", made_at=at)

    clear_expired()

    assert LogoutNotice.objects.count() == 2


# --- when it does not work -----------------------------------------------------------------------


@pytest.mark.parametrize("status", ["503 Busy", "302 Found", "400 Bad"])
def test_three_more_tries_within_a_minute_then_it_is_given_up(person, told, receiver, queue, status):
    receiver.status = status
    browser = browser_of(person)
    tokens_of(browser, told)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser.post(reverse("account_logout"), {"where": "browser"})
        began, tried_at = timezone.now(), []
        for _second in range(70):
            if queue():
                tried_at.append(timezone.now() - began)
            clock.shift(1)

    assert [at.total_seconds() for at in tried_at] == [0, 5, 20, 60]
    assert states() == [("failed", 4, f"HTTP {status[:3]}")]
    assert len(set(receiver.tokens)) == 4  # each with its own jti
    entry = AuditEntry.objects.get(action=Action.LOGOUT_UNANSWERED)
    assert (entry.person_id, entry.client) == (person.pk, told[0].client_id)


def test_late_confirmation_is_a_confirmation(person, told, receiver, queue):
    receiver.status = "503 Busy"
    browser = browser_of(person)
    tokens_of(browser, told)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser.post(reverse("account_logout"), {"where": "browser"})
        queue()
        receiver.status = "204 No Content"
        clock.shift(5)
        queue()

    assert states() == [("confirmed", 2, "HTTP 204")]


def test_dead_system_costs_one_try_for_all_that_wait(person, queue, receiver):
    receiver.stop()
    row, _secret = told = system("Wiki", receiver)
    for _device in range(3):
        tokens_of(browser_of(person), told)
    revoke(person, Reason.LOCKED)

    began = time.monotonic()
    queue()

    assert time.monotonic() - began < 3
    assert states() == [("waiting", 1, "refused")] * 3
    deliver(list(LogoutNotice.objects.values_list("pk", flat=True)))  # a job that runs twice
    assert row.logout_notices.count() == 3


class Sick:
    """A back-channel address that hangs up; it counts the calls."""

    def __init__(self):
        self.calls = 0
        self.line = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.line.getsockname()[1]}/logout"
        threading.Thread(target=self.answer, daemon=True).start()

    def answer(self):
        with suppress(OSError):
            while True:
                self.line.accept()[0].close()
                self.calls += 1


@pytest.fixture
def sick():
    sick = Sick()
    yield sick
    sick.line.close()


def test_dead_system_costs_one_try_for_the_sign_outs_of_all(queue, sick):
    """Each is a job of its own; a system that hangs for seconds each time would hold up everybody's sign-out."""
    told = system("Wiki", sick)
    for _person in range(3):
        browser = browser_of(person_of())
        tokens_of(browser, told)
        browser.post(reverse("account_logout"), {"where": "browser"})

    queue()

    assert sick.calls == 1
    assert states() == [("waiting", 1, "broken")] * 3


def test_each_try_of_one_sign_out_is_a_real_one(person, queue, sick):
    browser, told = browser_of(person), system("Wiki", sick)
    tokens_of(browser, told)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser.post(reverse("account_logout"), {"where": "browser"})
        for _second in range(70):
            queue()
            clock.shift(1)

    assert (sick.calls, states()) == (4, [("failed", 4, "broken")])


def test_system_that_is_back_is_told_of_what_waits(person, queue, sick, receiver):
    row, _secret = told = system("Wiki", sick)
    for minute in range(6):  # it has been left alone longer and longer
        browser = browser_of(person)
        tokens_of(browser, told)
        browser.post(reverse("account_logout"), {"where": "browser"})
        with time_machine.travel(timezone.now() + timedelta(minutes=minute), tick=False):
            queue()
    newest = LogoutNotice.objects.order_by("pk").last()
    type(row).objects.filter(pk=row.pk).update(backchannel_logout_uri=receiver.address)

    with time_machine.travel(timezone.now() + timedelta(minutes=7), tick=False) as clock:
        for _second in range(70):
            queue()
            clock.shift(1)

    newest.refresh_from_db()
    assert newest.state == "confirmed"


def test_tries_are_counted_from_the_first_when_that_came_late(person, queue, sick):
    """The worker was away for ten minutes: four tries within three seconds would be none."""
    browser, told = browser_of(person), system("Wiki", sick)
    tokens_of(browser, told)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser.post(reverse("account_logout"), {"where": "browser"})
        clock.shift(600)
        began, tried_at = timezone.now(), []
        for _second in range(70):
            if queue():
                tried_at.append((timezone.now() - began).total_seconds())
            clock.shift(1)

    assert tried_at == [0, 5, 20, 60]


def test_first_tries_come_before_further_ones(person, told, queue, sick):
    browser = browser_of(person)
    tokens_of(browser, system("Archive", sick))
    browser.post(reverse("account_logout"), {"where": "browser"})
    queue()
    browser = browser_of(person)
    tokens_of(browser, told)
    with time_machine.travel(timezone.now() + timedelta(seconds=9), tick=False):
        browser.post(reverse("account_logout"), {"where": "browser"})
        first = DBTaskResult.objects.ready().first()

    notice = LogoutNotice.objects.get(application=told[0])
    assert first.args_kwargs["args"] == [[notice.pk]]


def test_system_that_answers_slowly_is_told_when_nothing_else_is_to_be_done(
    person, told, queue, receiver, monkeypatch
):
    monkeypatch.setattr(logout, "SLOW", 0.0)
    for _twice in range(2):
        browser = browser_of(person)
        tokens_of(browser, told)
        browser.post(reverse("account_logout"), {"where": "browser"})
        queue()

    waiting = DBTaskResult.objects.ready().get()
    assert (len(receiver.tokens), waiting.queue_name, waiting.priority) == (1, ORDINARY, LAST)
    assert waiting.args_kwargs["kwargs"] == {"has_waited": True}
    queue()
    assert states() == [("confirmed", 1, "HTTP 200")] * 2


def test_what_is_rolled_back_is_not_told(person, told, queue):
    tokens_of(browser_of(person), told)

    with transaction.atomic():
        revoke(person, Reason.LOCKED)
        transaction.set_rollback(True)

    assert (LogoutNotice.objects.count(), DBTaskResult.objects.count()) == (0, 0)
