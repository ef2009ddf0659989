"""The demo's foreign system, a program of its own, signs people in through a live intranet."""

from html import unescape
from wsgiref.simple_server import make_server

import pytest
import requests

from demo.foreign_system import Portal, QuietHandler, Server
from demo.servers.process import free_port
from sso.api import ensure_client
from tests.serving import served
from tests.sso.conftest import PASSWORD

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def intranet(live_server, synced, settings):
    """The intranet on its own port, which is also the issuer."""
    settings.BASE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return live_server.url


@pytest.fixture
def portal(intranet):
    address = f"http://127.0.0.1:{free_port()}"
    client, secret = ensure_client(
        "Cổng dịch vụ công",
        redirect_uris=f"{address}/callback",
        post_logout_redirect_uris=f"{address}/",
        allowed_scopes=["openid", "profile", "email", "organization"],
        skip_authorization=True,
    )
    application = Portal(intranet, client.client_id, secret, address)
    server = make_server("127.0.0.1", int(address.rsplit(":", 1)[1]), application, Server, QuietHandler)
    with served(server):
        yield address


def sign_in(browser, intranet: str) -> None:
    page = browser.get(f"{intranet}/sign-in/")
    form = {"login": "ha", "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrf"]}
    answer = browser.post(page.url, form, allow_redirects=False)
    assert answer.status_code == 302, answer.text


def test_who_is_signed_in_enters_without_being_asked(intranet, portal):
    browser = requests.Session()
    sign_in(browser, intranet)

    page = browser.get(f"{portal}/sign-in")

    text = unescape(page.text)
    assert page.url == f"{portal}/"
    for told in (
        "Xin chào, Nguyễn Thị Thu Hà",
        "ha@mic.example.gov.vn",
        "Vụ Kế hoạch - Tài chính",
        "Chuyên viên",
    ):
        assert told in text


def test_stranger_is_led_to_the_sign_in_page_and_back(intranet, portal):
    browser = requests.Session()
    page = browser.get(f"{portal}/sign-in")
    assert page.url.startswith(f"{intranet}/sign-in/?next=/oauth/authorize/")

    form = {"login": "ha", "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrf"]}
    back = browser.post(page.url, form)

    assert back.url == f"{portal}/"
    assert "Nguyễn Thị Thu Hà" in back.text


def test_sign_out_there_ends_the_session_here(intranet, portal):
    browser = requests.Session()
    sign_in(browser, intranet)
    browser.get(f"{portal}/sign-in")

    page = browser.post(f"{portal}/sign-out")

    assert page.url == f"{portal}/"
    assert browser.get(f"{portal}/sign-in").url.startswith(f"{intranet}/sign-in/")


def test_answer_to_another_question_is_refused(intranet, portal):
    browser = requests.Session()
    sign_in(browser, intranet)

    page = browser.get(f"{portal}/callback", params={"code": "x", "state": "forged", "iss": intranet})

    assert page.status_code == 502
    assert "Chưa đăng nhập được" in page.text
