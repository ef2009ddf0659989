"""Devices without a keyboard (RFC 8628): the code, the person who lets one in, and who cannot."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from sso.api import Reason, User, ensure_client, revoke
from sso.models import AccessToken, Application, AuditEntry, DeviceGrant, RefreshToken, SystemRequest
from sso.services.clients import approve_request
from tests.factories import UserFactory, person_of, system_admin
from tests.sso.conftest import record_sign_in, refresh, userinfo

pytestmark = pytest.mark.django_db
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def board(db):
    """A screen in the hall: a public client, so that its row holds no secret."""
    system, _secret = ensure_client(
        "Bảng tin sảnh",
        authorization_grant_type=GRANT,
        client_type=Application.CLIENT_PUBLIC,
        allowed_scopes=["openid", "profile"],
    )
    return system


@pytest.fixture
def browser_of():
    """Return a function that signs a person in to a browser of their own."""

    def browser_of(person) -> Client:
        browser = Client()
        browser.force_login(person)
        record_sign_in(browser, person)
        return browser

    return browser_of


def begin(board, **form):
    response = Client().post(reverse("oauth-device"), {"client_id": board.client_id, **form})
    assert response.status_code == 200, response.content
    return response.json()


def poll(board, codes, **changes):
    form = {"grant_type": GRANT, "device_code": codes["device_code"], "client_id": board.client_id}
    return Client().post(reverse("oauth-token"), form | changes)


def answer(browser, codes, allow: str | None = "yes"):
    """Type the code in and, unless ``allow`` is None, answer the question that follows."""
    page = browser.post(reverse("device"), {"code": codes["user_code"]})
    if allow is None or page.status_code != 200:
        return page
    return browser.post(reverse("device"), {"code": codes["user_code"], "allow": allow})


def test_a_device_is_let_in_and_reads_what_was_allowed(board, person, browser_of, settings):
    codes = begin(board, scope="openid profile organization")
    assert set(codes) == {
        "device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval",
    }  # fmt: skip
    assert codes["verification_uri"] == f"{settings.BASE_URL}/device/"
    browser = browser_of(person)

    question = answer(browser, codes, allow=None)
    assert codes["user_code"] in question.content.decode()
    assert not DeviceGrant.objects.filter(status="authorized").exists()
    answer(browser, codes)

    tokens = poll(board, codes).json()
    assert tokens["scope"] == "openid profile"
    assert userinfo(Client(), tokens["access_token"]).json()["name"] == person.full_name
    assert refresh(Client(), (board, ""), tokens["refresh_token"]).status_code == 200
    granted = AuditEntry.objects.get(action="granted")
    assert (granted.person_id, granted.client) == (person.pk, board.client_id)


def test_the_codes_work_once_and_lie_hashed(board, person, browser_of):
    codes = begin(board)
    row = DeviceGrant.objects.values().get()
    assert codes["device_code"] not in str(row)
    assert codes["user_code"].replace("-", "") not in str(row)
    browser = browser_of(person)
    answer(browser, codes)

    assert poll(board, codes).status_code == 200
    assert poll(board, codes).json()["error"] == "invalid_grant"
    assert answer(browser, codes).status_code == 422


def test_a_device_asks_no_more_often_than_it_may(board, person, browser_of):
    with time_machine.travel(START, tick=False) as clock:
        codes = begin(board)
        seen = []
        # The second comes too early, so it is ten seconds from then on; then fifteen.
        for seconds in (5, 1, 6, 15):
            clock.shift(timedelta(seconds=seconds))
            seen.append(poll(board, codes).json()["error"])
        assert seen == ["authorization_pending", "slow_down", "slow_down", "authorization_pending"]
        clock.shift(timedelta(minutes=10))
        assert poll(board, codes).json()["error"] == "expired_token"
        assert answer(browser_of(person), codes).status_code == 422


def test_the_first_question_of_a_device_is_never_too_early(board):
    """RFC 8628 §3.5: the interval is that between two questions; many devices ask at once, then wait."""
    with time_machine.travel(START, tick=False) as clock:
        codes = begin(board)
        seen = [poll(board, codes).json()["error"]]
        clock.shift(timedelta(seconds=5))
        seen.append(poll(board, codes).json()["error"])

    assert seen == ["authorization_pending", "authorization_pending"]


def test_a_device_that_was_turned_away_hears_so(board, person, browser_of):
    codes = begin(board)

    page = answer(browser_of(person), codes, allow="no")

    assert page.context.get("is_let_in") is None
    assert poll(board, codes).json()["error"] == "access_denied"
    assert AccessToken.objects.count() == 0


def test_whoever_typed_the_code_first_decides(board, person, browser_of):
    """CVE of DOT 3.4.1: a device confirmed by another person than the one who typed its code."""
    codes = begin(board)
    other = browser_of(UserFactory())
    answer(browser_of(person), codes, allow=None)

    assert other.post(reverse("device"), {"code": codes["user_code"], "allow": "yes"}).status_code == 422
    assert poll(board, codes).json()["error"] in {"authorization_pending", "slow_down"}


def test_another_person_in_the_same_browser_cannot_finish(board, person, browser_of):
    codes = begin(board)
    browser = browser_of(person)
    answer(browser, codes, allow=None)
    browser.logout()
    browser.force_login(UserFactory())

    assert browser.post(reverse("device"), {"code": codes["user_code"], "allow": "yes"}).status_code == 422


def test_a_stranger_signs_in_first_and_comes_back_with_the_code(board, client):
    codes = begin(board)
    path = codes["verification_uri_complete"].split("/", 3)[3]

    response = client.get(f"/{path}")

    assert response["Location"] == f"{reverse('account_login')}?next=/device/%3Fcode%3D{codes['user_code']}"


def test_a_code_in_the_address_lets_nobody_in_by_itself(board, person, browser_of):
    codes = begin(board)

    page = browser_of(person).get(reverse("device"), {"code": codes["user_code"], "allow": "yes"})

    assert f'value="{codes["user_code"]}"' in page.content.decode()
    assert DeviceGrant.objects.get().user is None


def test_letting_in_needs_the_form_of_our_page(board, person, browser_of):
    codes = begin(board)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser_of(person).cookies

    response = strict.post(reverse("device"), {"code": codes["user_code"], "allow": "yes"})

    assert (response.status_code, DeviceGrant.objects.get().user) == (403, None)


def test_codes_cannot_be_guessed(board, person, browser_of):
    codes = begin(board)
    browser = browser_of(person)
    for _try in range(10):
        assert answer(browser, {"user_code": "BBBB-BBBB"}).status_code == 422

    page = answer(browser, codes)

    assert page.status_code == 422
    assert AuditEntry.objects.get(action="refused").cause == "too_many_tries"
    assert answer(browser_of(UserFactory()), codes).status_code == 200


def test_codes_cannot_be_guessed_by_typing_ones_own_between(board, person, browser_of):
    mine, others = begin(board), begin(board)
    browser = browser_of(person)
    for guess in range(10):
        assert answer(browser, {"user_code": "BBBB-BBBB"}).status_code == 422
        if guess == 8:  # a device of the own, begun by anybody, wipes nothing out
            assert answer(browser, mine, allow=None).status_code == 200

    assert answer(browser, others).status_code == 422


@pytest.mark.parametrize("text", ["bcdfghjk", "BCDF GHJK", " bcdf-ghjk ", "ＢＣＤＦ"])
def test_a_code_may_be_typed_in_any_way(board, person, browser_of, text, monkeypatch):
    monkeypatch.setattr("sso.oauth.devices.new_code", lambda: "BCDFGHJK")
    begin(board)

    page = browser_of(person).post(reverse("device"), {"code": text})

    assert page.status_code == (200 if text.isascii() else 422)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("way", ["disabled", "revoked"])
def test_who_lost_access_lets_in_nothing(board, person, browser_of, when, way):
    codes = begin(board)
    browser = browser_of(person)
    answer(browser, codes, allow="yes" if when == "after" else None)

    if way == "disabled":
        User.objects.filter(pk=person.pk).update(is_active=False)
    else:
        revoke(person, Reason.LOCKED)

    assert browser.post(reverse("device"), {"code": codes["user_code"], "allow": "yes"}).status_code == 302
    assert poll(board, codes).json()["error"] == "invalid_grant"
    assert RefreshToken.objects.count() == 0


def test_the_rule_of_a_system_holds_for_its_devices(board, person, browser_of):
    """CVE-2024-38371: a device code without the system's rule."""
    other = person_of()
    board.rule = {"ways": [{"people": [other.pk]}]}
    board.save()
    codes = begin(board)

    assert answer(browser_of(person), codes).status_code == 403
    assert poll(board, codes).json()["error"] == "access_denied"


def test_a_rule_made_stricter_meanwhile_holds(board, person, browser_of):
    codes = begin(board)
    answer(browser_of(person), codes)
    board.rule = {"ways": [{"people": [0]}]}
    board.save()

    assert poll(board, codes).json()["error"] == "access_denied"


def test_a_system_that_wants_a_second_factor_gets_no_device_without(board, person, browser_of):
    board.required_acr = "2"
    board.save()
    codes = begin(board)

    page = answer(browser_of(person), codes)

    assert page.status_code == 403
    assert poll(board, codes).json()["error"] in {"authorization_pending", "slow_down"}


def test_a_device_that_was_let_in_before_the_system_wanted_more_gets_nothing(board, person, browser_of):
    """It has not asked yet when the second admin agrees; what it would get would be good for twelve hours."""
    codes = begin(board)
    answer(browser_of(person), codes)
    wanted = SystemRequest.objects.create(
        application=board, asked_by=system_admin(), values={"required_acr": "2"}
    )

    approve_request(wanted, by=system_admin())

    assert poll(board, codes).json()["error"] == "invalid_grant"
    assert AccessToken.objects.count() == 0


def test_signing_out_of_the_browser_leaves_the_device_alone_and_revoking_does_not(board, person, browser_of):
    codes = begin(board)
    browser = browser_of(person)
    answer(browser, codes)
    tokens = poll(board, codes).json()

    browser.post(reverse("account_logout"))
    assert userinfo(Client(), tokens["access_token"]).status_code == 200

    revoke(person, Reason.EVERYWHERE)
    assert userinfo(Client(), tokens["access_token"]).status_code == 401
    assert refresh(Client(), (board, ""), tokens["refresh_token"]).status_code == 400


def test_device_codes_are_of_their_system(board, person, browser_of):
    twin, _secret = ensure_client(
        "Twin", authorization_grant_type=GRANT, client_type="public", allowed_scopes=["openid"]
    )
    codes = begin(board)
    answer(browser_of(person), codes)

    assert poll(twin, codes).json()["error"] == "invalid_grant"
    assert poll(board, codes).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": "a\0"}, "invalid_request"),
        ({"client_id": ["a", "b"]}, "invalid_request"),
        ({"scope": "mail"}, "invalid_scope"),
        ({"scope": "x" * 1001}, "invalid_request"),
    ],
)
def test_bad_questions_of_devices_get_the_standard_error(board, client, form, error):
    form = ({"client_id": board.client_id} if "scope" in form else {}) | form

    response = client.post(reverse("oauth-device"), form)

    assert response.json()["error"] == error
    assert DeviceGrant.objects.count() == 0


def test_other_systems_are_no_devices(wiki, client):
    form = {"client_id": wiki[0].client_id, "client_secret": wiki[1]}

    assert client.post(reverse("oauth-device"), form).json()["error"] == "unauthorized_client"


def test_a_system_cannot_fill_the_table(board, client, monkeypatch):
    monkeypatch.setattr("sso.oauth.devices.MOST_WAITING", 2)
    for _twice in range(2):
        begin(board)

    answer = client.post(reverse("oauth-device"), {"client_id": board.client_id})

    assert answer.json()["error"] == "temporarily_unavailable"


def begins(board, address: str, **form) -> tuple[int, str | None]:
    """Begin a device at a network address; returns the status and the error."""
    answer = Client(REMOTE_ADDR=address).post(reverse("oauth-device"), {"client_id": board.client_id, **form})
    return answer.status_code, answer.json().get("error")


@pytest.mark.parametrize(
    ("greedy", "same", "others"),
    [
        ("10.0.0.7", "10.0.0.7", "10.0.0.8"),
        ("::ffff:10.0.0.7", "10.0.0.7", "::ffff:10.0.0.8"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:3::1"),
    ],
)
def test_one_network_address_shuts_out_no_other(board, monkeypatch, greedy, same, others):
    """Whoever knows the client ID of a device could fill all that may wait, for ten minutes."""
    monkeypatch.setattr("sso.oauth.devices.MOST_OF_PLACE", 2)
    twin, _secret = ensure_client(
        "Twin", authorization_grant_type=GRANT, client_type="public", allowed_scopes=["openid"]
    )

    with time_machine.travel(START, tick=False):
        seen = [begins(board, address) for address in (greedy, greedy, greedy, same, others)]
        other_system = begins(twin, greedy)
        waiting = DeviceGrant.objects.count()
    assert seen == [(200, None), (200, None), *[(400, "temporarily_unavailable")] * 2, (200, None)]
    assert (other_system, waiting) == ((200, None), 4)


def test_a_network_address_may_begin_again_after_a_while(board, monkeypatch):
    monkeypatch.setattr("sso.oauth.devices.MOST_OF_PLACE", 1)
    with time_machine.travel(START, tick=False) as clock:
        seen = [begins(board, "10.0.0.7"), begins(board, "10.0.0.7")]
        clock.shift(timedelta(seconds=301))
        seen.append(begins(board, "10.0.0.7"))

    assert seen == [(200, None), (400, "temporarily_unavailable"), (200, None)]


def test_what_was_asked_wrongly_is_not_counted(board, monkeypatch):
    monkeypatch.setattr("sso.oauth.devices.MOST_OF_PLACE", 1)

    seen = [begins(board, "10.0.0.7", scope="mail"), begins(board, "10.0.0.7")]

    assert seen == [(400, "invalid_scope"), (200, None)]


def test_a_device_may_give_its_tokens_back_and_nobody_elses(board, person, browser_of):
    twin, _secret = ensure_client(
        "Twin", authorization_grant_type=GRANT, client_type="public", allowed_scopes=["openid"]
    )
    codes = begin(board)
    answer(browser_of(person), codes)
    tokens = poll(board, codes).json()

    def give_back(system):
        form = {"token": tokens["refresh_token"], "client_id": system.client_id}
        return Client().post(reverse("oauth-revoke"), form).status_code

    assert (give_back(twin), userinfo(Client(), tokens["access_token"]).status_code) == (200, 200)
    assert (give_back(board), userinfo(Client(), tokens["access_token"]).status_code) == (200, 401)
