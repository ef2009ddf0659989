"""Passkeys in a real Chromium with a virtual authenticator: made, used, asked for again, removed; by keyboard."""

import re
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from demo.people import PASSWORD, people
from tests.browser.test_journey import go, tab_to

HOME = re.compile(r"//[^/]+/$")
PEOPLE = {"vi": 300, "en": 301, "conditional": 302, "wrong": 303}  # nobody whom other tests sign in
WORDS = {
    "vi": {"again": "Xác nhận danh tính", "page": "Bước thứ hai và khóa truy cập", "codes": "Mã khôi phục"},
    "en": {"again": "Confirm it is you", "page": "Second step and passkeys", "codes": "Recovery codes"},
}
# The account field's offer would sign in before anybody can press the button.
NO_OFFER = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"
INTERNAL = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


class Authenticator:
    """The fingerprint reader of the browser that shows ``page``."""

    def __init__(self, page):
        self.session = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        made = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": INTERNAL})
        self.name = {"authenticatorId": made["authenticatorId"]}

    @property
    def passkeys(self) -> list[dict]:
        return self.session.send("WebAuthn.getCredentials", self.name)["credentials"]

    def knows_the_finger(self, value: bool) -> None:
        self.session.send("WebAuthn.setUserVerified", {**self.name, "isUserVerified": value})


@pytest.fixture
def visit(page_of, suite):
    """Return a function: a page at the name that passkeys belong to, in a language, and its authenticator."""

    def start(language="vi"):
        page = page_of()
        address = suite.address.replace("127.0.0.1", "localhost")
        cookie = {"name": "django_language", "value": language, "url": address}
        page.context.add_cookies([cookie])
        page.goto_path = lambda path: page.goto(address + path)
        return page, Authenticator(page)

    return start


def sign_in(page, account):
    page.goto_path("/sign-in/")
    expect(page.locator("[name=login]")).to_be_focused()  # the first moment at which somebody could type
    page.keyboard.type(account)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(HOME)


def make_passkey(page, name):
    page.goto_path("/account/security/")
    go(page, "main a[href='/account/security/passkeys/new/']")
    tab_to(page, "#id_name")
    page.keyboard.press("Control+A")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator(".sso-codes li")).to_have_count(10)
    go(page, "main a.btn-primary")
    expect(page.locator(".sso-factor .list-title").first).to_have_text(name)


def sign_out(page):
    page.goto_path("/sign-out/")
    go(page, "main button.btn-primary")
    page.wait_for_url(re.compile("/sign-in/"))


def remove_passkeys(page):
    page.goto_path("/account/security/")
    go(page, "main form[action$='/remove/'] button")
    go(page, "dialog[open] button[value=yes]")  # it asks once more
    expect(page.locator(".sso-factor")).to_have_count(0)


def account_of(name: str) -> str:
    return people()[PEOPLE[name]].uid


@pytest.mark.parametrize("language", ["vi", "en"])
def test_passkey_is_made_used_asked_for_again_and_removed_by_keyboard(visit, language):
    words, account = WORDS[language], account_of(language)
    page, authenticator = visit(language)
    sign_in(page, account)
    if language == "en":  # of the person from now on, not of the browser
        page.goto_path("/sign-out/")
        if page.locator(".plain-foot button[lang=en]").count():
            go(page, ".plain-foot button[lang=en]")
        expect(page.get_by_role("heading", level=1, name="Sign out?")).to_be_visible()
    make_passkey(page, "Máy cơ quan")
    expect(page.get_by_role("heading", level=1, name=words["page"])).to_be_visible()
    expect(page.get_by_role("heading", level=2, name=words["codes"])).to_be_visible()
    assert len(authenticator.passkeys) == 1

    page.add_init_script(NO_OFFER)
    sign_out(page)
    go(page, "form[data-passkey] button")
    page.wait_for_url(HOME)

    page.goto_path("/sign-in/again/?need=act&next=/account/security/")
    expect(page.get_by_role("heading", level=1, name=words["again"])).to_be_visible()
    go(page, "form[data-passkey] button")
    expect(page.locator("#passkeys-title")).to_be_visible()

    remove_passkeys(page)


def test_account_field_offers_the_passkey_and_nothing_needs_typing(visit):
    page, _authenticator = visit()
    sign_in(page, account_of("conditional"))
    make_passkey(page, "Điện thoại")

    sign_out(page)

    page.wait_for_url(HOME)
    remove_passkeys(page)


def test_finger_that_is_not_known_opens_nothing_and_the_password_and_a_code_do(visit):
    page, authenticator = visit()
    account = account_of("wrong")
    sign_in(page, account)
    page.goto_path("/account/security/passkeys/new/")
    go(page, "#id_name")
    expect(page.locator(".sso-codes li")).to_have_count(10)
    codes = page.locator(".sso-codes li").all_inner_texts()
    page.add_init_script(NO_OFFER)
    sign_out(page)

    authenticator.knows_the_finger(False)
    go(page, "form[data-passkey] button")
    expect(page.get_by_role("alert").first).to_be_visible()
    page.locator("#id_login").fill(account)
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/sign-in/second-step/"))
    go(page, "summary")
    tab_to(page, "#id_code")
    page.keyboard.type(codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url(HOME)

    authenticator.knows_the_finger(True)
    page.goto_path("/sign-in/again/?need=act&next=/account/security/")
    go(page, "form[data-passkey] button")
    expect(page.locator("#passkeys-title")).to_be_visible()
    remove_passkeys(page)


def link_for_a_guest(page) -> str:
    """Let the system admin in ``page`` make a guest; return the path of the link."""
    page.goto("/accounts/guests/new/")
    if page.locator("#id_password").count():  # the sign-in was long ago
        page.locator("#id_password").fill(PASSWORD)
        page.keyboard.press("Enter")
    page.locator("#id_name").fill("Lê Thị Khách")
    page.locator("#id_sponsor").fill("nhanvien")
    page.locator("#id_ends_on").fill(timezone.localdate().isoformat())
    page.locator("main form button[type=submit]").click()
    return urlsplit(page.locator("#link").input_value()).path


def test_an_invited_guest_makes_the_passkey_and_signs_in(visit, page_of):
    path = link_for_a_guest(page_of("quantri"))
    page, authenticator = visit()
    page.add_init_script(NO_OFFER)

    page.goto_path(path)
    go(page, "form[data-passkey] button")
    page.wait_for_url(re.compile("/sign-in/$"))
    assert len(authenticator.passkeys) == 1
    go(page, "form[data-passkey] button")

    page.wait_for_url(HOME)
    expect(page.locator("body")).to_contain_text("Khách")


def test_sign_in_page_is_under_30_kilobytes_all_included_and_whole_at_twice_the_size(visit):
    page, _authenticator = visit()
    sizes = {}
    page.on(
        "requestfinished", lambda request: sizes.update({request.url: request.sizes()["responseBodySize"]})
    )

    page.goto_path("/sign-in/")
    page.wait_for_load_state("networkidle")

    scripts = [url for url in sizes if url.partition("?")[0].endswith(".js")]
    assert sum(sizes.values()) < 30_000
    assert [url.rpartition("/")[2].partition(".")[0] for url in scripts] == ["passkeys"]
    page.set_viewport_size({"width": 640, "height": 400})  # 1280 × 800 at 200 %
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_label("Tài khoản hoặc địa chỉ thư")).to_be_focused()
