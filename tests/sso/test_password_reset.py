"""New passwords from the help desk: one officer, for admins two."""

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from demo.directory import person_dn
from intranet.models import Notification
from sso.directory.passwords import check_password
from sso.models import AuditEntry, FactorReset, PasswordReset, Role, User
from sso.services import passwords
from sso.services.audit import Action
from tests.factories import RoleFactory
from tests.sso.conftest import PASSWORD, sign_in

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


def person(uid: str = "ha") -> User:
    return User.objects.get(username=uid)


@pytest.fixture
def tam(synced, session_of):
    """A system admin's browser."""
    return session_of(person("tam"))


@pytest.fixture
def second(synced):
    """Another system admin: ``dung``."""
    RoleFactory(user=person("dung"), name=Role.SYSTEM_ADMIN, unit=None)
    return person("dung")


def ask_for(client, uid="ha", reason="Gặp trực tiếp, có thẻ công chức"):
    return client.post(reverse("password-reset", args=[uid]), {"reason": reason})


def test_reset_gives_a_password_once_and_ends_all_access(client, tam):
    RoleFactory._meta.model.objects.filter(user=person()).delete()
    ha = Client()
    sign_in(ha)

    page = ask_for(tam)

    new = page.context["password"]
    assert page.content.decode().count(new) == 1
    assert ha.get("/").status_code == 302
    verdict = check_password(person_dn("ha"), new)
    assert verdict.must_change
    assert sign_in(Client(), password=new)["Location"] == reverse("password-forced")
    assert new not in tam.get(reverse("accounts")).content.decode()
    asked, done = AuditEntry.objects.filter(action__in=[Action.RESET_ASKED, Action.PASSWORD_RESET]).order_by(
        "pk"
    )
    assert (asked.person_id, asked.by_id, done.person_id, done.by_id) == (person().pk, person("tam").pk) * 2
    assert not any(new in str(values) for values in AuditEntry.objects.values_list())


def test_reset_is_told_to_the_person(tam, django_capture_on_commit_callbacks):
    User.objects.filter(username="dung").update(language="en")
    with django_capture_on_commit_callbacks(execute=True):
        ask_for(tam, "dung")

    told = Notification.objects.get(to=person("dung"))
    assert told.title == "Lê Văn Tám of the help desk has given you a new password"


def test_reset_of_an_admin_waits_for_another_admin(tam, second, client, session_of):
    page = ask_for(tam)  # ha is unit admin
    assert page["Location"] == reverse("accounts")
    reset = PasswordReset.objects.get()
    make, decide = (reverse(name, args=[reset.pk]) for name in ("password-reset-do", "password-reset-decide"))
    assert tam.post(make).status_code == 403
    assert tam.post(decide, {"decision": "approve"}).status_code == 403

    other = session_of(second)
    assert other.post(make).status_code == 403
    other.post(decide, {"decision": "approve"})
    assert other.post(make).status_code == 403
    client = session_of(person("tam"))
    page = client.post(make)

    assert check_password(person_dn("ha"), page.context["password"]).must_change
    assert client.post(make).status_code == 404
    actions = list(
        AuditEntry.objects.filter(action__contains="reset").order_by("pk").values_list("action", "by_id")
    )
    tam_key, dung_key = person("tam").pk, second.pk
    assert actions == [
        (Action.RESET_ASKED, tam_key),
        (Action.RESET_APPROVED, dung_key),
        (Action.PASSWORD_RESET, tam_key),
    ]


def test_reset_that_nobody_approved_within_a_day_is_gone(tam, second, session_of):
    ask_for(tam)
    PasswordReset.objects.update(ends_at=timezone.now())
    reset = PasswordReset.objects.get()

    answer = session_of(second).post(
        reverse("password-reset-decide", args=[reset.pk]), {"decision": "approve"}
    )

    assert answer.status_code == 404


def test_reset_is_refused_by_the_second_or_taken_back_by_the_first(tam, second, session_of):
    for admin in (second, person("tam")):
        browser = session_of(person("tam"))
        ask_for(browser)
        reset = PasswordReset.objects.get()
        session_of(admin).post(reverse("password-reset-decide", args=[reset.pk]), {"decision": "refuse"})

        assert not PasswordReset.objects.exists()
    assert check_password(person_dn("ha"), PASSWORD)


def test_reset_approved_for_somebody_who_then_becomes_an_admin_needs_two(synced, second):
    ha = person()
    Role.objects.filter(user=ha).delete()
    reset = passwords.ask_reset(person(), by=person("tam"), reason="x")
    assert reset.approved_at
    RoleFactory(user=ha, name=Role.UNIT_ADMIN)

    with pytest.raises(PermissionDenied):
        passwords.do_reset(PasswordReset.objects.get(), by=person("tam"))


def test_reset_approved_for_somebody_who_then_loses_the_factors_needs_two(synced, second):
    """G7: who holds both halves is the person."""
    ha, tam = person(), person("tam")
    Role.objects.filter(user=ha).delete()
    reset = passwords.ask_reset(ha, by=tam, reason="x")
    assert reset.approved_at
    FactorReset.objects.create(user=ha, reason="x", asked_by=tam, done_at=timezone.now())

    with pytest.raises(PermissionDenied):
        passwords.do_reset(reset, by=tam)
    assert passwords.ask_reset(person(), by=tam, reason="x").approved_at is None


@pytest.mark.parametrize(
    ("who", "whom", "status"),
    [
        ("tam", "dung", 200),  # a system admin, for a colleague
        ("tam", "tam", 404),  # not for oneself
        ("tam", "nobody", 404),
        ("ha", "dung", 404),  # a unit admin
        ("dung", "ha", 404),  # a head of the unit
        (None, "ha", 302),
    ],
)
def test_reset_is_for_system_admins(client, synced, session_of, who, whom, status):
    if who:
        session_of(person(who))

    assert client.get(reverse("password-reset", args=[whom])).status_code == status
    answer = ask_for(client, whom)

    assert answer.status_code == status
    assert (check_password(person_dn("dung"), PASSWORD) is None) is (status == 200)
    assert client.get(reverse("accounts")).status_code == {None: 302, "tam": 200}.get(who, 404)


def test_reset_asks_who_it_is_when_the_sign_in_is_long_ago(client, synced, session_of):
    session_of(person("tam"), age=3600)

    page = reverse("password-reset", args=["dung"])
    assert client.get(page)["Location"].startswith(reverse("account_reauthenticate"))
    assert ask_for(client, "dung").status_code == 401
    assert check_password(person_dn("dung"), PASSWORD)


def test_reset_needs_a_reason(tam):
    assert ask_for(tam, "dung", reason=" ").status_code == 422
    assert check_password(person_dn("dung"), PASSWORD)


def test_help_desk_finds_a_person_by_account_or_mail(tam):
    found = tam.get(reverse("accounts"), {"account": "dung@mic.example.gov.vn"})
    missing = tam.get(reverse("accounts"), {"account": "nobody"})

    assert found["Location"] == reverse("access", args=["dung"])
    assert reverse("password-reset", args=["dung"]) in tam.get(found["Location"]).content.decode()
    assert (
        reverse("password-reset", args=["tam"])
        not in tam.get(reverse("access", args=["tam"])).content.decode()
    )
    assert missing.status_code == 422
    assert mail.outbox == []
