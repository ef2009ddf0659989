"""Signing out: what is asked, and what the person reads about the systems that were told."""

import pytest
from django.test import Client
from django.urls import reverse

from sso.api import ensure_client
from sso.presets import GATEWAY
from tests.factories import person_of, system_admin
from tests.sso.conftest import REDIRECT, ask, browser_of, tokens_of
from tests.sso.receiver import SCOPES, sid_of, states, system

pytestmark = pytest.mark.django_db


def test_page_asks_and_a_get_ends_nothing(person):
    browser = browser_of(person)

    page = browser.get(reverse("account_logout"))

    assert page.status_code == 200
    assert 'value="everywhere"' in page.content.decode()
    assert browser.get(reverse("people")).status_code == 200


def test_browser_or_everywhere(person):
    here, there, third = (browser_of(person) for _number in range(3))

    here.post(reverse("account_logout"), {"where": "browser"})
    assert [browser.get(reverse("people")).status_code for browser in (here, there)] == [302, 200]

    there.post(reverse("account_logout"), {"where": "everywhere"})
    assert [browser.get(reverse("people")).status_code for browser in (there, third)] == [302, 302]


def test_forged_sign_out_from_elsewhere_is_refused(person):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person)

    assert browser.post(reverse("account_logout"), {"where": "everywhere"}).status_code == 403
    assert browser.get(reverse("people")).status_code == 200


def test_person_sees_who_has_confirmed(client, person, told, receiver, queue):
    browser = browser_of(person)
    tokens_of(browser, told)

    page = browser.post(reverse("account_logout"), {"where": "browser"}, follow=True)
    before = page.content.decode()
    queue()
    after = client.get(
        page.request["PATH_INFO"], {"of": page.wsgi_request.GET["of"], "again": 1}
    ).content.decode()

    assert "đang báo" in before
    assert 'http-equiv="refresh"' in before
    assert "đã xác nhận" in after
    assert 'http-equiv="refresh"' not in after
    assert "Wiki" in after


def test_receipts_are_on_the_pages_of_the_person_and_the_admin_only(person, told, queue):
    browser = browser_of(person)
    tokens_of(browser, told)
    browser.post(reverse("account_logout"), {"where": "browser"})
    queue()

    own = browser_of(person).get(reverse("account-systems")).content.decode()
    others = browser_of(person_of()).get(reverse("account-systems")).content.decode()
    admins = browser_of(system_admin()).get(told[0].get_absolute_url()).content.decode()

    assert ["đã xác nhận" in page for page in (own, others, admins)] == [True, False, True]


def test_page_after_sign_out_belongs_to_whoever_has_its_signed_address(client, person, told, queue):
    for of in ("", "rubbish", "eyJ0b2xkIjpbMV19:1x:AAAA"):
        assert client.get(reverse("signed-out"), {"of": of}).status_code == 404


def test_front_channel_is_a_frame_that_only_this_page_may_show(person):
    other = ensure_client(
        "Cũ", redirect_uris=REDIRECT, allowed_scopes=SCOPES, skip_authorization=True,
        frontchannel_logout_uri="https://old.example:8443/out?a=1", post_logout_redirect_uris="https://wiki.example/bye",
    )  # fmt: skip
    browser = browser_of(person)
    sid = sid_of(browser)
    hint = tokens_of(browser, other)["id_token"]

    query = {"id_token_hint": hint, "post_logout_redirect_uri": "https://wiki.example/bye", "state": "z"}
    page = browser.get(reverse("oauth-end-session"), query, follow=True)

    body = page.content.decode()
    assert f"https://old.example:8443/out?a=1&amp;iss=http%3A%2F%2F127.0.0.1%3A8000&amp;sid={sid}" in body
    assert 'content="3; url=https://wiki.example/bye?state=z"' in body
    assert "frame-src https://old.example:8443" in page["Content-Security-Policy"]
    assert browser.get(reverse("people")).status_code == 302


def test_session_is_told_by_rp_initiated_sign_out_too(person, told, receiver, queue):
    browser = browser_of(person)
    hint = tokens_of(browser, told)["id_token"]

    browser.get(reverse("oauth-end-session"), {"id_token_hint": hint})
    queue()

    assert states() == [("confirmed", 1, "HTTP 200")]


def test_p07_stranger_with_an_old_id_token_signs_nobody_out(person, told, receiver, queue):
    browser = browser_of(person)
    hint = tokens_of(browser, told)["id_token"]

    for stranger in (Client(), browser_of(person_of())):
        stranger.get(reverse("oauth-end-session"), {"id_token_hint": hint})

    assert browser.get(reverse("people")).status_code == 200
    assert ask(browser, told[0]).status_code == 302
    assert states() == []


def test_a_system_that_takes_no_sign_out_is_named_as_such(person, told, queue):
    """Who believes that all is closed leaves it open to whoever comes to the machine next."""
    here, there = browser_of(person), browser_of(person)
    silent = system("Im lặng", None)
    tokens_of(here, told)
    tokens_of(there, silent)
    behind_door = system("Cổng", None, redirect_uris=f"{REDIRECT} https://old.example{GATEWAY}")
    tokens_of(here, behind_door)

    first = here.post(reverse("account_logout"), {"where": "browser"}, follow=True)
    second = there.post(reverse("account_logout"), {"where": "browser"}, follow=True)

    assert [list(page.context["silent"]) for page in (first, second)] == [[], [silent[0]]]
    assert "không báo được" in second.content.decode()


def test_systems_of_all_browsers_are_named_by_the_sign_out_everywhere(person, wiki):
    here, there = browser_of(person), browser_of(person)
    tokens_of(there, wiki)
    tokens_of(browser_of(person_of()), wiki)

    page = here.post(reverse("account_logout"), {"where": "everywhere"}, follow=True)

    assert list(page.context["silent"]) == [wiki[0]]


@pytest.mark.parametrize("is_in", [True, False])
def test_who_cannot_be_sent_back_is_told_whether_they_are_signed_out(person, wiki, is_in):
    """The system has ended its own session already, and asked for the rest in a way that nobody can follow."""
    browser = browser_of(person) if is_in else Client()
    wrong = {"client_id": wiki[0].client_id, "post_logout_redirect_uri": "https://wiki.example"}

    page = browser.get(reverse("oauth-end-session"), wrong)

    assert page.status_code == 400
    assert (reverse("account_logout") in page.content.decode()) is is_in


def test_the_system_that_asks_for_the_sign_out_is_not_named_as_one_that_knows_nothing(person, wiki):
    browser = browser_of(person)
    hint = tokens_of(browser, wiki)["id_token"]
    other = system("Im lặng", None)
    tokens_of(browser, other)

    page = browser.get(reverse("oauth-end-session"), {"id_token_hint": hint}, follow=True)

    assert list(page.context["silent"]) == [other[0]]
