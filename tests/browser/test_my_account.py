"""One's own account in a real browser, by keyboard alone, in both languages."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from demo import browser as demo
from demo.browser import DESK, PHONE
from demo.people import people
from tests.browser.test_pages import CONTRAST, NARROW, serious, wider_than_the_window

# People of one department whom no other test signs in; each test has its own.
COLLEAGUES = [person for person in people() if person.posts[0].unit.split(".")[0] == "PTTH&TTĐT"][20:]
ELSEWHERE = next(person for person in people() if person.posts[0].unit.split(".")[0] == "HTQT")
WORDS = {
    "vi": {
        "account": "Tài khoản của tôi", "devices": "Thiết bị và phiên làm việc", "end": "Đăng xuất",
        "yes": "Đồng ý", "everywhere": "Đăng xuất mọi nơi", "delegation": "Ủy quyền", "give": "Ủy quyền",
        "nobody": "Chưa ủy quyền cho ai.", "receiver": "Người được ủy quyền",
    },
    "en": {
        "account": "My account", "devices": "Devices and sessions", "end": "Sign out",
        "yes": "Yes, go on", "everywhere": "Sign out everywhere", "delegation": "Delegation",
        "give": "Let them act for me", "nobody": "Nobody acts for you.", "receiver": "Who acts for you",
    },
}  # fmt: skip


def signed_in(page_of, account, language="vi", **more):
    page = page_of(**more)
    demo.sign_in(page, account)
    cookie = {"name": "django_language", "value": language, "url": page.url}
    page.context.add_cookies([cookie])
    return page


def press_until(page, key: str, is_there) -> None:
    for _ in range(60):
        if page.evaluate(is_there):
            return
        page.keyboard.press(key)
    raise AssertionError(f"the keyboard does not get there: {is_there}")


def tab_to(page, text: str, tag: str = "") -> None:
    words = f"document.activeElement.matches({(tag or 'a, button')!r})"
    press_until(page, "Tab", f"{words} && document.activeElement.innerText.trim() === {text!r}")


def is_in(page) -> bool:
    page.goto("/people/")
    return "/sign-in/" not in page.url


@pytest.mark.parametrize(("language", "number"), [("vi", 1), ("en", 2)])
def test_the_keyboard_is_enough_to_sign_out_another_device_and_then_everywhere(page_of, language, number):
    account, words = COLLEAGUES[number].uid, WORDS[language]
    here, there = signed_in(page_of, account, language), signed_in(page_of, account, language)
    here.goto("/account/")
    expect(here.get_by_role("heading", level=1)).to_have_text(words["account"])
    tab_to(here, words["devices"])
    here.keyboard.press("Enter")
    expect(here.get_by_role("heading", level=1)).to_have_text(words["devices"])
    tab_to(here, words["end"], "main button")

    here.keyboard.press("Enter")
    tab_to(here, words["yes"])
    here.keyboard.press("Enter")

    expect(here.get_by_role("status").first).to_be_visible()
    assert not is_in(there)
    assert is_in(here)

    here.goto("/account/devices/")
    tab_to(here, words["everywhere"])
    here.keyboard.press("Enter")
    tab_to(here, words["yes"])
    here.keyboard.press("Enter")
    here.wait_for_url("**/sign-in/")
    assert not is_in(here)


@pytest.mark.parametrize(("language", "number"), [("vi", 3), ("en", 5)])
def test_the_keyboard_is_enough_to_let_somebody_act_and_the_other_is_told(page_of, language, number):
    giver, receiver, words = COLLEAGUES[number], COLLEAGUES[number + 1], WORDS[language]
    page = signed_in(page_of, giver.uid, language)
    page.goto("/account/delegation/")
    expect(page.get_by_text(words["nobody"])).to_be_visible()
    page.locator(".ts-control input").focus()
    page.keyboard.type(receiver.name, delay=20)
    expect(page.locator(".ts-dropdown .option.active")).to_contain_text(receiver.name)
    page.keyboard.press("Enter")
    tab_to(page, words["give"], "main button")

    page.keyboard.press("Enter")

    expect(page.get_by_role("status").first).to_contain_text(receiver.name)
    expect(page.locator("main .list-title").first).to_contain_text(receiver.name)
    other = signed_in(page_of, receiver.uid)
    other.goto("/notices/")
    expect(other.locator("main .list-title").first).to_contain_text(giver.name)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_pages_are_sound_and_fit(page_of, size):
    account = COLLEAGUES[7].uid
    page = signed_in(page_of, account, size=size, bypass_csp=True)
    for path in ("", "devices/", "systems/", "delegation/", "data/"):
        page.goto(f"/account/{path}")
        assert serious(Axe().run(page)) == [], path
        page.emulate_media(color_scheme="dark")
        assert serious(Axe().run(page, options=CONTRAST)) == [], path
        page.emulate_media(color_scheme="light")
        if size == PHONE:
            page.set_viewport_size(NARROW)
            assert wider_than_the_window(page) == [], path
            page.set_viewport_size(PHONE)


def test_a_page_without_scripts_can_do_the_same(page_of):
    giver, receiver = COLLEAGUES[8], ELSEWHERE
    page = signed_in(page_of, giver.uid, java_script_enabled=False)
    page.goto("/account/delegation/")
    page.get_by_role("searchbox").last.fill(receiver.name)
    page.keyboard.press("Enter")
    page.locator("select[name=receiver]").select_option(label=f"{receiver.name} ({receiver.uid})")

    page.get_by_role("button", name="Ủy quyền", exact=True).click()

    expect(page.locator("main .list-title").first).to_contain_text(receiver.name)
