"""Sign-out as systems of others understand it: Authlib's portal of the demo, and Apache with mod_auth_openidc."""

import re
import time
from wsgiref.simple_server import make_server

import pytest
import requests
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from demo.foreign_system import Portal, QuietHandler, Server
from demo.servers import Apache, ServerFailed, free_port
from sso.api import Reason, ensure_client, revoke
from sso.models import LogoutNotice
from sso.oauth.signing import issuer, sign
from sso.services.checking import What, check_system
from sso.services.logout import logout_token
from sso.services.revocation import end_sessions
from tests.conftest import missing, record_sign_in, started
from tests.factories import person_of, system_admin
from tests.serving import served

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
SCOPES = ["openid", "profile", "email", "organization"]


@pytest.fixture
def intranet(live_server, settings):
    settings.BASE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    settings.TASKS = {"default": settings.TASKS["default"] | {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    return live_server.url


@pytest.fixture
def portal(intranet):
    address = f"http://127.0.0.1:{free_port()}"
    row, secret = ensure_client(
        "Cổng dịch vụ công", redirect_uris=f"{address}/callback", post_logout_redirect_uris=f"{address}/",
        backchannel_logout_uri=f"{address}/backchannel-logout", tile_url=f"{address}/sign-in",
        allowed_scopes=SCOPES, skip_authorization=True,
    )  # fmt: skip
    application = Portal(intranet, row.client_id, secret, address)
    server = make_server("127.0.0.1", int(address.rsplit(":", 1)[1]), application, Server, QuietHandler)
    with served(server):
        yield row, address


@pytest.fixture
def apache(intranet, servers_folder):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    row, secret = ensure_client(
        "Trang cũ", redirect_uris=f"{address}/protected/callback", post_logout_redirect_uris=f"{address}/",
        backchannel_logout_uri=f"{address}/protected/callback?logout=backchannel", tile_url=f"{address}/protected/",
        allowed_scopes=SCOPES, skip_authorization=True,
    )  # fmt: skip
    try:
        server = started(
            Apache(servers_folder / f"apache-{port}", intranet, row.client_id, secret, port=port)
        )
    except ServerFailed as error:
        missing(str(error))
    yield row, address
    server.stop()


def browser_of(person) -> requests.Session:
    client, browser = Client(), requests.Session()
    client.force_login(person)
    record_sign_in(client, person)
    browser.cookies.set("session", client.cookies["session"].value, domain="localhost.local")
    browser.sid = client.session["sid"]
    return browser


def work() -> None:
    """Run the jobs that are due, as the worker does."""
    call_command("db_worker", batch=True, queue_name="*", startup_delay=False, reload=False, interval=0.1)


def states() -> list[tuple]:
    return list(LogoutNotice.objects.order_by("pk").values_list("state", "answer"))


def test_portal_is_left_with_the_intranet(intranet, portal):
    person = person_of(full_name="Nguyễn Thị Thu Hà")
    here, there = browser_of(person), browser_of(person)
    for browser in (here, there):
        assert "Xin chào, Nguyễn Thị Thu Hà" in browser.get(f"{portal[1]}/sign-in", timeout=20).text

    end_sessions([here.sid], Reason.SIGNED_OUT)
    work()

    assert states() == [("confirmed", "HTTP 200")]
    assert ["Xin chào" in browser.get(f"{portal[1]}/", timeout=20).text for browser in (here, there)] == [
        False,
        True,
    ]
    revoke(person, Reason.LOCKED)
    work()
    assert "Xin chào" not in there.get(f"{portal[1]}/", timeout=20).text


@pytest.mark.parametrize("change", ["alg none", "cut", "id token", "used"])
def test_portal_takes_no_other_logout_token(portal, change):
    row, address = portal
    person = person_of()
    browser = browser_of(person)
    browser.get(f"{address}/sign-in", timeout=20)
    notice = LogoutNotice.objects.create(application=row, user=person, sid=browser.sid)
    good = logout_token(notice)
    head, body, signature = good.split(".")
    token = {"alg none": f"eyJhbGciOiJub25lIn0.{body}.", "cut": f"{head}.{body}.{signature[:-4]}AAAA"}.get(
        change, good
    )
    if change == "used":
        assert (
            requests.post(f"{address}/backchannel-logout", {"logout_token": good}, timeout=20).status_code
            == 200
        )
    if change == "id token":
        token = sign({"iss": issuer(), "aud": row.client_id, "sub": str(person.subject), "sid": browser.sid})

    answer = requests.post(f"{address}/backchannel-logout", {"logout_token": token}, timeout=20)

    assert answer.status_code == 400
    assert ("Xin chào" in browser.get(f"{address}/", timeout=20).text) is (change != "used")


def test_mod_auth_openidc_signs_in_and_is_signed_out_by_us(intranet, apache):
    person = person_of()
    browser = browser_of(person)
    page = browser.get(f"{apache[1]}/protected/", timeout=20)
    assert (page.status_code, page.text) == (200, "inside")

    end_sessions([browser.sid], Reason.SIGNED_OUT)
    work()

    assert states() == [("confirmed", "HTTP 200")]
    assert browser.get(f"{apache[1]}/protected/", timeout=20).url.startswith(f"{intranet}/sign-in/")


def test_mod_auth_openidc_signs_out_of_us(intranet, apache, portal):
    """RP-initiated: from Apache to us, and from us to the portal of the same session."""
    person = person_of()
    browser = browser_of(person)
    assert browser.get(f"{apache[1]}/protected/", timeout=20).text == "inside"
    assert "Xin chào" in browser.get(f"{portal[1]}/sign-in", timeout=20).text

    page = browser.get(f"{apache[1]}/protected/callback?logout={apache[1]}/", timeout=20)
    work()

    assert page.text == "outside"
    assert "Xin chào" not in browser.get(f"{portal[1]}/", timeout=20).text
    assert browser.get(f"{intranet}/", timeout=20).url.startswith(f"{intranet}/sign-in/")


def test_live_check_finds_both_sound(portal, apache):
    for row, _address in (portal, apache):
        found = {finding.what: finding.is_good for finding in check_system(row, by=system_admin())}
        assert found[What.PKCE] is True
        assert found[What.START] is True
        assert found[What.BACK] is True


def test_told_within_a_second_of_the_act(portal):
    person = person_of()
    browser = browser_of(person)
    browser.get(f"{portal[1]}/sign-in", timeout=20)

    began = time.monotonic()
    revoke(person, Reason.LOCKED)
    work()

    assert time.monotonic() - began < 3  # a worker that waits looks once a second
    assert states() == [("confirmed", "HTTP 200")]


def test_page_after_sign_out_shows_the_receipt(intranet, portal):
    browser = browser_of(person_of())
    browser.get(f"{portal[1]}/sign-in", timeout=20)
    form = browser.get(f"{intranet}{reverse('account_logout')}", timeout=20)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)[1]

    page = browser.post(
        form.url, {"csrfmiddlewaretoken": token, "where": "browser"}, headers={"Origin": intranet}, timeout=20
    )
    work()
    again = browser.get(page.url, timeout=20)

    assert "Cổng dịch vụ công" in page.text
    assert ["đã xác nhận" in text for text in (page.text, again.text)] == [False, True]
