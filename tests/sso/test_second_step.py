"""The step after the password, for those who have one: what leads through it, and that nothing leads past it."""

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from sso.api import Reason, User, revoke
from sso.models import AuditEntry
from tests.factories import UserFactory
from tests.sso.conftest import sign_in
from tests.sso.factors import (
    LOCALHOST,
    STEP,
    browser,
    code_now,
    is_signed_in,
    options_in,
    passkey_of,
    passkey_sign_in,
    with_app,
)

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


def test_code_of_the_app_leads_on_to_where_the_person_wanted_to_go(half_way, ha):
    response = half_way.post(STEP, {"code": code_now(ha)})

    assert response["Location"] == "/people/"
    assert is_signed_in(half_way)
    assert half_way.get("/people/").status_code == 200


@pytest.mark.parametrize("typed", ["{0} {1}", "{0}-{1}", " {0}{1} "])
def test_code_may_be_typed_with_spaces(half_way, ha, typed):
    code = code_now(ha)

    half_way.post(STEP, {"code": typed.format(code[:3], code[3:])})

    assert is_signed_in(half_way)


def test_digits_of_an_eastern_typing_method_are_digits(half_way, ha):
    half_way.post(STEP, {"code": code_now(ha).translate({ord(str(n)): 0xFF10 + n for n in range(10)})})

    assert is_signed_in(half_way)


def test_recovery_code_works_once(half_way, ha):
    half_way.post(STEP, {"code": half_way.codes[3]})
    assert is_signed_in(half_way)
    again = browser()
    sign_in(again)

    response = again.post(STEP, {"code": half_way.codes[3]})

    assert (response.status_code, is_signed_in(again)) == (422, False)


@pytest.mark.parametrize("later", [0, 29, 31, 59])
def test_code_of_the_app_works_once_as_long_as_it_could_be_valid(half_way, ha, later):
    """allauth's public flaw: a code could be used again once its half minute was over but the tolerance was not."""
    start = timezone.now().replace(second=0, microsecond=0)
    with time_machine.travel(start, tick=False):
        code = code_now(ha)
        half_way.post(STEP, {"code": code})
        assert is_signed_in(half_way)
        again = browser()
        sign_in(again)
    with time_machine.travel(start + timezone.timedelta(seconds=later), tick=False):
        again.post(STEP, {"code": code})

    assert not is_signed_in(again)


@pytest.mark.parametrize(("seconds", "is_right"), [(-70, False), (-25, True), (25, True), (70, False)])
def test_clock_of_the_telephone_may_be_half_a_minute_wrong(half_way, ha, seconds, is_right):
    now = timezone.now().replace(second=15, microsecond=0)
    with time_machine.travel(now, tick=False):
        half_way.post(STEP, {"code": code_now(ha, now.timestamp() + seconds)})

    assert is_signed_in(half_way) is is_right


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"code": ""},
        {"code": " "},
        {"code": "000000"},
        {"credential": ""},
        {"credential": "{}"},
        {"trust": "on"},
        {"trust": "on", "code": ""},
        {"action": "trust"},
        {"login": "ha", "password": "x"},
        {"code": "\0"},
        {"code": "９" * 300},
    ],
)
def test_nothing_else_leads_through(half_way, form):
    """authentik's CVE-2026-49443: an empty answer skipped a stage."""
    response = half_way.post(STEP, form)

    assert (response.status_code, is_signed_in(half_way)) == (422, False)
    assert half_way.get("/people/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("form", [{}, {"trust": "on"}, {"credential": "{}"}, {"code": "1"}])
def test_nothing_else_leads_through_for_somebody_with_passkeys_only(ha, form):
    passkey_of(ha)
    Authenticator.objects.filter(user=ha, type="recovery_codes").delete()
    client = browser()
    sign_in(client)

    response = client.post(STEP, form)

    assert (response.status_code, is_signed_in(client)) == (422, False)


def test_step_is_not_reached_without_a_password(ha):
    with_app(ha)
    client = browser()

    assert client.post(STEP, {"code": code_now(ha)})["Location"] == "/sign-in/"
    assert not is_signed_in(client)


def test_passkey_is_a_second_step_too(ha):
    key = passkey_of(ha)
    client = browser()
    page = client.get(sign_in(client)["Location"])

    client.post(STEP, {"credential": key.get(options_in(page))})

    assert is_signed_in(client)


def test_sign_in_by_passkey_asks_for_no_second_step(ha):
    key = passkey_of(ha)
    client = browser()

    assert passkey_sign_in(client, key)["Location"] == "/"
    assert is_signed_in(client)


def test_p24_passkey_opens_while_passwords_are_held_up(ha):
    """allauth's public flaw: wrong passwords of a stranger locked the passkey out, too."""
    key = passkey_of(ha)
    client = browser()
    for _try in range(10):
        sign_in(client, password="wrong")
    assert "năm phút" in sign_in(client).content.decode()

    passkey_sign_in(client, key)

    assert is_signed_in(client)


def test_wrong_codes_are_counted_over_all_browsers(ha):
    with_app(ha)
    start = timezone.now()
    with time_machine.travel(start):
        for _try in range(5):
            client = browser()
            sign_in(client)
            client.post(STEP, {"code": "000000"})
        client = browser()
        sign_in(client)
        response = client.post(STEP, {"code": code_now(ha)})
        assert (response.status_code, is_signed_in(client)) == (422, False)
    with time_machine.travel(start + timezone.timedelta(minutes=6)):
        sign_in(client)
        client.post(STEP, {"code": code_now(ha)})

    assert is_signed_in(client)
    causes = AuditEntry.objects.filter(person_id=ha.pk, action="refused").values_list("cause", flat=True)
    assert sorted(causes) == ["too_many_tries"] + ["wrong_code"] * 5


# --- who is half way in, and who finishes (P25) --------------------------------------------------


def test_p25_anothers_passkey_does_not_finish(half_way, dung):
    key = passkey_of(dung)

    half_way.post(
        STEP, {"credential": key.get(options_in(half_way.get(STEP)) if has_options(half_way) else FAKE)}
    )

    assert not is_signed_in(half_way)


FAKE = {"challenge": "AAAA", "rpId": "localhost"}


def has_options(client) -> bool:
    return b"data-options" in client.get(STEP).content


def test_p25_anothers_passkey_does_not_finish_although_both_have_one(ha, dung):
    passkey_of(ha)
    theirs = passkey_of(dung)
    client = browser()
    page = client.get(sign_in(client)["Location"])

    client.post(STEP, {"credential": theirs.get(options_in(page))})

    assert not is_signed_in(client)


def test_p25_anothers_code_does_not_finish(half_way, dung):
    with_app(dung)

    half_way.post(STEP, {"code": code_now(dung)})

    assert not is_signed_in(half_way)


@pytest.mark.parametrize("by", ["password", "passkey", "password and code"])
def test_p25_who_comes_after_somebody_half_way_in_is_themselves(half_way, ha, dung, by):
    """No flow of B carries anything over from A, who had typed the password in the same browser."""
    if by == "passkey":
        passkey_sign_in(half_way, passkey_of(dung))
    else:
        if by == "password and code":
            with_app(dung)
        sign_in(half_way, "dung")
        if by == "password and code":
            half_way.post(STEP, {"code": code_now(dung)})

    records = half_way.session["account_authentication_methods"]
    assert half_way.session["_auth_user_id"] == str(dung.pk)
    assert half_way.session["account_authentication_methods_user"] == str(dung.pk)
    assert {record.get("username", "dung") for record in records} == {"dung"}
    assert len(records) == len(by.split(" and "))
    assert half_way.post(STEP, {"code": code_now(ha)})["Location"] == "/"
    assert half_way.session["_auth_user_id"] == str(dung.pk)


@pytest.mark.parametrize("what", ["locked", "revoked", "factor removed", "too late"])
def test_half_way_ends_with(what, half_way, ha):
    code = code_now(ha)
    start = timezone.now()
    if what == "locked":
        User.objects.filter(pk=ha.pk).update(is_active=False)
    elif what == "revoked":
        revoke(ha, Reason.PASSWORD_CHANGED)
    elif what == "factor removed":
        Authenticator.objects.filter(user=ha).delete()
    later = start + timezone.timedelta(minutes=16 if what == "too late" else 0)

    with time_machine.travel(later):
        half_way.post(STEP, {"code": code if what != "too late" else code_now(ha)})

    assert not is_signed_in(half_way)


# --- pages ---------------------------------------------------------------------------------------


def test_who_has_no_factor_notices_nothing(client, ha):
    assert sign_in(client)["Location"] == "/"


def test_step_page_leads_back_to_another_account(half_way):
    page = half_way.get(STEP).content.decode()

    assert 'href="/sign-in/"' in page
    assert half_way.get("/sign-in/").status_code == 200


def test_step_page_says_what_is_wrong_at_the_field(half_way):
    page = half_way.post(STEP, {"code": "000000"}).content.decode()

    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_code_error"' in page


def test_passkey_button_is_for_addresses_with_a_name(ha):
    assert b"data-challenge" in browser().get("/sign-in/").content
    assert b"data-challenge" not in Client(HTTP_HOST="127.0.0.1:8000").get("/sign-in/").content
    assert LOCALHOST["HTTP_HOST"].startswith("localhost")


def test_guest_without_a_password_has_no_way_in_by_one(ha):
    guest = UserFactory(username="khach", origin="local", entry_uuid=None)
    with_app(guest)
    client = browser()

    sign_in(client, "khach")

    assert not is_signed_in(client)
