"""Accounts that are not in the directory: guests, shared devices, and the one for emergencies."""

import logging
import re
from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intranet.models import Notification
from sso.backends import backend_for
from sso.models import AuditEntry, Guest, Invitation, User
from sso.services import guests
from sso.services.audit import Action
from sso.services.emergency import make_emergency_account
from sso.services.resets import invitation_of
from tests.conftest import record_sign_in
from tests.factories import UnitFactory, UserFactory, person_of, system_admin
from tests.sso.conftest import refresh, sign_in, tokens_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return system_admin()


@pytest.fixture
def sponsor():
    return person_of(UnitFactory())


def in_days(days: int):
    return timezone.localdate() + timedelta(days=days)


def guest_of(sponsor, admin, days=30, **fields) -> Guest:
    fields = {"name": "Nguyễn Văn Khách", "mail": "", "kind": Guest.Kind.PERSON} | fields
    return guests.make_guest(**fields, sponsor=sponsor, ends_on=in_days(days), by=admin)[0]


def form_of(person, **changes):
    return {
        "name": "Nguyễn Văn An",
        "kind": "person",
        "mail": "an@congty.example",
        "sponsor": person.username,
        "ends_on": in_days(90).isoformat(),
    } | changes


# --- guests ---------------------------------------------------------------------------------------


def test_a_guest_is_made_with_a_link_that_is_shown_once(session_of, admin, sponsor):
    browser = session_of(admin)

    page = browser.post(reverse("guest-new"), form_of(sponsor))

    guest = Guest.objects.get()
    token = page.context["link"].rsplit("/", 2)[1]
    assert invitation_of(token).user == guest.user
    assert token not in str(list(Invitation.objects.values_list()))
    assert (guest.user.username, guest.user.origin, guest.unit) == (
        "khach.nguyenvanan",
        "local",
        sponsor.unit,
    )
    assert not guest.user.has_usable_password()
    assert Client().get(page.context["link"]).status_code == 200
    made = AuditEntry.objects.get(action=Action.GUEST_MADE)
    assert (made.person_id, made.by_id, made.for_whom_id) == (guest.user_id, admin.pk, sponsor.pk)
    assert guest.user.full_name in browser.get(reverse("accounts")).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("sponsor", "nobody"),
        ("sponsor", "khach.nguyenvankhach"),  # a guest answers for nobody
        ("ends_on", ""),
        ("ends_on", (timezone.localdate() - timedelta(days=1)).isoformat()),
        ("ends_on", (timezone.localdate() + timedelta(days=367)).isoformat()),
        ("kind", "admin"),
        ("mail", "not a mail address"),
        ("mail", "TAKEN@mic.example"),
    ],
)
def test_a_guest_needs_all_that_is_asked_for(session_of, admin, sponsor, field, value):
    guest_of(sponsor, admin, mail="taken@mic.example")

    page = session_of(admin).post(reverse("guest-new"), form_of(sponsor, **{field: value}))

    assert (page.status_code, list(page.context["form"].errors)) == (422, [field])
    assert Guest.objects.count() == 1


def test_two_guests_of_one_name_get_two_accounts(admin, sponsor):
    names = [guest_of(sponsor, admin).user.username for _n in range(3)]

    assert names == ["khach.nguyenvankhach", "khach.nguyenvankhach2", "khach.nguyenvankhach3"]
    assert guest_of(sponsor, admin, kind=Guest.Kind.DEVICE, name="Màn hình Sảnh A").user.username == (
        "thietbi.manhinhsanha"
    )


def test_a_name_is_kept_as_those_of_the_directory_are(admin, sponsor):
    guest = guest_of(sponsor, admin, name="Tra\u0302\u0300n  Văn\nKhách\u202e")

    assert guest.user.full_name == "Trần Văn Khách"


@pytest.mark.parametrize("who", ["system admin", "unit admin", "member", "sponsor", "guest", "stranger"])
def test_who_may_look_after_guests(client, session_of, admin, sponsor, who):
    guest = guest_of(sponsor, admin)
    people = {
        "system admin": admin,
        "unit admin": person_of(sponsor.unit, role="unit_admin"),
        "member": person_of(sponsor.unit),
        "sponsor": sponsor,
        "guest": guest.user,
    }
    if who != "stranger":
        session_of(people[who])
    wanted = {"system admin": 200, "stranger": 302}.get(who, 404)
    pages = [reverse("accounts"), reverse("guest-new"), reverse("guest", args=[guest.pk])]

    assert [client.get(page).status_code for page in pages] == [wanted] * 3
    client.post(reverse("guest", args=[guest.pk]), {"act": "end"})

    guest.user.refresh_from_db()
    assert guest.user.is_active is (who != "system admin")


@pytest.mark.parametrize("act", ["make", "invite", "extend", "end"])
def test_services_ask_for_the_right_themselves(admin, sponsor, act):
    guest = guest_of(sponsor, admin)
    acts = {
        "make": lambda: guest_of(sponsor, sponsor),
        "invite": lambda: guests.invite_guest(guest, by=sponsor),
        "extend": lambda: guests.extend_guest(guest, in_days(60), by=sponsor),
        "end": lambda: guests.end_guest(guest, by=sponsor),
    }

    with pytest.raises(PermissionDenied):
        acts[act]()


LACKING = {
    "an account of the directory that answers for it": lambda sponsor, admin: guest_of(
        person_of(origin="local"), admin
    ),
    "a post of whoever answers for it": lambda sponsor, admin: guest_of(UserFactory(), admin),
    "a last day to come": lambda sponsor, admin: guest_of(sponsor, admin, days=-1),
    "a last day within a year": lambda sponsor, admin: guest_of(sponsor, admin, days=367),
    "an account that goes on to be invited": lambda sponsor, admin: guests.invite_guest(
        ended(sponsor, admin), by=admin
    ),
    "an account that goes on to be extended": lambda sponsor, admin: guests.extend_guest(
        ended(sponsor, admin), in_days(60), by=admin
    ),
}


def ended(sponsor, admin) -> Guest:
    guest = guest_of(sponsor, admin)
    guests.end_guest(guest, by=admin)
    return guest


@pytest.mark.parametrize("what", LACKING)
def test_services_ask_themselves_for_all_that_a_guest_needs(admin, sponsor, what):
    with pytest.raises(PermissionDenied):
        LACKING[what](sponsor, admin)


def test_a_guest_whose_sponsor_has_left_is_not_extended(admin, sponsor):
    guest = guest_of(sponsor, admin)
    User.objects.filter(pk=sponsor.pk).update(is_active=False)

    with pytest.raises(PermissionDenied):
        guests.extend_guest(Guest.objects.get(pk=guest.pk), in_days(60), by=admin)


def test_dangerous_acts_ask_who_it_is_when_the_sign_in_is_long_ago(session_of, admin, sponsor):
    guest = guest_of(sponsor, admin)
    browser = session_of(admin, age=3600)

    for page in (reverse("guest-new"), reverse("guest", args=[guest.pk])):
        assert browser.get(page)["Location"].startswith(reverse("account_reauthenticate"))
        assert browser.post(page, {"act": "end"}).status_code == 401
    assert User.objects.get(pk=guest.user_id).is_active


def test_another_last_day_is_at_most_a_year_away(session_of, admin, sponsor):
    guest = guest_of(sponsor, admin)
    page = reverse("guest", args=[guest.pk])
    browser = session_of(admin)

    assert browser.post(page, {"act": "extend", "ends_on": in_days(400).isoformat()}).status_code == 422
    browser.post(page, {"act": "extend", "ends_on": in_days(200).isoformat()})

    assert Guest.objects.get().ends_on == in_days(200)
    with pytest.raises(PermissionDenied):
        guests.extend_guest(guest, in_days(400), by=admin)


def test_a_new_invitation_makes_the_old_one_void(session_of, admin, sponsor):
    guest, old = guests.make_guest("An", "", Guest.Kind.PERSON, sponsor, in_days(5), by=admin)

    page = session_of(admin).post(reverse("guest", args=[guest.pk]), {"act": "invite"})

    assert invitation_of(old) is None
    assert invitation_of(page.context["link"].rsplit("/", 2)[1]).user == guest.user


def test_ending_a_guest_ends_sessions_and_invitation_at_once(session_of, admin, sponsor):
    guest, token = guests.make_guest("An", "", Guest.Kind.PERSON, sponsor, in_days(5), by=admin)
    browser = Client()
    browser.force_login(guest.user, backend_for(guest.user))
    assert browser.get("/").status_code == 200

    session_of(admin).post(reverse("guest", args=[guest.pk]), {"act": "end"})

    assert browser.get("/").status_code == 302
    assert invitation_of(token) is None
    assert Client().get(reverse("invitation", args=[token])).status_code == 404
    assert "đã chấm dứt" in session_of(admin).get(reverse("accounts")).content.decode()
    assert not guests.end_guests_over()


def test_a_guest_is_out_the_day_after_the_last_one_even_before_the_timer(admin, sponsor):
    guest = guest_of(sponsor, admin, days=0)
    browser = Client()
    browser.force_login(guest.user, backend_for(guest.user))
    assert browser.get("/").status_code == 200

    Guest.objects.update(ends_on=in_days(-1))

    assert browser.get("/").status_code == 302
    call_command("clear_expired", stdout=StringIO())
    guest.user.refresh_from_db()
    assert not guest.user.is_active
    assert AuditEntry.objects.filter(action=Action.GUEST_ENDED, person_id=guest.user_id).count() == 1


def test_what_systems_hold_of_a_guest_ends_within_a_minute_of_the_last_day(admin, sponsor, wiki):
    guest = guest_of(sponsor, admin, days=0)
    browser = Client()
    browser.force_login(guest.user, backend_for(guest.user))
    record_sign_in(browser, guest.user)
    token = tokens_of(browser, wiki)["refresh_token"]
    Guest.objects.update(ends_on=in_days(-1))

    call_command("provision", stdout=StringIO())  # what the clock does every minute

    assert refresh(Client(), wiki, token).json()["error"] == "invalid_grant"


def test_guests_of_somebody_who_left_end(admin, sponsor):
    stays, goes = guest_of(person_of(), admin), guest_of(sponsor, admin)
    User.objects.filter(pk=sponsor.pk).update(is_active=False)

    assert guests.end_guests_over() == 1

    assert list(User.objects.filter(guest__isnull=False, is_active=True)) == [stays.user]
    assert Guest.objects.filter(pk=goes.pk).exists()


@pytest.mark.servers
def test_nobody_signs_in_to_such_an_account_by_typing(client, synced, admin, sponsor):
    guest = guest_of(sponsor, admin, mail="an@congty.example")
    emergency, _token = make_emergency_account()

    for typed in (guest.user.username, "an@congty.example", emergency.username):
        for password in ("x", "!", guest.user.password, ""):
            sign_in(client, typed, password)
            assert "_auth_user_id" not in client.session
    assert authenticate(None, username=guest.user.username, password=guest.user.password) is None


@pytest.mark.servers
def test_the_directory_and_such_accounts_leave_each_other_alone(synced):
    from sso.directory import read_directory
    from sso.services.sync import sync

    guest = guest_of(User.objects.get(username="dung"), User.objects.get(username="tam"))
    make_emergency_account()

    sync(read_directory(), tell=lambda line: None)

    assert User.objects.filter(is_active=True).exclude(origin="directory").count() == 2
    assert Guest.objects.get() == guest


# --- the emergency account ------------------------------------------------------------------------


def test_the_emergency_account_is_made_with_one_link(client, caplog):
    out = StringIO()
    call_command("make_break_glass", stdout=out)

    account = User.objects.get(origin=User.Origin.SEALED)
    link = re.search(r"https?://\S+", out.getvalue())[0]
    assert account.is_superuser
    assert client.get(link).status_code == 200
    assert link.rsplit("/", 2)[1] not in caplog.text


def test_making_it_again_ends_the_passkey_and_the_link_before():
    account, first = make_emergency_account()
    Authenticator.objects.create(user=account, type=Authenticator.Type.WEBAUTHN, data={})
    browser = Client()
    browser.force_login(account, backend_for(account))

    again, second = make_emergency_account()

    assert again == account
    assert invitation_of(first) is None
    assert invitation_of(second).user == account
    assert not Authenticator.objects.exists()
    assert browser.get("/").status_code == 302


def test_its_use_raises_the_alarm_in_log_record_and_notices(client, caplog, settings):
    admins = [system_admin(), system_admin(language="en")]
    nobody = person_of()
    account, _token = make_emergency_account()
    settings.LDAP_URLS = ["ldap://127.0.0.1:9"]  # there is no directory

    client.force_login(account, backend_for(account))

    assert client.get("/").status_code == 200
    assert client.get(reverse("accounts")).status_code == 200
    assert [r.levelno for r in caplog.records if "emergency account" in r.message] == [logging.CRITICAL]
    assert AuditEntry.objects.get(action=Action.EMERGENCY).person_id == account.pk
    titles = dict(Notification.objects.values_list("to_id", "title"))
    assert set(titles) == {admin.pk for admin in admins}
    assert titles[admins[1].pk] == "The emergency account has signed in"
    assert nobody.pk not in titles


def test_a_disabled_emergency_account_is_out(client):
    account, _token = make_emergency_account()
    client.force_login(account, backend_for(account))
    User.objects.filter(pk=account.pk).update(is_active=False)

    assert client.get("/").status_code == 302
