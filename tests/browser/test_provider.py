"""Pages of the OpenID provider in a real browser: a device that is let in, and a system left by a frame."""

import os
from datetime import timedelta
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlencode
from wsgiref.simple_server import make_server

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from demo import browser as demo
from demo.browser import DESK, PHONE
from demo.foreign_system import QuietHandler
from sso.api import ensure_client
from sso.models import Application, AuditEntry, DeviceGrant
from sso.services.audit import Action
from tests.browser.conftest import PATIENCE
from tests.browser.test_journey import go, tab_to
from tests.browser.test_pages import CONTRAST, NARROW, serious, wider_than_the_window
from tests.factories import person_of
from tests.serving import serve
from tests.sso.conftest import REDIRECT, tokens_of

pytestmark = pytest.mark.django_db(transaction=True)
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
UNKNOWN = "BCDF-GHJK"


@pytest.fixture(scope="session")
def orm_beside_the_browser():
    """Playwright's loop runs in this thread, too, and Django would take each query for a mistake in async code."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"


@pytest.fixture
def intranet(orm_beside_the_browser, live_server, settings):
    """The intranet on a port of its own."""
    settings.BASE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return live_server.url


@pytest.fixture
def person(intranet):
    return person_of(full_name="Nguyễn Thị Thu Hà", username="ha")


@pytest.fixture
def visit(browser, intranet, person):
    """Return a function: a page where ``person`` is signed in, by the session of ``client``."""
    contexts = []

    def visit(language="vi", client=None, **more):
        if client is None:
            client = Client()
            client.force_login(person)
        context = browser.new_context(**demo.options(intranet, **more))
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        name = django_settings.SESSION_COOKIE_NAME
        cookies = {name: client.cookies[name].value, django_settings.LANGUAGE_COOKIE_NAME: language}
        context.add_cookies([{"name": k, "value": v, "url": intranet} for k, v in cookies.items()])
        return context.new_page()

    yield visit
    for context in contexts:
        context.close()


# --- a device -------------------------------------------------------------------------------------


class Board:
    """A screen in the hall without a keyboard."""

    def __init__(self, intranet):
        self.intranet = intranet
        system, _secret = ensure_client(
            "Bảng tin sảnh",
            authorization_grant_type=GRANT,
            client_type=Application.CLIENT_PUBLIC,
            allowed_scopes=["openid", "profile"],
        )
        self.about = {"client_id": system.client_id}

    def begin(self) -> str:
        """Return the code that it shows."""
        form = self.about | {"scope": "openid profile"}
        self.codes = requests.post(f"{self.intranet}/oauth/device/", form, timeout=10).json()
        return self.codes["user_code"]

    def ask(self) -> dict:
        """Return the answer to whether somebody has let it in, as after a minute of patience."""
        DeviceGrant.objects.update(last_checked=timezone.now() - timedelta(minutes=1))
        form = self.about | {"grant_type": GRANT, "device_code": self.codes["device_code"]}
        return requests.post(f"{self.intranet}/oauth/token/", form, timeout=10).json()


@pytest.fixture
def board(intranet):
    return Board(intranet)


WORDS = {
    "vi": {
        "title": "Kết nối thiết bị",
        "short": "Mã gồm tám chữ cái",
        "unknown": "mã có thể đã hết hạn",
        "question": "Cho phép Bảng tin sảnh đăng nhập?",
        "yes": "Đã cho phép Bảng tin sảnh đăng nhập",
        "no": "Chưa cho phép Bảng tin sảnh đăng nhập",
    },
    "en": {
        "title": "Connect a device",
        "short": "The code has eight letters",
        "unknown": "the code may have run out",
        "question": "Let in Bảng tin sảnh?",
        "yes": "Bảng tin sảnh has been let in",
        "no": "Bảng tin sảnh has not been let in",
    },
}


def type_code(page, code):
    """Type ``code`` into the field, which has the focus or is reached by Tab, and send it by Enter."""
    field = page.get_by_role("textbox")
    if not field.evaluate("one => one === document.activeElement"):
        tab_to(page, "#id_code")
    page.keyboard.press("Control+A")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


@pytest.mark.parametrize("language", WORDS)
def test_a_device_is_let_in_by_keyboard_after_wrong_codes(visit, board, language):
    words, page = WORDS[language], visit(language)
    heading, problem = page.get_by_role("heading", level=1), page.locator(".field-error")
    code = board.begin()
    page.goto("/device/")
    expect(heading).to_have_text(words["title"])
    expect(page.get_by_role("textbox")).to_be_focused()

    type_code(page, "BCD")
    expect(problem).to_contain_text(words["short"])
    expect(page.get_by_role("textbox")).to_have_value("BCD")
    type_code(page, UNKNOWN)
    expect(problem).to_contain_text(words["unknown"])
    expect(page.get_by_role("textbox")).to_have_value(UNKNOWN)
    assert board.ask()["error"] == "authorization_pending"
    type_code(page, code.lower().replace("-", " "))
    expect(heading).to_have_text(words["question"])
    expect(page.locator("main")).to_contain_text(code)
    expect(page.locator("main")).to_contain_text("Nguyễn Thị Thu Hà")
    go(page, "button[name=allow][value=yes]")

    expect(heading).to_have_text(words["yes"])
    assert board.ask()["token_type"] == "Bearer"


@pytest.mark.parametrize("language", WORDS)
def test_a_device_is_turned_away_by_keyboard(visit, board, language):
    page = visit(language)
    code = board.begin()
    page.goto(f"/device/?{urlencode({'code': code})}")
    expect(page.get_by_role("textbox")).to_have_value(code)  # written there, not sent
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS[language]["question"])

    go(page, "button[name=allow][value=no]")

    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS[language]["no"])
    assert board.ask()["error"] == "access_denied"


@pytest.mark.parametrize("language", WORDS)
def test_a_code_that_has_run_out_is_explained(visit, board, language):
    page = visit(language)
    code = board.begin()
    DeviceGrant.objects.update(expires=timezone.now() - timedelta(seconds=1))
    page.goto("/device/")

    type_code(page, code)

    expect(page.locator(".field-error")).to_contain_text(WORDS[language]["unknown"])
    assert board.ask()["error"] == "expired_token"


def test_a_device_is_not_let_in_by_a_page_that_was_left_open_too_long(visit, board):
    page = visit()
    page.goto("/device/")
    type_code(page, board.begin())
    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS["vi"]["question"])
    DeviceGrant.objects.update(expires=timezone.now() - timedelta(seconds=1))

    go(page, "button[name=allow][value=yes]")

    expect(page.locator(".field-error")).to_contain_text(WORDS["vi"]["unknown"])
    assert not AuditEntry.objects.filter(action=Action.GRANTED).exists()


@pytest.mark.parametrize("language", WORDS)
def test_axe_finds_no_serious_fault_on_the_pages_of_a_device(visit, board, language):
    page = visit(language, size=PHONE, is_mobile=False, bypass_csp=True)

    def look():
        for size in (PHONE, NARROW, DESK):
            page.set_viewport_size(size)
            assert (size["width"], wider_than_the_window(page)) == (size["width"], [])
            assert serious(Axe().run(page)) == []
        page.emulate_media(color_scheme="dark")
        assert serious(Axe().run(page, options=CONTRAST)) == []
        page.emulate_media(color_scheme="light")

    page.goto("/device/")
    look()
    type_code(page, UNKNOWN)
    expect(page.locator(".field-error")).to_contain_text(WORDS[language]["unknown"])
    look()
    type_code(page, board.begin())
    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS[language]["question"])
    look()
    page.locator("button[name=allow][value=no]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS[language]["no"])
    look()


# --- a system that is left by a frame -------------------------------------------------------------


class OldSystem:
    """A system of the same house that knows front-channel sign-out only: its own cookie says who is signed in."""

    def __init__(self):
        self.server = make_server("localhost", 0, self, handler_class=QuietHandler)
        self.address = f"http://localhost:{self.server.server_port}"
        self.left = []  # what the addresses said that ended a session
        serve(self.server)

    def __call__(self, environ, start_response):
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        who = cookies["old"].value if "old" in cookies else "nobody"
        headers = [("Content-Type", "text/html"), ("Cache-Control", "no-store")]
        match environ["PATH_INFO"]:
            case "/in":
                headers.append(("Set-Cookie", "old=ha; Path=/; HttpOnly; SameSite=Lax"))
            case "/out":
                self.left.append((who, parse_qs(environ["QUERY_STRING"])))
                headers.append(("Set-Cookie", "old=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"))
        start_response("200 OK", headers)
        return [f"<!doctype html><title>Old</title><h1>{who}</h1>".encode()]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def old():
    system = OldSystem()
    yield system
    system.stop()


@pytest.fixture
def entered(old, intranet, person, visit):
    """A browser that is signed in here and there, and the ID token that the system got."""
    system = ensure_client(
        "Hệ thống cũ", redirect_uris=REDIRECT, allowed_scopes=["openid", "profile", "email", "organization"],
        skip_authorization=True, frontchannel_logout_uri=f"{old.address}/out?from=intranet",
        post_logout_redirect_uris=f"{old.address}/bye",
    )  # fmt: skip
    client = Client()
    client.force_login(person)
    token = tokens_of(client, system)["id_token"]
    page = visit(client=client)
    page.goto(f"{old.address}/in")
    page.goto(f"{old.address}/")
    expect(page.get_by_role("heading")).to_have_text("ha")
    return page, token, client.session["sid"]


def test_signing_out_here_clears_the_cookie_there(entered, old, intranet):
    page, _token, sid = entered
    page.goto("/sign-out/")
    page.locator("main form button[type=submit]").first.focus()
    with page.expect_response(lambda answer: answer.url.startswith(f"{old.address}/out")):
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Đã đăng xuất khỏi mạng nội bộ")
    page.wait_for_load_state("networkidle")

    page.goto(f"{old.address}/")

    expect(page.get_by_role("heading")).to_have_text("nobody")
    assert old.left == [("ha", {"from": ["intranet"], "iss": [intranet], "sid": [sid]})]
    page.goto("/people/")
    assert "/sign-in/" in page.url


def test_a_sign_out_that_the_system_began_clears_its_cookie_and_comes_back(entered, old):
    page, token, sid = entered
    query = {"id_token_hint": token, "post_logout_redirect_uri": f"{old.address}/bye", "state": "z"}

    page.goto(f"/oauth/end-session/?{urlencode(query)}")
    page.wait_for_url(f"{old.address}/bye?state=z")

    expect(page.get_by_role("heading")).to_have_text("nobody")
    assert [(who, query["sid"]) for who, query in old.left] == [("ha", [sid])]


def test_no_other_page_may_be_framed_there(entered, old, intranet):
    """The content policy of the page after a sign-out names the systems that are left, and nobody else."""
    page, _token, _sid = entered
    stranger = OldSystem()
    page.goto("/sign-out/")
    with page.expect_response(lambda answer: answer.url.startswith(f"{old.address}/out")):
        page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")

    refused = page.evaluate(FRAME, f"{stranger.address}/out")
    page.goto("/device/")
    refused_elsewhere = page.evaluate(FRAME, f"{old.address}/out")

    assert (refused, refused_elsewhere) == (["frame-src", stranger.address], ["frame-src", old.address])
    assert (len(old.left), stranger.left) == (1, [])
    stranger.stop()


FRAME = """address => new Promise(done => {
    document.addEventListener("securitypolicyviolation", seen =>
        done([seen.effectiveDirective, new URL(seen.blockedURI).origin]));
    const frame = document.createElement("iframe");
    frame.onload = () => setTimeout(() => done("loaded"), 2000);
    frame.src = address;
    document.body.append(frame);
})"""
