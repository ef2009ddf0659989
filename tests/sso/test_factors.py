"""Authenticator app and recovery codes, and the removal of factors: by their owner only."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intranet.models import Notification
from sso.models import AuditEntry, Session, TrustedBrowser
from sso.services import factors
from tests.conftest import record_sign_in
from tests.factories import UserFactory, system_admin
from tests.sso.factors import LOCALHOST, browser, kinds, with_app, with_codes, with_passkey

pytestmark = pytest.mark.django_db


def sealed_in(response) -> str:
    return response.content.decode().partition('name="sealed" value="')[2].partition('"')[0]


def secret_in(response) -> str:
    return response.context["secret"].replace(" ", "")


# --- authenticator app ---------------------------------------------------------------------------


def test_app_is_set_up_by_a_right_code_and_recovery_codes_come_along(inside, person):
    page = inside.get(reverse("account-security-app"))
    code = code_of(secret_in(page))

    done = inside.post(
        reverse("account-security-app"), {"sealed": sealed_in(page), "code": f"{code[:3]} {code[3:]}"}
    )

    assert kinds(person) == ["recovery_codes", "totp"]
    assert len(set(done.context["codes"])) == 10


def code_of(secret: str) -> str:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30))


def test_app_is_not_set_up_by_a_wrong_code_and_the_picture_stays(inside, person):
    page = inside.get(reverse("account-security-app"))

    again = inside.post(reverse("account-security-app"), {"sealed": sealed_in(page), "code": "000000"})

    assert (again.status_code, kinds(person)) == (422, [])
    assert secret_in(again) == secret_in(page)


def test_p25_secret_of_another_persons_page_is_not_taken(inside, person):
    theirs = browser()
    theirs.force_login(UserFactory())
    page = theirs.get(reverse("account-security-app"))

    again = inside.post(
        reverse("account-security-app"), {"sealed": sealed_in(page), "code": code_of(secret_in(page))}
    )

    assert (again.status_code, kinds(person)) == (422, [])
    assert secret_in(again) != secret_in(page)


def test_secrets_are_not_in_the_database(inside, person, tmp_path):
    page = inside.get(reverse("account-security-app"))
    secret = secret_in(page)
    done = inside.post(reverse("account-security-app"), {"sealed": sealed_in(page), "code": code_of(secret)})
    codes = [code.replace("-", "") for code in done.context["codes"]]

    call_command("dumpdata", "sso", "mfa", output=str(tmp_path / "dump.json"))

    dump = (tmp_path / "dump.json").read_text()
    assert "totp" in dump
    assert [secret for secret in [secret, *codes] if secret in dump] == []


def test_another_telephone_takes_the_place_of_the_first(inside, person):
    first = with_app(person)
    record_sign_in_with(inside, person, "totp")
    page = inside.get(reverse("account-security-app"))

    inside.post(
        reverse("account-security-app"), {"sealed": sealed_in(page), "code": code_of(secret_in(page))}
    )

    assert Authenticator.objects.get(user=person, type="totp").data != first.data


def record_sign_in_with(client, person, kind: str, age: float = 0) -> None:
    """The person of this session has shown the password and a factor of ``kind``."""
    record_sign_in(client, person, age)
    session = client.session
    at = session["account_authentication_methods"][0]["at"]
    session["account_authentication_methods"] += [{"method": "mfa", "type": kind, "at": at}]
    session.save()


# --- recovery codes ------------------------------------------------------------------------------


def test_new_recovery_codes_void_the_old_ones(inside, person):
    with_app(person)
    old = with_codes(person)
    record_sign_in_with(inside, person, "totp")

    new = inside.post(reverse("account-security-codes")).context["codes"]

    stored = Authenticator.objects.get(user=person, type="recovery_codes").wrap()
    assert not set(old) & {code.replace("-", "") for code in new}
    assert [stored.validate_code(old[0]), stored.validate_code(new[0])] == [False, True]


def test_recovery_codes_alone_are_given_to_nobody(inside, person):
    inside.post(reverse("account-security-codes"))

    assert kinds(person) == []


# --- removal -------------------------------------------------------------------------------------


def test_removed_factor_ends_the_other_sessions_and_trusted_browsers(inside, person):
    with_passkey(person, inside)
    elsewhere = browser()
    elsewhere.force_login(person)
    TrustedBrowser.objects.create(
        user=person, token_hash="x", epoch=person.security_epoch, expires_at=timezone.now()
    )
    passkey = Authenticator.objects.get(user=person, type="webauthn")

    inside.post(reverse("account-security-remove", args=[passkey.pk]))

    assert kinds(person) == []
    assert [client.get("/people/").status_code for client in (inside, elsewhere)] == [200, 302]
    assert (Session.objects.in_force().filter(user=person).count(), TrustedBrowser.objects.count()) == (1, 0)


def test_last_factor_stays_with_those_who_must_have_one(settings):
    settings.MFA_DUTY = {"system_admin": 14}
    admin = system_admin()
    client = browser()
    client.force_login(admin)
    with_passkey(admin, client)
    passkey = Authenticator.objects.get(user=admin, type="webauthn")

    client.post(reverse("account-security-remove", args=[passkey.pk]))

    assert "webauthn" in kinds(admin)


def test_passkey_of_somebody_without_a_password_stays():
    guest = UserFactory(origin="local", entry_uuid=None)
    client = browser()
    client.force_login(guest)
    with_passkey(guest, client)
    passkey = Authenticator.objects.get(user=guest, type="webauthn")

    client.post(reverse("account-security-remove", args=[passkey.pk]))

    assert "webauthn" in kinds(guest)


# --- who may do what -----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["owner", "other", "admin", "nobody"])
@pytest.mark.parametrize(
    "act", ["account-security-passkey", "account-security-remove", "account-security-forget"]
)
def test_factors_belong_to_their_owner(who, act, inside, person):
    with_passkey(person, inside)
    trusted = TrustedBrowser.objects.create(
        user=person, token_hash="x", epoch=person.security_epoch, expires_at=timezone.now()
    )
    thing = trusted if act.endswith("forget") else Authenticator.objects.get(user=person, type="webauthn")
    client = inside if who == "owner" else browser()
    if who in {"other", "admin"}:
        client.force_login(UserFactory() if who == "other" else system_admin(is_superuser=True))

    response = client.post(reverse(act, args=[thing.pk]), {"name": "Mới"})

    assert response.status_code == (302 if who in {"owner", "nobody"} else 404)
    if who != "owner":
        assert Authenticator.objects.get(user=person, type="webauthn").data["name"] == "Máy cơ quan"
        assert TrustedBrowser.objects.filter(pk=trusted.pk).exists()


def test_page_shows_the_own_trusted_browsers_only(inside, person):
    day = timezone.now() + timedelta(days=1)
    for number, owner in enumerate((person, UserFactory())):
        TrustedBrowser.objects.create(
            user=owner, token_hash=str(number), epoch=owner.security_epoch, expires_at=day
        )

    shown = inside.get(reverse("account-security")).context["browsers"]

    assert [browser.user for browser in shown] == [person]


@pytest.mark.parametrize("act", ["passkey", "app", "codes", "rename", "remove", "forget"])
def test_services_change_the_factors_of_who_asks_only(person, act):
    factor = with_app(person)
    trusted = TrustedBrowser(user=person)
    acts = {
        "passkey": lambda by: factors.add_passkey(person, "x", {}, by=by),
        "app": lambda by: factors.add_app(person, "x", by=by),
        "codes": lambda by: factors.new_recovery_codes(person, by=by),
        "rename": lambda by: factors.rename_passkey(factor, "x", by=by),
        "remove": lambda by: factors.remove_factor(factor, by=by),
        "forget": lambda by: factors.forget_browser(trusted, by=by),
    }

    with pytest.raises(PermissionDenied):
        acts[act](system_admin())

    assert kinds(person) == ["totp"]


def test_passkeys_are_not_made_without_end(person, monkeypatch):
    monkeypatch.setattr(factors, "MOST_PASSKEYS", 1)
    factors.add_passkey(person, "x", {}, by=person)

    with pytest.raises(PermissionDenied):
        factors.add_passkey(person, "y", {}, by=person)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("account-security-passkey-new", []),
        ("account-security-passkey", [1]),
        ("account-security-remove", [1]),
        ("account-security-app", []),
        ("account-security-codes", []),
        ("account-security-forget", [1]),
        ("account_reauthenticate", []),
        ("passkey-sign-in", []),
        ("account_second_step", []),
        ("factor-reset", ["ha"]),
        ("factor-reset-decide", [1]),
        ("invitation", ["x"]),
    ],
)
def test_every_change_of_factors_wants_the_csrf_token(name, arguments, person):
    """LemonLDAP::NG's CVE-2024-52948: another site enrolled its own second factor."""
    client = Client(enforce_csrf_checks=True, **LOCALHOST)
    client.force_login(person)

    assert client.post(reverse(name, args=arguments), {"code": "1"}).status_code == 403


def test_changes_of_factors_are_recorded_and_told(inside, person):
    with_passkey(person, inside)
    passkey = Authenticator.objects.get(user=person, type="webauthn")
    inside.post(reverse("account-security-remove", args=[passkey.pk]))

    entries = AuditEntry.objects.filter(person_id=person.pk, action__startswith="factor").order_by("pk")
    told = Notification.objects.filter(to=person).order_by("pk").values_list("kind", flat=True)
    assert [(entry.action, entry.facts["kind"]) for entry in entries] == [
        ("factor_added", "webauthn"),
        ("factor_added", "recovery_codes"),
        ("factor_removed", "webauthn"),
    ]
    assert list(told) == ["account.factors"] * 3
