"""One revocation: whatever lets a person in is refused from then on, and nothing else is."""

import secrets
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.calendar.services import renew_feed
from sso.api import Reason, User, ensure_client, mail_token, revoke
from sso.models import (
    AccessToken,
    AuditEntry,
    DeviceGrant,
    Grant,
    Invitation,
    RefreshToken,
    Revocation,
    Session,
    TrustedBrowser,
)
from sso.models.credentials import CREDENTIALS as MODELS
from sso.services import factors
from sso.services.expiry import clear_expired
from sso.services.revocation import end_sessions, end_system
from sso.session_store import hashed
from tests.conftest import record_sign_in
from tests.factories import UserFactory, person_of, system_admin
from tests.sso.conftest import ask, parameters_of, redeem, refresh, tokens_of
from tests.sso.revocation_table import CREDENTIALS, EVENTS, IN_PROCESS, UNTOUCHED, pairs

pytestmark = pytest.mark.django_db
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class World:
    """A person with everything that can let somebody in, and how each is tried."""

    def __init__(self, wiki):
        self.person = person_of()
        self.wiki = wiki
        self.program = ensure_client(
            "Máy quét", authorization_grant_type="client-credentials", allowed_scopes=["openid"]
        )
        self.mail_server = ensure_client(
            "Dovecot", authorization_grant_type="client-credentials", serves_scopes=["mail"]
        )
        self.outside = Client()

    def browser(self) -> Client:
        browser = Client()
        browser.force_login(self.person)
        record_sign_in(browser, self.person)
        return browser

    def is_session(self, browser) -> bool:
        return browser.get(reverse("people")).status_code == 200

    def make(self, name):
        """Return a fresh credential of that name."""
        return {
            "session": self.browser,
            "code": lambda: parameters_of(ask(self.browser(), self.wiki[0]))["code"],
            "access token": lambda: tokens_of(self.browser(), self.wiki)["access_token"],
            "refresh token": lambda: tokens_of(self.browser(), self.wiki)["refresh_token"],
            "device grant": self.make_device_grant,
            "trusted browser": lambda: factors.trust_browser(self.person, "Firefox · Linux"),
            "passkey invitation": self.make_invitation,
            "mail token": lambda: mail_token(self.person),
            "token of a program": self.make_program_token,
            "calendar feed": lambda: renew_feed(self.person),
        }[name]()

    def is_accepted(self, name, it) -> bool:
        """Use the credential as whoever holds it would; some can be used once only."""
        return {
            "session": lambda: self.is_session(it),
            "code": lambda: redeem(self.outside, *self.wiki, it).status_code == 200,
            "access token": lambda: self.userinfo(it) == 200,
            "refresh token": lambda: refresh(self.outside, self.wiki, it).status_code == 200,
            "device grant": lambda: self.redeems_device_grant(it),
            "trusted browser": lambda: factors.is_trusted(User.objects.get(pk=self.person.pk), [it]),
            "passkey invitation": lambda: Invitation.objects.in_force().filter(pk=it.pk).exists(),
            "mail token": lambda: self.introspects(self.mail_server, it),
            "token of a program": lambda: self.introspects((self.wiki[0], self.wiki[1]), it),
            "calendar feed": lambda: (
                self.outside.get(reverse("calendar:feed_file", args=[it])).status_code == 200
            ),
        }[name]()

    def make_device_grant(self):
        """Of a device that its person has let in, and that has not asked yet."""
        self.wiki[0].authorization_grant_type = DEVICE_CODE
        self.wiki[0].save()
        code = secrets.token_urlsafe(32)
        DeviceGrant.objects.create(
            user=self.person,
            epoch=self.person.security_epoch,
            device_code=hashed(code),
            user_code=hashed(secrets.token_hex()),
            client_id=self.wiki[0].client_id,
            scope="openid",
            auth_time=timezone.now(),
            expires=timezone.now() + timedelta(minutes=5),
            status=DeviceGrant.AUTHORIZED,
        )
        return code

    def redeems_device_grant(self, code) -> bool:
        form = {"grant_type": DEVICE_CODE, "device_code": code}
        form |= {"client_id": self.wiki[0].client_id, "client_secret": self.wiki[1]}
        return self.outside.post(reverse("oauth-token"), form).status_code == 200

    def make_invitation(self):
        return Invitation.objects.create(
            user=self.person,
            token_hash=hashed(secrets.token_hex()),
            epoch=self.person.security_epoch,
            expires_at=timezone.now() + timedelta(hours=1),
        )

    def make_program_token(self):
        """Of the wiki itself, as a program."""
        self.wiki[0].authorization_grant_type = "client-credentials"
        self.wiki[0].save()
        form = {
            "grant_type": "client_credentials",
            "client_id": self.wiki[0].client_id,
            "client_secret": self.wiki[1],
        }
        return self.outside.post(reverse("oauth-token"), form).json()["access_token"]

    def userinfo(self, token) -> int:
        return self.outside.get(reverse("oauth-userinfo"), HTTP_AUTHORIZATION=f"Bearer {token}").status_code

    def introspects(self, client, token) -> bool:
        form = {"token": token, "client_id": client[0].client_id, "client_secret": client[1]}
        return self.outside.post(reverse("oauth-introspect"), form).json()["active"]


@pytest.fixture
def world(wiki):
    return World(wiki)


@pytest.mark.parametrize(("event", "credential"), pairs(IN_PROCESS))
def test_g2_every_credential_is_refused_after_every_event(world, event, credential):
    assert world.is_accepted(credential, world.make(credential))
    made = world.make(credential)

    EVENTS[event](world.person)

    assert world.is_accepted(credential, made) is ((event, credential) in UNTOUCHED)


def test_g2_the_table_names_only_what_exists():
    assert set(UNTOUCHED) <= set(pairs(CREDENTIALS))
    assert all(UNTOUCHED.values())


def test_every_model_that_lets_a_person_in_is_ended():
    """A model with a person, an expiry or epoch, and a hash or token is one; it must say so of itself."""
    lets_in = {
        model
        for model in apps.get_app_config("sso").get_models()
        if {"epoch", "user"} <= {field.name for field in model._meta.fields}
    }

    assert lets_in - {Revocation} <= set(MODELS)
    assert {Session, Grant, AccessToken, RefreshToken, DeviceGrant, TrustedBrowser, Invitation} <= set(MODELS)


def test_an_ordinary_password_change_keeps_the_acting_session_with_its_tokens(world):
    mine, other = world.browser(), world.browser()
    kept = tokens_of(mine, world.wiki)
    gone = tokens_of(other, world.wiki)
    trusted = factors.trust_browser(world.person, "Firefox · Linux")

    revoke(world.person, Reason.PASSWORD_CHANGED, keep=mine.session["sid"])

    assert [world.is_session(browser) for browser in (mine, other)] == [True, False]
    assert [world.userinfo(tokens["access_token"]) for tokens in (kept, gone)] == [200, 401]
    assert [refresh(Client(), world.wiki, one["refresh_token"]).status_code for one in (kept, gone)] == [
        200,
        400,
    ]
    assert not factors.is_trusted(world.person, [trusted])


def test_what_the_acting_request_writes_into_its_session_does_not_end_it(world):
    """The view saves the session again after the revocation, with the old epoch in its memory."""
    browser = world.browser()
    memory = browser.session

    revoke(world.person, Reason.PASSWORD_CHANGED, keep=memory["sid"])
    memory["x"] = 1
    memory.save()

    assert world.is_session(browser)
    revoke(world.person, Reason.PASSWORD_CHANGED, keep=memory["sid"])
    assert world.is_session(browser)
    revoke(world.person, Reason.LOCKED)
    assert not world.is_session(browser)


def test_a_session_that_had_ended_is_not_brought_back_by_keeping_it(world):
    browser = world.browser()
    sid = browser.session["sid"]
    User.objects.filter(pk=world.person.pk).update(security_epoch=7)  # and its row is still there

    revoke([world.person.pk], Reason.PASSWORD_CHANGED, keep=sid)

    assert not world.is_session(browser)


def test_others_keep_theirs(world):
    other = World(world.wiki)
    browser, tokens = other.browser(), tokens_of(other.browser(), other.wiki)

    revoke(world.person, Reason.LOCKED)

    assert other.is_session(browser)
    assert other.userinfo(tokens["access_token"]) == 200


def test_what_is_issued_with_the_old_epoch_is_refused(world):
    """A request that began before the revocation writes after it: the row is there, and opens nothing."""
    before = User.objects.get(pk=world.person.pk)
    browser = world.browser()
    code = parameters_of(ask(browser, world.wiki[0]))["code"]
    revoke([world.person.pk], Reason.PASSWORD_CHANGED)
    session = Session(
        key_hash=hashed("k" * 32), sid="late", user=before, epoch=before.security_epoch, data=""
    )
    session.expires_at = timezone.now() + timedelta(hours=1)
    session.save()

    late = mail_token(before)

    assert not world.introspects(world.mail_server, late)
    assert redeem(Client(), *world.wiki, code).status_code == 400
    assert list(Session.objects.in_force().filter(user=before)) == []


def test_after_it_one_signs_in_anew(world):
    revoke(world.person, Reason.EVERYWHERE)
    world.person.refresh_from_db()

    browser = world.browser()

    assert world.is_session(browser)
    assert world.userinfo(tokens_of(browser, world.wiki)["access_token"]) == 200


def test_people_or_keys_one_or_many(world):
    people = [world.person, UserFactory(), UserFactory().pk]

    assert revoke(people, Reason.LOCKED) == 3
    assert revoke(people[0], Reason.LOCKED) == 1
    assert revoke([], Reason.LOCKED) == 0
    assert revoke([10**9], Reason.LOCKED) == 0

    assert world.person.security_epoch == User.objects.get(pk=world.person.pk).security_epoch == 2


def test_it_is_on_record_with_its_reason_and_who_did_it(world, caplog):
    admin = system_admin()

    with caplog.at_level("INFO"):
        revoke(world.person, Reason.BY_ADMIN, by=admin, words="Máy bị mất")

    entry = AuditEntry.objects.get(action="revoked")
    assert (entry.person_id, entry.by_id, entry.cause, entry.facts) == (
        world.person.pk, admin.pk, "by_admin", {"words": "Máy bị mất"},
    )  # fmt: skip
    assert [line.getMessage() for line in caplog.records if line.name == "sso.services.revocation"] == [
        "All access of 1 people ended: by_admin"
    ]


def test_many_people_take_few_queries(django_assert_max_num_queries):
    people = [UserFactory() for _ in range(30)]
    with django_assert_max_num_queries(20 + 30):  # one entry of the record each
        revoke(people, Reason.LOCKED)


def test_one_ended_session_takes_its_tokens_along_and_no_others(world):
    mine, other = world.browser(), world.browser()
    gone, kept = tokens_of(mine, world.wiki), tokens_of(other, world.wiki)
    late = parameters_of(ask(mine, world.wiki[0]))["code"]

    assert end_sessions([mine.session["sid"]], Reason.ENDED_HERE) == 1

    assert [world.is_session(browser) for browser in (mine, other)] == [False, True]
    assert [world.userinfo(tokens["access_token"]) for tokens in (gone, kept)] == [401, 200]
    assert redeem(Client(), *world.wiki, late).status_code == 400


def test_a_code_or_token_without_its_session_is_refused_by_itself(world):
    """Issued at the same moment as the session ended, so that nobody deleted it."""
    browser = world.browser()
    tokens = tokens_of(browser, world.wiki)
    code = parameters_of(ask(browser, world.wiki[0]))["code"]

    Session.objects.all().delete()

    assert world.userinfo(tokens["access_token"]) == 401
    assert refresh(Client(), world.wiki, tokens["refresh_token"]).status_code == 400
    assert redeem(Client(), *world.wiki, code).status_code == 400


def test_a_system_ended_for_one_person_goes_on_for_others(world):
    other = World(world.wiki)
    mine, theirs = tokens_of(world.browser(), world.wiki), tokens_of(other.browser(), world.wiki)

    end_system(world.wiki[0], Reason.ENDED_HERE, person=world.person)

    assert [world.userinfo(tokens["access_token"]) for tokens in (mine, theirs)] == [401, 200]
    assert refresh(Client(), world.wiki, mine["refresh_token"]).status_code == 400


def test_p22_an_eleventh_session_ends_the_oldest_with_its_tokens(world):
    browsers = [world.browser() for _ in range(10)]
    tokens = [tokens_of(browser, world.wiki)["access_token"] for browser in browsers[:2]]

    assert all(world.is_session(browser) for browser in browsers)
    browsers.append(world.browser())

    assert [world.is_session(browser) for browser in browsers] == [False] + 10 * [True]
    assert [world.userinfo(token) for token in tokens] == [401, 200]
    assert AuditEntry.objects.get(action="session_ended").cause == "too_many"


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
