"""Trusted browsers: they skip the second step, never the password, until the trust ends."""

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone

from sso.api import Reason, User, revoke
from sso.models import TrustedBrowser
from tests.sso.conftest import sign_in
from tests.sso.factors import STEP, browser, code_now, is_signed_in, passkey_of, with_app

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


@pytest.fixture
def trusted(half_way, ha):
    """A browser that ha trusts, signed out."""
    half_way.post(STEP, {"code": code_now(ha), "trust": "on"})
    half_way.post(reverse("account_logout"))
    return half_way


def test_trusted_browser_skips_the_second_step_never_the_password(trusted):
    wrong = sign_in(trusted, password="wrong")
    assert (wrong.status_code, is_signed_in(trusted)) == (422, False)

    sign_in(trusted)

    assert is_signed_in(trusted)


def test_trust_is_of_one_browser_and_one_person(trusted, ha, dung):
    with_app(dung)

    assert sign_in(browser())["Location"] == STEP
    assert sign_in(trusted, "dung")["Location"] == STEP


def test_people_who_share_a_browser_trust_it_each(trusted, ha, dung):
    with_app(dung)
    sign_in(trusted, "dung")
    trusted.post(STEP, {"code": code_now(dung), "trust": "on"})
    trusted.post(reverse("account_logout"))

    for account in ("ha", "dung"):
        sign_in(trusted, account)
        assert is_signed_in(trusted)
        trusted.post(reverse("account_logout"))


@pytest.mark.parametrize("what", ["revoked", "forgotten", "31 days", "another factor", "forged"])
def test_trust_ends_with(what, trusted, ha):
    if what == "revoked":
        revoke(ha, Reason.PASSWORD_CHANGED)
    elif what == "forgotten":
        client = browser()
        client.force_login(ha)
        client.post(reverse("account-security-forget", args=[TrustedBrowser.objects.get().pk]))
    elif what == "another factor":
        Authenticator.objects.filter(user=ha).delete()
        passkey_of(ha)
    elif what == "forged":
        trusted.cookies["trusted"] = TrustedBrowser.objects.get().token_hash
    later = timezone.now() + timezone.timedelta(days=31 if what == "31 days" else 0)

    with time_machine.travel(later):
        response = sign_in(trusted)

    assert response["Location"] == STEP


def test_trust_dies_with_the_epoch_even_where_its_row_is_left(trusted, ha):
    User.objects.filter(pk=ha.pk).update(security_epoch=ha.security_epoch + 1)

    assert TrustedBrowser.objects.count() == 1
    assert sign_in(trusted)["Location"] == STEP


def test_of_the_cookie_only_the_hash_is_kept_and_scripts_do_not_see_it(half_way, ha):
    response = half_way.post(STEP, {"code": code_now(ha), "trust": "on"})

    cookie = response.cookies["trusted"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 30 * 24 * 3600)
    assert TrustedBrowser.objects.get().token_hash not in cookie.value
    assert cookie.value not in str(list(TrustedBrowser.objects.values()))


def test_trust_is_given_only_after_the_right_code(half_way):
    response = half_way.post(STEP, {"code": "000000", "trust": "on"})

    assert ("trusted" in response.cookies, TrustedBrowser.objects.count()) == (False, 0)
