"""Signing out, and telling systems of it: who is told what, when, and what the person reads about it."""

import threading
import time
from datetime import timedelta
from urllib.parse import parse_qs
from wsgiref.simple_server import make_server

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from joserfc import jwt
from joserfc.jwk import KeySet

from demo.foreign_system import QuietHandler
from demo.servers.process import free_port
from sso.api import Reason, ensure_client, revoke
from sso.models import AuditEntry, LogoutNotice, RefreshToken, Session
from sso.oauth.signing import issuer
from sso.services.audit import Action
from sso.services.expiry import clear_expired
from sso.services.logout import EVENT, RETRIES, deliver
from sso.services.revocation import end_system
from tests.conftest import record_sign_in
from tests.factories import person_of, system_admin
from tests.sso.conftest import REDIRECT, ask, tokens_of

pytestmark = pytest.mark.django_db
SCOPES = ["openid", "profile", "email", "organization"]


class Receiver:
    """A system's back-channel address: keeps what it is sent, and answers with ``status``."""

    def __init__(self):
        self.status, self.tokens, self.requests = "200 OK", [], []
        self.address = f"http://127.0.0.1:{free_port()}/logout"
        self.server = make_server(
            "127.0.0.1", int(self.address.split(":")[2].split("/")[0]), self, handler_class=QuietHandler
        )
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        self.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["CONTENT_TYPE"]))
        self.tokens += parse_qs(body)["logout_token"]
        start_response(self.status, [("Location", "http://127.0.0.1:1/elsewhere")])
        return [b""]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture
def queue(settings):
    """Jobs wait in the database, as they do outside of tests; the function runs those that are due."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

    def run_due() -> int:
        due = list(DBTaskResult.objects.ready())
        for job in due:
            job.delete()
            job.task.call(*job.args_kwargs["args"])
        return len(due)

    return run_due


@pytest.fixture
def told(receiver, queue):
    """A system that is told of sign-outs: (row, secret)."""
    return system("Wiki", receiver)


def system(name, receiver, **fields):
    fields = {"redirect_uris": REDIRECT, "allowed_scopes": SCOPES, "skip_authorization": True} | fields
    return ensure_client(name, backchannel_logout_uri=receiver.address if receiver else "", **fields)


def browser_of(person) -> Client:
    browser = Client()
    browser.force_login(person)
    record_sign_in(browser, person)
    return browser


def sid_of(browser) -> str:
    return browser.session["sid"]


@pytest.fixture
def person():
    return person_of()


def states() -> list[tuple]:
    return list(LogoutNotice.objects.order_by("pk").values_list("state", "tries", "answer"))


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

    assert tried_at == [timedelta(0), *RETRIES]
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


def test_what_is_rolled_back_is_not_told(person, told, queue):
    tokens_of(browser_of(person), told)

    with transaction.atomic():
        revoke(person, Reason.LOCKED)
        transaction.set_rollback(True)

    assert (LogoutNotice.objects.count(), DBTaskResult.objects.count()) == (0, 0)


# --- the pages -----------------------------------------------------------------------------------


def test_page_asks_and_a_get_ends_nothing(person):
    browser = browser_of(person)

    page = browser.get(reverse("account_logout"))

    assert page.status_code == 200
    assert 'value="everywhere"' in page.content.decode()
    assert browser.get(reverse("people")).status_code == 200


def test_browser_or_everywhere(person):
    here, there, third = (browser_of(person) for _number in range(3))

    here.post(reverse("account_logout"), {"where": "browser"})
    assert [browser.get(reverse("people")).status_code for browser in (here, there)] == [302, 200]

    there.post(reverse("account_logout"), {"where": "everywhere"})
    assert [browser.get(reverse("people")).status_code for browser in (there, third)] == [302, 302]


def test_forged_sign_out_from_elsewhere_is_refused(person):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person)

    assert browser.post(reverse("account_logout"), {"where": "everywhere"}).status_code == 403
    assert browser.get(reverse("people")).status_code == 200


def test_person_sees_who_has_confirmed(client, person, told, receiver, queue):
    browser = browser_of(person)
    tokens_of(browser, told)

    page = browser.post(reverse("account_logout"), {"where": "browser"}, follow=True)
    before = page.content.decode()
    queue()
    after = client.get(
        page.request["PATH_INFO"], {"of": page.wsgi_request.GET["of"], "again": 1}
    ).content.decode()

    assert "đang báo" in before
    assert 'http-equiv="refresh"' in before
    assert "đã xác nhận" in after
    assert 'http-equiv="refresh"' not in after
    assert "Wiki" in after


def test_receipts_are_on_the_pages_of_the_person_and_the_admin_only(person, told, queue):
    browser = browser_of(person)
    tokens_of(browser, told)
    browser.post(reverse("account_logout"), {"where": "browser"})
    queue()

    own = browser_of(person).get(reverse("account-systems")).content.decode()
    others = browser_of(person_of()).get(reverse("account-systems")).content.decode()
    admins = browser_of(system_admin()).get(told[0].get_absolute_url()).content.decode()

    assert ["đã xác nhận" in page for page in (own, others, admins)] == [True, False, True]


def test_page_after_sign_out_belongs_to_whoever_has_its_signed_address(client, person, told, queue):
    for of in ("", "rubbish", "eyJ0b2xkIjpbMV19:1x:AAAA"):
        assert client.get(reverse("signed-out"), {"of": of}).status_code == 404


def test_front_channel_is_a_frame_that_only_this_page_may_show(person):
    other = ensure_client(
        "Cũ", redirect_uris=REDIRECT, allowed_scopes=SCOPES, skip_authorization=True,
        frontchannel_logout_uri="https://old.example:8443/out?a=1", post_logout_redirect_uris="https://wiki.example/bye",
    )  # fmt: skip
    browser = browser_of(person)
    sid = sid_of(browser)
    hint = tokens_of(browser, other)["id_token"]

    query = {"id_token_hint": hint, "post_logout_redirect_uri": "https://wiki.example/bye", "state": "z"}
    page = browser.get(reverse("oauth-end-session"), query, follow=True)

    body = page.content.decode()
    assert f"https://old.example:8443/out?a=1&amp;iss=http%3A%2F%2F127.0.0.1%3A8000&amp;sid={sid}" in body
    assert 'content="3; url=https://wiki.example/bye?state=z"' in body
    assert "frame-src https://old.example:8443" in page["Content-Security-Policy"]
    assert browser.get(reverse("people")).status_code == 302


def test_session_is_told_by_rp_initiated_sign_out_too(person, told, receiver, queue):
    browser = browser_of(person)
    hint = tokens_of(browser, told)["id_token"]

    browser.get(reverse("oauth-end-session"), {"id_token_hint": hint})
    queue()

    assert states() == [("confirmed", 1, "HTTP 200")]


def test_p07_stranger_with_an_old_id_token_signs_nobody_out(person, told, receiver, queue):
    browser = browser_of(person)
    hint = tokens_of(browser, told)["id_token"]

    for stranger in (Client(), browser_of(person_of())):
        stranger.get(reverse("oauth-end-session"), {"id_token_hint": hint})

    assert browser.get(reverse("people")).status_code == 200
    assert ask(browser, told[0]).status_code == 302
    assert states() == []
