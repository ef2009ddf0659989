"""Registered systems and signing out of them, in a real browser: for everybody, and with the demo's foreign system."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from demo import browser as demo
from demo.browser import DESK, PHONE
from tests.browser.test_pages import CONTRAST, NARROW, serious, wider_than_the_window

FOREIGN = "Cổng dịch vụ công"
BELOW = {"system": "", "edit": "edit/", "rule": "rule/", "why": "why/?account=nhanvien&address=10.1.2.3"}
OTHERS = {
    "list": "/systems/",
    "kind": "/systems/new/",
    "form": "/systems/new/?preset=nextcloud&base=https://cloud.example",
    "sign-out": "/sign-out/",
}


@pytest.fixture
def show(page_of):
    """Return a function that opens a page of systems as the system admin."""

    def open_page(name, **more):
        page = page_of("quantri", **more)
        page.goto(OTHERS.get(name, "/systems/"))
        if name in BELOW:
            address = page.get_by_role("link", name=FOREIGN).first.get_attribute("href")
            page.goto(address + BELOW[name])
        page.wait_for_load_state("networkidle")
        return page

    return open_page


@pytest.mark.parametrize("name", [*OTHERS, *BELOW])
def test_axe_finds_no_serious_fault_and_nothing_is_wider_than_the_window(show, name):
    page = show(name, size=PHONE, is_mobile=False, bypass_csp=True)

    for size in (PHONE, NARROW, DESK):
        page.set_viewport_size(size)
        assert (size["width"], wider_than_the_window(page)) == (size["width"], [])
        assert serious(Axe().run(page)) == []
    page.emulate_media(color_scheme="dark")
    assert serious(Axe().run(page, options=CONTRAST)) == []


WORDS = {"vi": ("Đăng xuất?", "đã xác nhận đăng xuất"), "en": ("Sign out?", "has confirmed the sign-out")}


@pytest.mark.parametrize(("language", "account"), [("vi", "lanhdao"), ("en", "vanthu")])
def test_sign_out_by_keyboard_reaches_the_other_system_and_shows_its_receipt(
    page_of, show, language, account
):
    given = show("system").get_by_text("/callback").first.inner_text()
    portal = given.split("/callback")[0].split()[-1]
    page = page_of()
    demo.sign_in(page, account)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": page.url}])
    page.goto(f"{portal}/sign-in")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Xin chào")

    page.goto("/sign-out/")
    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS[language][0])
    page.locator("main form button[type=submit]").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text(WORDS[language][1])).to_be_visible()
    page.goto(f"{portal}/")
    expect(page.get_by_text("Xin chào")).to_have_count(0)


def test_settings_are_copied_by_a_click(show):
    page = show("system")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    field = page.get_by_label("Mã hệ thống (client ID)", exact=True)

    button = field.locator("xpath=following-sibling::button")
    button.click()

    expect(button).to_have_text("Đã sao chép")
    assert page.evaluate("navigator.clipboard.readText()") == field.input_value() == "foreign-system"
