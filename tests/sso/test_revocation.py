"""One revocation: whatever lets a person in is refused from then on, and nothing else is."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from sso.api import Reason, User, mail_token, revoke
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
from sso.models.credentials import hashed
from sso.services import factors
from sso.services.revocation import end_sessions, end_system
from tests.factories import UserFactory, system_admin
from tests.sso.conftest import ask, parameters_of, redeem, refresh, tokens_of
from tests.sso.revocation_table import CREDENTIALS, EVENTS, IN_PROCESS, UNTOUCHED, pairs
from tests.sso.world import World

pytestmark = pytest.mark.django_db


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


def test_a_command_ends_the_access_of_everybody_and_says_why(world):
    mine, other = world.browser(), UserFactory()
    tokens = tokens_of(mine, world.wiki)

    call_command("end_access", cause="Khôi phục từ bản sao lưu")

    assert (world.is_session(mine), world.userinfo(tokens["access_token"])) == (False, 401)
    told = AuditEntry.objects.get(action="revoked", person_id=other.pk)
    assert (told.cause, json.loads(told.detail)) == ("by_admin", {"words": "Khôi phục từ bản sao lưu"})


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
