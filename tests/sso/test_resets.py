"""Factors taken away by the help desk, by two officers for admins; and links by which guests make a passkey."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from intranet.models import Notification
from sso.models import AuditEntry, FactorReset, Invitation, PasswordReset, User
from sso.services.resets import (
    NotWaiting,
    accept_invitation,
    approve_factor_reset,
    ask_factor_reset,
    begin_invitation,
    invitation_of,
    refuse_factor_reset,
)
from tests.factories import RoleFactory, UserFactory, system_admin
from tests.sso.factors import browser, is_signed_in, options_in, passkey_sign_in, with_app
from tests.sso.soft_passkey import SoftPasskey

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return system_admin()


@pytest.fixture
def second():
    return system_admin()


@pytest.fixture
def person():
    return who_lost_it()


@pytest.fixture
def admin():
    """A unit's admin who has lost the telephone."""
    return RoleFactory(user=who_lost_it()).user


def who_lost_it():
    person = UserFactory()
    with_app(person)
    return person


def has_factors(person) -> bool:
    return Authenticator.objects.filter(user=person).exists()


def inside(person):
    client = browser()
    client.force_login(person)
    return client


# --- the help desk -------------------------------------------------------------------------------


def test_factors_of_an_ordinary_person_go_at_once_with_all_access(officer, person):
    client = inside(person)

    reset = ask_factor_reset(person, "Mất điện thoại", by=officer)

    assert (has_factors(person), client.get("/people/").status_code) == (False, 302)
    assert (reset.done_at is not None, reset.approved_by) == (True, None)


def test_factors_of_an_admin_wait_for_a_second_officer(officer, second, admin):
    reset = ask_factor_reset(admin, "Mất điện thoại", by=officer)
    assert has_factors(admin)

    approve_factor_reset(reset, by=second)

    assert not has_factors(admin)


def test_no_officer_alone_gives_a_new_password_and_takes_the_factors(officer, second, person):
    """G7: who holds both halves is the person."""
    given = PasswordReset(person=person, asked_by=officer, reason="x", ends_at=timezone.now())
    given.done_at = timezone.now() - timedelta(days=6)
    given.save()

    reset = ask_factor_reset(person, "Mất điện thoại", by=officer)

    assert has_factors(person)
    approve_factor_reset(reset, by=second)
    assert not has_factors(person)


def test_a_password_given_long_ago_is_no_half(officer, person):
    given = PasswordReset(person=person, asked_by=officer, reason="x", ends_at=timezone.now())
    given.done_at = timezone.now() - timedelta(days=8)
    given.save()

    ask_factor_reset(person, "Mất điện thoại", by=officer)

    assert not has_factors(person)


def test_record_has_a_pair_of_entries_and_the_person_is_told(officer, second, admin):
    approve_factor_reset(ask_factor_reset(admin, "Mất điện thoại", by=officer), by=second)

    entries = AuditEntry.objects.filter(person_id=admin.pk, action__startswith="factors_reset").order_by("pk")
    assert [(entry.action, entry.by_id) for entry in entries] == [
        ("factors_reset_asked", officer.pk),
        ("factors_reset", second.pk),
    ]
    assert [entry.facts["reason"] for entry in entries] == ["Mất điện thoại"] * 2
    assert Notification.objects.get(to=admin).kind == "account.factors"


@pytest.mark.parametrize("who", ["asker", "person", "unit admin", "stranger", "disabled second"])
def test_nobody_else_approves(who, officer, admin):
    reset = ask_factor_reset(admin, "x", by=officer)
    RoleFactory(user=admin, unit=None, name="system_admin")
    by = {"asker": officer, "person": admin, "unit admin": RoleFactory().user, "stranger": UserFactory()}
    if who == "disabled second":
        client = inside(system_admin(is_active=False))
        client.post(reverse("factor-reset-decide", args=[reset.pk]), {"answer": "yes"})
    else:
        with pytest.raises(PermissionDenied):
            approve_factor_reset(reset, by=by[who])

    assert has_factors(admin)


def test_the_database_knows_that_two_are_two(officer, admin):
    reset = ask_factor_reset(admin, "x", by=officer)

    with pytest.raises(IntegrityError), transaction.atomic():
        FactorReset.objects.filter(pk=reset.pk).update(approved_by=officer)


@pytest.mark.parametrize("what", ["25 hours", "refused", "done", "newer one"])
def test_approval_comes_too_late_after(what, officer, second, admin):
    reset = ask_factor_reset(admin, "x", by=officer)
    later = timezone.now() + timezone.timedelta(hours=25 if what == "25 hours" else 0)
    if what == "refused":
        refuse_factor_reset(reset, by=second)
    elif what == "done":
        approve_factor_reset(reset, by=second)
        with_app(admin)
    elif what == "newer one":
        ask_factor_reset(admin, "y", by=officer)

    with time_machine.travel(later), pytest.raises(NotWaiting):
        approve_factor_reset(reset, by=second)

    assert has_factors(admin)


@pytest.mark.parametrize("who", ["person", "unit admin", "other"])
def test_only_system_admins_ask(who, person):
    by = {"person": person, "unit admin": RoleFactory().user, "other": UserFactory()}[who]

    with pytest.raises(PermissionDenied):
        ask_factor_reset(person, "x", by=by)
    assert inside(by).get(reverse("factor-reset", args=[person.username])).status_code == 404
    assert inside(by).get(reverse("factor-resets")).status_code == 404
    assert has_factors(person)


def test_nobody_resets_their_own(officer):
    with_app(officer)

    with pytest.raises(PermissionDenied):
        ask_factor_reset(officer, "x", by=officer)
    assert has_factors(officer)


@pytest.mark.parametrize("reason", ["", "  "])
def test_reason_is_mandatory(reason, officer, person):
    response = inside(officer).post(reverse("factor-reset", args=[person.username]), {"reason": reason})

    assert (response.status_code, has_factors(person)) == (422, True)


def test_pages_lead_from_asking_to_approval(officer, second, admin):
    inside(officer).post(reverse("factor-reset", args=[admin.username]), {"reason": "Đã gọi lại"})
    reset = FactorReset.objects.get()
    asker_sees = inside(officer).get(reverse("factor-resets")).content.decode()
    second_sees = inside(second).get(reverse("factor-resets")).content.decode()

    response = inside(officer).post(reverse("factor-reset-decide", args=[reset.pk]), {"answer": "yes"})
    assert (response.status_code, has_factors(admin)) == (404, True)
    inside(second).post(reverse("factor-reset-decide", args=[reset.pk]), {"answer": "yes"})

    assert not has_factors(admin)
    approve = 'name="answer" value="yes"'
    assert (approve in asker_sees, approve in second_sees) == (False, True)
    assert "Đã gọi lại" in second_sees


def test_asker_takes_it_back(officer, admin):
    reset = ask_factor_reset(admin, "x", by=officer)

    inside(officer).post(reverse("factor-reset-decide", args=[reset.pk]), {"answer": "no"})

    reset.refresh_from_db()
    assert (reset.refused_at is not None, has_factors(admin)) == (True, True)


def test_who_asked_and_is_no_admin_any_more_takes_nothing_back(officer, admin):
    reset = ask_factor_reset(admin, "x", by=officer)
    officer.roles.all().delete()

    with pytest.raises(PermissionDenied):
        refuse_factor_reset(reset, by=User.objects.get(pk=officer.pk))

    assert FactorReset.objects.waiting().exists()


# --- invitations ---------------------------------------------------------------------------------


@pytest.fixture
def guest():
    return UserFactory(username="khach", origin="local", entry_uuid=None)


def accept(client, token):
    url = reverse("invitation", args=[token])
    key = SoftPasskey()
    page = client.get(url)
    options = options_in(page) if page.status_code == 200 else FAKE
    return key, client.post(url, {"name": "Điện thoại", "credential": key.create(options)})


FAKE = {"challenge": "AAAA", "rp": {"id": "localhost"}, "user": {"id": "AAAA"}}


def test_invited_guest_makes_a_passkey_and_signs_in_with_it(guest, officer):
    client = browser()
    key, response = accept(client, begin_invitation(guest, by=officer))

    assert (response["Location"], is_signed_in(client)) == (reverse("account_login"), False)
    passkey_sign_in(client, key)
    assert client.session["_auth_user_id"] == str(guest.pk)


@pytest.mark.parametrize("what", ["used", "73 hours", "newer link", "revoked", "ended", "forged"])
def test_link_is_over_when(what, guest, officer):
    token = begin_invitation(guest, by=officer)
    later = timezone.now() + timezone.timedelta(hours=73 if what == "73 hours" else 0)
    if what == "used":
        accept(browser(), token)
    elif what == "newer link":
        begin_invitation(guest, by=officer)
    elif what == "revoked":
        type(guest).objects.filter(pk=guest.pk).update(security_epoch=7)
    elif what == "ended":
        type(guest).objects.filter(pk=guest.pk).update(is_active=False)
    elif what == "forged":
        token = Invitation.objects.get().token_hash
    before = Authenticator.objects.filter(user=guest, type="webauthn").count()

    with time_machine.travel(later):
        _key, response = accept(browser(), token)

    assert response.status_code == 404
    assert Authenticator.objects.filter(user=guest, type="webauthn").count() == before


def test_link_opened_in_two_browsers_makes_one_passkey(guest, officer):
    url = reverse("invitation", args=[begin_invitation(guest, by=officer)])
    first, other = browser(), browser()
    answers = [(client, SoftPasskey().create(options_in(client.get(url)))) for client in (first, other)]

    codes = [client.post(url, {"name": "x", "credential": answer}).status_code for client, answer in answers]

    assert codes == [302, 404]
    assert Authenticator.objects.filter(user=guest, type="webauthn").count() == 1


def test_of_the_link_only_the_hash_is_kept(guest, officer):
    token = begin_invitation(guest, by=officer)

    assert token not in str(list(Invitation.objects.values()))


def test_only_system_admins_invite(guest):
    with pytest.raises(PermissionDenied):
        begin_invitation(guest, by=UserFactory())


def test_nobody_whose_account_is_over_is_invited(guest, officer):
    guest.is_active = False

    with pytest.raises(PermissionDenied):
        begin_invitation(guest, by=officer)


def test_link_that_was_used_between_page_and_passkey_makes_none(guest, officer):
    invitation = invitation_of(begin_invitation(guest, by=officer))
    Invitation.objects.update(used_at=timezone.now())

    with pytest.raises(NotWaiting):
        accept_invitation(invitation, "x", {})

    assert not has_factors(guest)
