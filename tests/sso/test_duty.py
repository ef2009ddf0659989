"""The duty to have a second factor, with a time of grace; sign-ins from new devices and places."""

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from intranet.models import Notification
from sso.api import User, signed_in_from_new_device
from sso.models import Grant
from sso.services.sign_ins import device_of, place_of
from tests.factories import RoleFactory
from tests.sso.conftest import ask, parameters_of, sign_in
from tests.sso.factors import OTHER_BROWSER, browser, is_signed_in, with_app, with_passkey

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
PAGE = "/account/security/required/"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"


@pytest.fixture(autouse=True)
def duty(settings):
    settings.MFA_DUTY = {"system_admin": 14, "unit_admin": 0}


@pytest.fixture
def tam(synced):
    """The system admin of the small ministry."""
    return User.objects.get(username="tam")


# --- the duty ------------------------------------------------------------------------------------


def test_admin_is_asked_at_sign_in_and_may_put_it_off(client, tam):
    response = sign_in(client, "tam", next="/systems/")

    page = client.get(response["Location"])
    assert response["Location"] == f"{PAGE}?next=%2Fsystems%2F"
    assert page.context["left"] == 14
    assert 'href="/systems/"' in page.content.decode()
    assert client.get("/systems/").status_code == 200


@pytest.mark.parametrize(("day", "left"), [(0, 14), (1, 13), (13, 1), (14, 0), (400, 0)])
def test_days_count_from_when_the_person_was_told(client, tam, day, left):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        sign_in(client, "tam")
    later = browser()
    with time_machine.travel(start + timezone.timedelta(days=day), tick=False):
        page = later.get(sign_in(later, "tam")["Location"])

        assert page.context["left"] == left
        assert later.get("/people/").status_code == (200 if left else 302)


@pytest.fixture
def late(synced):
    """The browser of ha, who administers a unit: no day of grace."""
    client = browser()
    sign_in(client, "ha", next="/people/")
    return client


@pytest.mark.parametrize(
    "path", ["/", "/people/", "/systems/", "/admin/", "/account/devices/", "/oauth/consent/"]
)
def test_after_the_grace_nothing_else_opens(late, path):
    assert late.get(path)["Location"] == PAGE
    assert late.post(path)["Location"] == PAGE


def test_after_the_grace_a_fragment_leads_to_the_page_as_a_page(late):
    response = late.get("/badges/mail/", headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Redirect"]) == (401, PAGE)


@pytest.mark.parametrize(
    "path", ["/account/security/app/", "/account/security/passkeys/new/", "/sign-out/", PAGE]
)
def test_after_the_grace_the_way_to_a_factor_and_the_way_out_are_open(late, path):
    assert late.get(path).status_code == 200


def test_after_the_grace_no_system_is_entered_and_silent_ones_are_told(late, wiki):
    """OpenID Connect Core §3.1.2.1: with prompt=none nobody is shown a page."""
    way = ask(late, wiki[0])["Location"]
    silent = parameters_of(ask(late, wiki[0], prompt="none"))

    assert way.startswith(f"{PAGE}?next=%2Foauth%2Fauthorize%2F%3Fclient_id%3D")
    assert (silent["error"], silent["state"]) == ("interaction_required", "s-1")
    assert not Grant.objects.exists()
    with_passkey(User.objects.get(username="ha"), late)
    assert "code" in parameters_of(late.get(late.get(way)["Location"]))


def test_factor_opens_the_house_again(late):
    with_passkey(User.objects.get(username="ha"), late)

    assert late.get("/people/").status_code == 200


def test_putting_it_off_is_no_way_round_after_the_grace(late):
    page = late.get(PAGE, {"next": "/people/"}).content.decode()

    assert 'href="/people/"' not in page
    assert late.get("/people/")["Location"] == PAGE


def test_who_has_a_factor_is_not_asked(client, tam):
    with_app(tam)

    assert sign_in(client, "tam")["Location"] == "/sign-in/second-step/"
    assert not is_signed_in(client)


def test_superuser_and_everybody_are_words_for_the_duty(client, synced, settings):
    User.objects.filter(username="dung").update(is_superuser=True)
    assert sign_in(client, "dung")["Location"].startswith(PAGE)
    User.objects.filter(username="dung").update(is_superuser=False)
    assert sign_in(browser(), "dung")["Location"] == "/"

    settings.MFA_DUTY = {"everybody": 30}

    assert sign_in(browser(), "dung")["Location"].startswith(PAGE)


def test_shortest_grace_of_several_roles_counts(client, synced):
    dung = User.objects.get(username="dung")
    RoleFactory(user=dung, unit=None, name="system_admin")
    RoleFactory(user=dung, name="unit_admin")

    assert client.get(sign_in(client, "dung")["Location"]).context["left"] == 0


def test_way_on_stays_within_the_intranet(client, tam):
    sign_in(client, "tam")

    page = client.get(PAGE, {"next": "https://evil.example/"}).content.decode()

    assert 'href="https://evil.example' not in page
    assert 'href="/"' in page


# --- new devices and places ----------------------------------------------------------------------


@pytest.fixture
def told():
    """What the signal has told."""
    heard = []

    def hear(person, device, address, **kwargs):
        heard.append((person.username, device, address))

    signed_in_from_new_device.connect(hear)
    yield heard
    signed_in_from_new_device.disconnect(hear)


@pytest.fixture
def dung_from(synced):
    def come(address="10.1.2.3", agent=CHROME):
        sign_in(browser(REMOTE_ADDR=address, HTTP_USER_AGENT=agent), "dung")

    return come


def test_first_device_ever_is_told_to_nobody(dung_from, told):
    dung_from()

    assert told == []


def test_known_device_in_a_known_place_is_told_to_nobody(dung_from, told):
    dung_from()
    dung_from("10.1.2.77", CHROME.replace("126", "131"))

    assert told == []


def test_new_device_and_new_place_are_told_once(dung_from, told):
    dung_from()
    for _time in range(2):
        dung_from(agent=OTHER_BROWSER)
        dung_from("203.0.113.9")

    assert told == [("dung", "Firefox · Linux", "10.1.2.3"), ("dung", "Chrome · Windows", "203.0.113.9")]


def test_new_device_becomes_a_notice_in_the_persons_language(dung_from):
    User.objects.filter(username="dung").update(language="en")
    dung_from()
    dung_from(agent=OTHER_BROWSER)

    notice = Notification.objects.get(to__username="dung")
    assert (notice.kind, notice.url) == ("account.sign_in", reverse("account-devices"))
    assert notice.title == "Sign-in from a new device or place: Firefox · Linux"


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (CHROME, "Chrome · Windows"),
        (CHROME + " Edg/126.0", "Edge · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1",
            "Safari · iOS",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36", "Chrome · Android"),
        (OTHER_BROWSER, "Firefox · Linux"),
        ("curl/8.5.0", "curl"),
        ("<script>", "?"),
        ("", "?"),
    ],
)
def test_device_is_the_family_of_browser_and_system(agent, device):
    assert device_of(agent) == device


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.1.2.3", "10.1.2.0/24"),
        ("::ffff:10.1.2.3", "10.1.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("", "?"),
        ("x", "?"),
    ],
)
def test_place_is_a_network(address, place):
    assert place_of(address) == place
