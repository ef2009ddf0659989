"""Systems that send people on by themselves: a form of ours ends where the last of their redirects leads."""

import socket
import time
from urllib.parse import parse_qs, urlencode
from wsgiref.simple_server import WSGIServer, make_server

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from playwright.sync_api import expect

from demo.foreign_system import QuietHandler
from sso.api import ensure_client
from sso.models import Application
from sso.services.sign_ins import MUST_ENROL
from tests.browser.test_provider import intranet, orm_beside_the_browser, person, visit  # noqa: F401 (fixtures)
from tests.browser.test_public_system import QUESTION, InThreads
from tests.serving import serve

pytestmark = pytest.mark.django_db(transaction=True)


class OverIPv6(InThreads):
    address_family = socket.AF_INET6

    def server_bind(self):
        """Django's tests would look the name of the address up."""
        WSGIServer.server_bind(self)


class Small:
    """A system that signs people in by a small window, which then speaks to the page that has opened it."""

    page = """<p>…</p><script>
      if (location.pathname === "/callback") { opener.postMessage("signed in", "*"); close(); }
      onmessage = (message) => { document.querySelector("p").textContent = message.data; };
    </script>"""

    def __init__(self):
        self.server = make_server("127.0.0.1", 0, self, server_class=InThreads, handler_class=QuietHandler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        serve(self.server)

    def __call__(self, environ, start_response):
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [self.page.encode()]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Strict:
    """A system that takes its answer by a form only, and says by what it was sent."""

    def __init__(self):
        self.server = make_server("127.0.0.1", 0, self, server_class=InThreads, handler_class=QuietHandler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        serve(self.server)

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        start_response("200 OK", [("Content-Type", "text/plain")])
        names = " ".join(sorted(parse_qs(body)))
        return [f"{environ['REQUEST_METHOD']} {environ.get('HTTP_ORIGIN')} {names}".encode()]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Wandering:
    """A system whose pages have another name ("localhost") than the address that people come back to."""

    def __init__(self, host: str, kind=InThreads):
        self.server = make_server(host, 0, self, server_class=kind, handler_class=QuietHandler)
        self.port = self.server.server_port
        self.home = f"http://localhost:{self.port}/home"
        serve(self.server)

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] in {"/callback", "/bye"}:
            start_response("302 Found", [("Location", self.home)])
            return []
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"home"]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def wandering():
    server = Wandering("127.0.0.1")
    yield server
    server.stop()


def register(address: str, **more) -> Application:
    return ensure_client("Wiki", redirect_uris=address, allowed_scopes=["openid"], **more)[0]


def sign_in(page, intranet, system) -> None:  # noqa: F811
    about = QUESTION | {"client_id": system.client_id, "redirect_uri": system.redirect_uris}
    page.goto(f"{intranet}/oauth/authorize/?{urlencode(about)}")
    page.locator("button[name=allow][value=yes]").click()


def test_a_system_may_send_people_on_after_sign_in(visit, intranet, wandering):  # noqa: F811
    page = visit()
    system = register(f"http://127.0.0.1:{wandering.port}/callback")

    sign_in(page, intranet, system)

    page.wait_for_url(wandering.home)
    expect(page.locator("body")).to_have_text("home")


def test_a_system_may_send_people_on_after_sign_out(visit, intranet, wandering):  # noqa: F811
    page = visit()
    bye = f"http://127.0.0.1:{wandering.port}/bye"
    system = register("https://wiki.example/callback", post_logout_redirect_uris=bye)
    about = {"client_id": system.client_id, "post_logout_redirect_uri": bye}
    page.goto(f"{intranet}/oauth/end-session/?{urlencode(about)}")

    page.locator("main form[action*='/oauth/sign-out/'] button[type=submit]").click()

    page.wait_for_url(wandering.home)
    expect(page.locator("body")).to_have_text("home")


def test_an_app_may_listen_at_an_ipv6_address(visit, intranet):  # noqa: F811
    """Content policies have no words for one: what named it was ignored, and nobody got through."""
    app = Wandering("::1", OverIPv6)
    page = visit()
    system = register(f"http://[::1]:{app.port}/back", client_type="public")

    sign_in(page, intranet, system)

    page.wait_for_url(f"http://[::1]:{app.port}/back?code=*")
    app.stop()


def test_a_system_may_sign_people_in_by_a_small_window(visit, intranet):  # noqa: F811
    small, page = Small(), visit()
    system = register(f"{small.address}/callback")
    about = QUESTION | {"client_id": system.client_id, "redirect_uri": system.redirect_uris}
    page.goto(small.address)

    with page.expect_popup() as opened:
        page.evaluate(
            "(url) => { open(url, '_blank', 'width=500,height=600'); }",
            f"{intranet}/oauth/authorize/?{urlencode(about)}",
        )
    opened.value.locator("button[name=allow][value=yes]").click()

    expect(page.locator("p")).to_have_text("signed in")
    small.stop()


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_system_may_have_its_answer_by_a_form(visit, intranet, has_scripts):  # noqa: F811
    strict, page = Strict(), visit(java_script_enabled=has_scripts)
    system = register(f"{strict.address}/callback")
    about = QUESTION | {"client_id": system.client_id, "redirect_uri": system.redirect_uris}
    page.goto(f"{intranet}/oauth/authorize/?{urlencode(about | {'response_mode': 'form_post'})}")
    page.locator("button[name=allow][value=yes]").click()

    if not has_scripts:
        page.get_by_role("button", name="Tiếp tục", exact=True).click()

    page.wait_for_url(system.redirect_uris)
    expect(page.locator("body")).to_have_text(f"POST {intranet} code iss")
    strict.stop()


def test_a_second_factor_may_be_made_in_the_small_window(visit, intranet, person, settings):  # noqa: F811
    """Who has to make one before anything else does so on the way, and the system still hears of the sign-in."""
    settings.MFA_DUTY = {"everybody": 0}
    client = Client()
    client.force_login(person)
    session = client.session
    session[MUST_ENROL] = True
    session.save()
    small, page = Small(), visit(client=client)
    system = register(f"{small.address}/callback")
    about = QUESTION | {"client_id": system.client_id, "redirect_uri": system.redirect_uris}
    page.goto(small.address)

    with page.expect_popup() as opened:
        page.evaluate("(url) => { open(url, '_blank'); }", f"{intranet}/oauth/authorize/?{urlencode(about)}")
    window = opened.value
    window.locator("a[href*='/security/app/']").click()
    window.locator("main summary").click()
    secret = window.locator("main code.sso-secret").inner_text().replace(" ", "")
    window.locator("input[name=code]").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    window.locator("main form button[type=submit]").click()
    window.get_by_role("link", name="Tôi đã ghi lại").click()
    window.locator("button[name=allow][value=yes]").click()

    expect(page.locator("p")).to_have_text("signed in")
    small.stop()
