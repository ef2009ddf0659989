"""A system that runs in the browser at an origin of its own: npm's openid-client signs in and asks us itself."""

import json
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIServer, make_server

import pytest
from playwright.sync_api import expect

from demo.foreign_system import QuietHandler
from sso.api import ensure_client
from sso.models import Application
from tests.browser.test_provider import intranet, orm_beside_the_browser, person, visit  # noqa: F401 (fixtures)
from tests.serving import serve
from tests.sso.conformance.test_openid_client import installed  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = Path(__file__).with_name("public_system.html")
ASK = """async ([url, token]) => {
  try {
    return (await fetch(url, { headers: { Authorization: `Bearer ${token}` } })).status;
  } catch (error) {
    return error.name;
  }
}"""


class InThreads(ThreadingMixIn, WSGIServer):
    """Chromium opens connections that it may need later, and would keep all others waiting."""

    daemon_threads = True


class Pages:
    """A server of files: the page, and the packages that it imports."""

    def __init__(self, packages: Path):
        self.packages = packages
        self.server = make_server("127.0.0.1", 0, self, server_class=InThreads, handler_class=QuietHandler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        serve(self.server)

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        file, kind = (PAGE, "text/html") if path == "/" else (self.packages / path[1:], "text/javascript")
        if not file.is_file():
            start_response("404 Not Found", [])
            return []
        start_response("200 OK", [("Content-Type", f"{kind}; charset=utf-8")])
        return [file.read_bytes()]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def pages(installed):  # noqa: F811
    server = Pages(installed / "node_modules")
    yield server
    server.stop()


@pytest.fixture
def system(intranet, pages) -> Application:  # noqa: F811
    row, _secret = ensure_client(
        "Bảng giá",
        client_type="public",
        redirect_uris=f"{pages.address}/",
        allowed_scopes=["openid", "profile"],
    )
    return row


def enter(page, pages, system, issuer) -> dict:
    """Sign in to the system, whose page then says what it has learnt."""
    page.goto(f"{pages.address}/?{urlencode({'issuer': issuer, 'id': system.client_id})}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Đăng nhập vào Bảng giá")
    page.locator("button[name=allow][value=yes]").click()
    page.wait_for_url(f"{pages.address}/?code=*")
    expect(page.locator("pre")).not_to_have_text("…")
    return json.loads(page.locator("pre").inner_text())


def test_it_signs_in_reads_who_it_is_refreshes_and_gives_back(visit, pages, system, intranet, person):  # noqa: F811
    page = visit()
    page.add_init_script("sessionStorage.goodbye = 'yes'")

    told = enter(page, pages, system, intranet)

    assert "failed" not in told, told
    assert (told["claims"]["aud"], told["claims"]["sub"]) == (system.client_id, str(person.subject))
    assert (told["info"]["name"], told["after"]) == (person.full_name, 401)


def test_a_page_of_another_origin_reads_nothing_even_with_the_token(visit, pages, system, intranet):  # noqa: F811
    page = visit()
    told = enter(page, pages, system, intranet)
    question = [f"{intranet}/oauth/userinfo/", told["token"]]
    stranger = Pages(pages.packages)

    mine = page.evaluate(ASK, question)
    page.goto(f"{stranger.address}/openid-client/build/index.js")
    theirs = page.evaluate(ASK, question)
    stranger.stop()

    assert (mine, theirs) == (200, "TypeError")


def test_a_system_with_a_secret_is_asked_by_no_page(visit, pages, system, intranet):  # noqa: F811
    page = visit()
    told = enter(page, pages, system, intranet)
    Application.objects.update(client_type="confidential")

    assert page.evaluate(ASK, [f"{intranet}/oauth/userinfo/", told["token"]]) == "TypeError"


APP = "vn.gov.example.app:/back"
QUESTION = {
    "response_type": "code",
    "scope": "openid",
    "code_challenge": "x" * 43,
    "code_challenge_method": "S256",
}


def test_the_page_that_asks_may_hand_over_to_an_app(visit, system, intranet):  # noqa: F811
    """Chromium asks the content policy of a form where its answer leads to, also for a scheme that it does not know."""
    Application.objects.update(redirect_uris=APP)
    page = visit()
    said = []
    page.on("console", lambda message: said.append(message.text))
    about = QUESTION | {"client_id": system.client_id, "redirect_uri": APP}
    page.goto(f"{intranet}/oauth/authorize/?{urlencode(about)}")
    expect(page.locator("main")).to_contain_text("vn.gov.example.app")

    with page.expect_response(lambda answer: "/oauth/consent/" in answer.url) as answered:
        page.locator("button[name=allow][value=yes]").click()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    assert answered.value.headers["location"].startswith(f"{APP}?code=")
    assert [text for text in said if "form-action" in text or "Content Security Policy" in text] == []
