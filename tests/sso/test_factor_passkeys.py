"""Passkeys: made, named, shown, by their owner and on our pages only."""

import json

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.sso.factors import browser, is_signed_in, kinds, options_in, passkey_sign_in, with_passkey
from tests.sso.soft_passkey import UP, SoftPasskey

pytestmark = pytest.mark.django_db


def test_passkey_is_made_named_and_opens_the_account_alone(inside, person):
    key = with_passkey(person, inside)
    outside = browser()

    response = passkey_sign_in(outside, key, next="/people/")

    assert response["Location"] == "/people/"
    assert outside.session["_auth_user_id"] == str(person.pk)
    assert Authenticator.objects.get(user=person, type="webauthn").data["name"] == "Máy cơ quan"
    assert kinds(person) == ["recovery_codes", "webauthn"]


def test_passkey_page_at_another_address_names_the_right_one(person):
    client = Client(HTTP_HOST="127.0.0.1:8000")
    client.force_login(person)

    page = client.get(reverse("account-security-passkey-new")).content.decode()

    assert "http://localhost:8000/account/security/passkeys/new/" in page
    assert "data-passkey=" not in page


@pytest.mark.parametrize(
    "cheat",
    [
        {"flags": UP},  # allauth's public flaw: a passkey without the user's verification
        {"origin": "http://evil.localhost:8000"},
        {"origin": "https://localhost.example"},
        {"origin": "https://evil.example"},
    ],
)
def test_passkey_without_verification_or_from_another_site_is_not_taken(inside, person, cheat):
    key = SoftPasskey(**cheat)
    url = reverse("account-security-passkey-new")

    response = inside.post(url, {"name": "x", "credential": key.create(options_in(inside.get(url)))})

    assert (response.status_code, kinds(person)) == (422, [])


@pytest.mark.parametrize(
    "cheat", [{"flags": UP}, {"origin": "http://evil.localhost:8000"}, {"handle": b"x" * 16}]
)
def test_passkey_shown_without_verification_or_from_another_site_opens_nothing(inside, person, cheat):
    key = with_passkey(person, inside)
    vars(key).update(cheat)
    outside = browser()

    passkey_sign_in(outside, key)

    assert not is_signed_in(outside)


def test_answer_of_a_passkey_works_once(inside, person):
    key = with_passkey(person, inside)
    thief = browser()
    answer = key.get(options_in(thief.get(reverse("account_login"))))
    thief.post(reverse("passkey-sign-in"), {"credential": answer})
    assert is_signed_in(thief)
    thief.logout()

    thief.post(reverse("passkey-sign-in"), {"credential": answer})

    assert not is_signed_in(thief)


def test_answer_of_a_passkey_works_in_the_browser_that_was_asked_and_for_an_hour(inside, person):
    key = with_passkey(person, inside)
    asked, other = browser(), browser()
    other.get(reverse("account_login"))
    answer = key.get(options_in(asked.get(reverse("account_login"))))

    other.post(reverse("passkey-sign-in"), {"credential": answer})
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=62)):
        asked.post(reverse("passkey-sign-in"), {"credential": answer})

    assert (is_signed_in(other), is_signed_in(asked)) == (False, False)


def test_challenge_of_one_purpose_serves_no_other(inside, person):
    key = with_passkey(person, inside)
    confirm = f"{reverse('account_reauthenticate')}?need=act"
    options = options_in(inside.get(confirm))
    answer = key.get(options)
    outside = browser()
    outside.cookies = inside.cookies.copy()
    del outside.cookies["session"]

    outside.post(reverse("passkey-sign-in"), {"credential": answer})

    assert not is_signed_in(outside)
    assert inside.post(confirm, {"credential": answer}).status_code == 302


def test_copied_passkey_is_noticed_by_its_counter(inside, person):
    key = with_passkey(person, inside)
    passkey_sign_in(browser(), key)
    key.counter = 0
    outside = browser()

    passkey_sign_in(outside, key)

    assert not is_signed_in(outside)


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "null", "x", '{"id": 1}', "9" * 30_000, json.dumps({"rawId": "AA"})]
)
def test_nonsense_opens_nothing_and_breaks_nothing(answer):
    client = browser()
    client.get(reverse("account_login"))

    response = client.post(reverse("passkey-sign-in"), {"credential": answer})

    assert (response.status_code, is_signed_in(client)) == (302, False)


def test_disabled_person_stays_outside_with_a_passkey(inside, person):
    key = with_passkey(person, inside)
    person.is_active = False
    person.save()
    outside = browser()

    passkey_sign_in(outside, key)

    assert not is_signed_in(outside)


def test_passkey_is_renamed(inside, person):
    with_passkey(person, inside)
    passkey = Authenticator.objects.get(user=person, type="webauthn")

    inside.post(reverse("account-security-passkey", args=[passkey.pk]), {"name": "Điện thoại"})

    passkey.refresh_from_db()
    assert passkey.data["name"] == "Điện thoại"
