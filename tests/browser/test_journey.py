"""The morning of an employee: one sign-in, then mail, calendar, tasks, news, documents and a foreign system."""

import re

import pytest
from playwright.sync_api import expect

from demo.people import NAMED, PASSWORD

NAME = NAMED["nhanvien"][0]
ASKED = "chuyen doi so"  # typed without accents
FOUND = re.compile("chuyển đổi số", re.IGNORECASE)
WATCH = "addEventListener('DOMContentLoaded', () => document.querySelector('input[type=password]') && passwordAsked())"


@pytest.fixture
def page(page_of):
    """A page nobody is signed in at. Every page with a password field is written down in ``page.asked``."""
    page = page_of()
    page.asked = []
    page.context.expose_binding("passwordAsked", lambda source: page.asked.append(source["page"].url))
    page.context.add_init_script(WATCH)
    return page


def test_one_sign_in_is_enough(page):
    main, rail = page.locator("main"), page.get_by_role("navigation", name="Ứng dụng")
    page.goto("/")
    page.get_by_label("Tài khoản hoặc địa chỉ thư").fill("nhanvien")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(main.get_by_role("heading", level=1)).to_contain_text(NAME.split()[-1])

    rail.get_by_role("link", name="Thư điện tử").click()
    letter = page.locator(".mail-row a").first
    sender = letter.locator(".mail-who").inner_text()
    letter.click()
    expect(page.locator(".mail-from b").first).to_have_text(sender)
    expect(page.locator(".mail-text, .mail-frame")).to_be_visible()

    rail.get_by_role("link", name="Lịch").click()
    page.get_by_role("link", name="Lãnh đạo Bộ").click()
    week = page.get_by_role("region", name="Bảng").get_by_role("table")
    expect(week.get_by_role("columnheader", name="Bộ trưởng")).to_be_visible()
    expect(week).to_contain_text("Chuẩn bị:")

    rail.get_by_role("link", name="Công việc").click()
    main.locator(".tasks-list .list-title").first.click()
    page.locator("#acts textarea").first.fill("Đã gửi dự thảo báo cáo.")
    page.locator("#acts").get_by_role("button", name="Báo cáo hoàn thành").click()
    expect(main.locator(".page-subtitle .status")).to_have_text("đã báo cáo hoàn thành")
    expect(main).to_contain_text("Đã gửi dự thảo báo cáo.")

    rail.get_by_role("link", name="Tin tức").click()
    story = main.locator(".news-title").first
    title = story.inner_text()
    story.click()
    expect(main.get_by_role("heading", level=1)).to_have_text(title)

    page.get_by_role("searchbox", name="Tìm trong toàn bộ hệ thống").fill(ASKED)
    panel = page.locator("#search-panel")
    expect(panel.get_by_role("link", name=FOUND).first).to_be_visible()
    panel.locator("a[href^='/documents/']").first.click()
    expect(main.get_by_role("heading", level=1)).to_contain_text(FOUND)
    expect(main).to_contain_text("Tệp văn bản")

    page.locator(".launcher summary").click()
    with page.expect_popup() as opened:
        page.locator(".launcher").get_by_role("link", name="Cổng dịch vụ công").click()
    foreign = opened.value
    foreign.get_by_role("link", name="Đăng nhập bằng tài khoản nội bộ").click()
    expect(foreign.get_by_role("heading", level=1)).to_have_text(f"Xin chào, {NAME}")
    assert [address.partition("?")[0] for address in page.asked] == [f"{origin(page)}/sign-in/"]


def origin(page):
    return page.evaluate("location.origin")


def test_the_keyboard_is_enough(page):
    keys = page.keyboard
    page.goto("/")
    expect(page.get_by_label("Tài khoản hoặc địa chỉ thư")).to_be_focused()
    keys.type("nhanvien")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME.split()[-1])

    go(page, "nav.rail a[href='/mail/']")
    skip_to_content(page)
    go(page, ".mail-row a")
    expect(page.locator(".mail-message h2")).not_to_be_empty()

    go_from_the_top(page, "nav.rail a[href='/calendar/']")
    skip_to_content(page)
    go(page, "main a[href='/calendar/leaders/']")
    expect(page.get_by_role("columnheader", name="Bộ trưởng")).to_be_visible()

    go_from_the_top(page, "nav.rail a[href='/tasks/']")
    skip_to_content(page)
    go(page, ".tasks-list .list-title")
    tab_to(page, "#acts textarea")
    keys.type("Đã hoàn thành, không dùng chuột.")
    go(page, "#acts .btn-primary")
    expect(page.locator("main .page-subtitle .status")).to_have_text("đã báo cáo hoàn thành")

    go_from_the_top(page, "nav.rail a[href='/news/']")
    skip_to_content(page)
    go(page, "main .news-title")
    expect(page.locator("main article")).to_be_visible()

    keys.press("/")
    expect(page.get_by_role("searchbox", name="Tìm trong toàn bộ hệ thống")).to_be_focused()
    keys.type(ASKED)
    keys.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/"))
    skip_to_content(page)
    go(page, "main a[href^='/documents/']")
    expect(page.get_by_role("heading", level=1)).to_contain_text(FOUND)

    go_from_the_top(page, ".launcher summary")
    tab_to(page, ".launcher a[target=_blank]")
    with page.expect_popup() as opened:
        keys.press("Enter")
    foreign = opened.value
    go(foreign, "a[href='/sign-in']")
    expect(foreign.get_by_role("heading", level=1)).to_have_text(f"Xin chào, {NAME}")
    assert [address.partition("?")[0] for address in page.asked] == [f"{origin(page)}/sign-in/"]


RING = """() => {
    for (let one = document.activeElement; one && one !== document.body; one = one.parentElement) {
        for (const part of [null, "::after"]) {
            const style = getComputedStyle(one, part);
            if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) return true;
        }
    }
    return false;
}"""


def tab_to(page, selector, most=60):
    """Press Tab until the first element that ``selector`` finds has the focus; each stop shows where it is."""
    wanted = page.locator(selector).first
    wanted.wait_for(state="attached")
    for _press in range(most):
        page.keyboard.press("Tab")
        assert page.evaluate(RING), (
            f"no focus ring: {page.evaluate('document.activeElement.outerHTML')[:200]}"
        )
        if wanted.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"{selector} is not reached by {most} Tabs")


def go(page, selector):
    tab_to(page, selector)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def go_from_the_top(page, selector):
    """As ``go``, from the beginning of the page, where Ctrl+Home and the address bar lead in a real window."""
    page.reload()
    go(page, selector)


def skip_to_content(page):
    page.locator("main").wait_for()
    tab_to(page, "a.skip")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
