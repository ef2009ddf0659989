"""Passwords under the directory's policy: what is told at sign-in, changing one's own, resets by officers."""

import time

import ldap
import pytest
from django.test import Client
from django.urls import reverse

from demo.directory import POLICY, person_dn
from sso.directory import read_directory
from sso.directory.passwords import check_password
from sso.models import AuditEntry, User
from sso.services.audit import Action
from sso.services.passwords import refuse_guessable
from sso.services.sync import sync
from tests.sso.conftest import PASSWORD, sign_in

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
NEW = "cầu vồng đọc tên lửa"


def is_signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def person(uid: str = "ha") -> User:
    return User.objects.get(username=uid)


def change(client, present=PASSWORD, new=NEW, again=None, name="account-password"):
    form = {"present": present, "new": new, "again": new if again is None else again}
    return client.post(reverse(name), form)


@pytest.fixture
def policy(admin_of):
    """Return a function that changes the directory's password policy."""

    def set_to(**values):
        changes = [
            (ldap.MOD_REPLACE, name, None if v is None else str(v).encode()) for name, v in values.items()
        ]
        admin_of.modify_s(POLICY, changes)

    return set_to


@pytest.fixture
def changed_ago(admin_of):
    """Return a function that makes a password as old as it says, in seconds."""

    def age(uid: str, seconds: int):
        at = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - seconds))
        relax = ldap.controls.RequestControl("1.3.6.1.4.1.4203.666.5.12", criticality=True)
        change = [(ldap.MOD_REPLACE, "pwdChangedTime", at.encode())]
        admin_of.modify_ext_s(person_dn(uid), change, serverctrls=[relax])

    return age


@pytest.fixture
def given_by_officer(admin_of):
    """A password that an officer gave to ``ha``."""
    admin_of.modify_s(person_dn("ha"), [(ldap.MOD_REPLACE, "pwdReset", b"TRUE")])


# --- P34: what is told at sign-in, and to whom ----------------------------------------------------


@pytest.mark.usefixtures("given_by_officer")
def test_p34_a_password_given_by_an_officer_is_changed_before_the_session_begins(client, synced):
    response = sign_in(client, next="/people/")
    assert response["Location"] == reverse("password-forced")
    assert not is_signed_in(client)
    assert client.get("/").status_code == 302

    page = client.get(response["Location"])
    assert page.status_code == 200
    answer = change(client, name="password-forced")

    assert answer["Location"] == "/people/"
    assert client.session["_auth_user_id"] == str(person().pk)
    assert check_password(person_dn("ha"), NEW).must_change is False


@pytest.mark.usefixtures("given_by_officer")
def test_p34_a_wrong_password_is_told_nothing_of_it(client, synced):
    response = sign_in(client, password="wrong")

    assert response.status_code == 422
    assert "password_change" not in client.session
    assert client.get(reverse("password-forced"))["Location"] == reverse("account_login")


@pytest.mark.usefixtures("given_by_officer")
def test_p25_the_form_before_the_session_is_for_that_person_and_password_only(client, synced):
    sign_in(client)

    assert change(client, present="wrong", name="password-forced").status_code == 422
    assert not is_signed_in(client)
    dung = Client()
    assert change(dung, name="password-forced")["Location"] == reverse("account_login")
    sign_in(client, "dung")
    assert client.get(reverse("password-forced"))["Location"] == reverse("account_login")
    assert client.session["_auth_user_id"] == str(person("dung").pk)


@pytest.mark.usefixtures("given_by_officer")
def test_p34_the_form_before_the_session_does_not_wait_for_ever(client, synced):
    sign_in(client)
    session = client.session
    session["password_change"] = {**session["password_change"], "at": time.time() - 601}
    session.save()

    assert change(client, name="password-forced")["Location"] == reverse("account_login")
    assert check_password(person_dn("ha"), NEW) is None


@pytest.mark.usefixtures("given_by_officer")
def test_p34_who_was_disabled_meanwhile_changes_nothing(client, synced):
    sign_in(client)
    User.objects.filter(username="ha").update(is_active=False)

    assert change(client, name="password-forced")["Location"] == reverse("account_login")
    assert check_password(person_dn("ha"), NEW) is None


@pytest.mark.parametrize(
    ("language", "words"), [("vi", "tài khoản này đã đóng"), ("en", "this account is closed")]
)
def test_p34_a_closed_account_is_told_to_its_owner_only(client, synced, language, words):
    User.objects.filter(username="ha").update(is_active=False)
    client.post(reverse("language"), {"language": language, "next": "/"})

    right, wrong = sign_in(client), sign_in(client, password="wrong")

    assert right.status_code == 403
    assert words in right.content.decode().lower()
    assert wrong.status_code == 422
    assert words not in wrong.content.decode().lower()
    assert not is_signed_in(client)


def test_p34_a_lock_of_the_directory_looks_like_a_wrong_password(client, synced, admin_of):
    """slapd does not compare the password of a locked account, so nobody has proved to be its owner."""
    lock = [(ldap.MOD_REPLACE, "pwdAccountLockedTime", b"000001010000Z")]
    admin_of.modify_s(person_dn("ha"), lock)

    right, wrong, unknown = sign_in(client), sign_in(client, password="wrong"), sign_in(client, "nobody")

    assert [r.status_code for r in (right, wrong, unknown)] == [422] * 3
    texts = {str(r.context["form"].non_field_errors()) for r in (right, wrong, unknown)}
    assert len(texts) == 1


def test_p34_a_password_that_ran_out_is_changed_while_the_directory_allows_it(
    client, synced, policy, changed_ago
):
    policy(pwdMaxAge=3600, pwdGraceAuthNLimit=5)
    changed_ago("ha", 7200)

    assert sign_in(client)["Location"] == reverse("password-forced")
    change(client, name="password-forced")

    assert is_signed_in(client)


def test_p34_a_password_that_ran_out_for_good_leads_to_the_help_desk(client, synced, policy, changed_ago):
    policy(pwdMaxAge=3600, pwdGraceAuthNLimit=0)
    changed_ago("ha", 7200)

    right, wrong = sign_in(client), sign_in(client, password="wrong")

    assert right.status_code == 403
    assert "hết hạn" in right.content.decode()
    assert "hết hạn" not in wrong.content.decode()


def test_an_end_that_is_near_is_told_after_sign_in_and_on_the_page(client, synced, policy, changed_ago):
    policy(pwdMaxAge=86400, pwdExpireWarning=86400)
    changed_ago("ha", 3600)
    sign_in(client)

    home, page = client.get("/").content.decode(), client.get(reverse("account-password")).content.decode()

    assert "Mật khẩu của bạn hết hạn" in home
    assert "Mật khẩu của bạn hết hạn" in page
    assert "Mật khẩu của bạn hết hạn" not in client.get("/people/").content.decode()
    change(client)
    policy(pwdMaxAge=None)
    client.logout()
    sign_in(client, password=NEW)
    assert "hết hạn" not in client.get(reverse("account-password")).content.decode()


# --- P35: changing one's own ----------------------------------------------------------------------


def test_p35_the_password_is_changed_and_only_this_session_lives_on(client, synced):
    sign_in(client)
    elsewhere = Client()
    sign_in(elsewhere)

    response = change(client)

    assert response["Location"] == reverse("account-password")
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert check_password(person_dn("ha"), NEW)
    assert check_password(person_dn("ha"), PASSWORD) is None
    entry = AuditEntry.objects.filter(action=Action.PASSWORD_CHANGED).get()
    assert (entry.person_id, entry.address) == (person().pk, "127.0.0.1")


def test_p35_the_change_is_known_before_the_directory_tells_it(client, synced, admin_of):
    sign_in(client)
    change(client)

    found = admin_of.search_s(person_dn("ha"), ldap.SCOPE_BASE, attrlist=["pwdChangedTime"])[0][1]

    assert person().password_changed_at.strftime("%Y%m%d%H%M%SZ") == found["pwdChangedTime"][0].decode()


def test_p35_reading_the_directory_afterwards_keeps_the_acting_session(client, synced):
    sign_in(client)
    change(client)

    sync(read_directory(), tell=lambda line: None)

    assert client.get("/").status_code == 200


REFUSALS = [
    # present, new, again, policy, field, words in Vietnamese, words in English
    ("wrong", NEW, NEW, {}, "present", "không đúng", "wrong"),
    (PASSWORD, "ngắn", "ngắn", {}, "new", "quá ngắn", "too short"),
    (PASSWORD, PASSWORD, PASSWORD, {}, "new", "đã từng dùng", "before"),
    (PASSWORD, NEW, NEW + " ", {}, "again", "Không giống", "not the same"),
    (PASSWORD, "password123", "password123", {}, "new", "thử đầu tiên", "tried first"),
    (PASSWORD, "Nguyễn Thị Thu Hà 1", "Nguyễn Thị Thu Hà 1", {}, "new", "quá giống", "too much like"),
    (PASSWORD, "HaHa@1234", "HaHa@1234", {}, "new", "quá giống", "too much like"),
    (PASSWORD, "thuhà2026", "thuhà2026", {}, "new", "quá giống", "too much like"),
    (PASSWORD, "x y" * 50, "x y" * 50, {}, "new", "quá dài", "too long"),
    (PASSWORD, NEW, NEW, {"pwdMinAge": 3600}, "new", "thay đổi gần đây", "short time ago"),
    (PASSWORD, NEW, NEW, {"pwdAllowUserChange": "FALSE"}, "new", "không cho phép", "does not let"),
    ("", NEW, NEW, {}, "present", "", ""),
    (PASSWORD, "", "", {}, "new", "", ""),
    (PASSWORD, "a\0b", "a\0b", {}, "new", "", ""),
]


@pytest.mark.parametrize("new", ["Thu hanoi 88", "mèo đen của Hà", "k7mq-vu64-hbem-ahwu", "thuở ấu thơ"])
def test_p35_a_password_may_have_letters_of_the_name_in_it(new):
    refuse_guessable(User(username="ha", full_name="Nguyễn Thị Thu Hà", email="ha@mic.example.gov.vn"), new)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("present", "new", "again", "rules", "field", "vi", "en"), REFUSALS)
def test_p35_what_the_directory_refuses_is_said_at_its_field(
    client, synced, policy, changed_ago, language, present, new, again, rules, field, vi, en
):
    if "pwdMinAge" in rules:
        changed_ago("ha", 60)
    policy(**rules)
    sign_in(client)
    client.post(reverse("language"), {"language": language, "next": "/"})

    response = change(client, present, new, again)

    errors = response.context["form"].errors
    assert response.status_code == 422
    assert next(iter(errors)) == field
    assert (vi if language == "vi" else en) in str(errors[field][0])
    assert is_signed_in(client)
    assert check_password(person_dn("ha"), PASSWORD)
    assert not new or f'value="{new}"' not in response.content.decode()


def test_p24_wrong_present_passwords_are_limited_before_the_directory_locks(client, synced, settings):
    settings.SIGN_IN_TRIES = {"pair": 50, "account": 8, "address": 100}
    sign_in(client)

    for _try in range(12):
        response = change(client, present="wrong")

    assert "năm phút" in response.content.decode()
    assert AuditEntry.objects.filter(action=Action.REFUSED, person_id=person().pk).count() == 8


def test_p30_an_outage_during_the_change_is_told_and_changes_nothing(client, synced):
    sign_in(client)
    synced.stop()

    response = change(client)

    assert response.status_code == 503
    synced.start()
    assert check_password(person_dn("ha"), PASSWORD)


def test_strangers_and_accounts_without_a_password_have_no_such_page(client, synced):
    assert client.get(reverse("account-password")).status_code == 302
    guest = User.objects.create_user("khach.an", origin=User.Origin.LOCAL)
    client.force_login(guest, "sso.backends.PasskeyBackend")

    assert client.get(reverse("account-password")).status_code == 404


def test_changing_needs_the_forms_token(synced):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person())

    assert change(browser).status_code == 403
