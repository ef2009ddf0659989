"""The frame around the apps: language, theme, the unit's page, signing out."""

import re

from playwright.sync_api import expect

from demo import browser as demo

UNIT = "Vụ Kế hoạch - Tài chính"


def test_the_language_is_changed_in_place_and_remembered(page_of):
    page = page_of("quantri")
    page.goto("/tasks/")
    page.locator(".me summary").click()
    page.get_by_role("button", name="English").click()

    expect(page).to_have_url(re.compile("/tasks/$"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tasks")
    page.goto("/documents/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Documents")

    page.locator(".me summary").click()
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Văn bản")


def test_the_theme_is_changed_at_once_and_remembered(page_of):
    page = page_of("quantri")
    page.goto("/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".me summary").click()
    page.get_by_role("button", name="Tối").click()

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.goto("/news/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_unit_admin_edits_the_page_of_the_unit(page_of):
    admin, officer = page_of("quantri.donvi"), page_of("nhanvien")
    sentence = "Vụ tham mưu về chiến lược, quy hoạch, kế hoạch và tài chính của ngành."
    for page in (admin, officer):
        page.goto("/units/")
        page.get_by_role("link", name=UNIT).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(UNIT)
    expect(officer.locator("main a[href*='/admin/']")).to_have_count(0)

    admin.locator("main a[href*='/admin/pages/']").click()
    admin.locator(".public-DraftEditor-content").first.click()
    admin.keyboard.type(sentence)
    expect(admin.locator("[name=introduction]")).to_have_value(re.compile(sentence))
    publish = admin.locator("[name=action-publish]")
    if not publish.is_visible():
        admin.locator(".footer [data-w-dropdown-target=toggle], footer .w-dropdown__toggle").last.click()
    publish.click()
    expect(admin.locator(".messages")).to_contain_text(UNIT)

    officer.reload()
    expect(officer.locator(".prose")).to_contain_text(sentence)


def test_the_unit_admin_finds_a_whole_form_for_news(page_of):
    """The console said: "Comments app failed to initialise"; ``page_of`` looks at it."""
    page = page_of("quantri.donvi")
    page.goto("/news/")

    page.locator("main a[href*='/admin/pages/add/']").click()

    expect(page.locator("#comments-output")).to_have_count(1)
    expect(page.locator("[data-controller~=w-tabs] [role=tab]").first).to_have_attribute(
        "aria-selected", "true"
    )


def test_signing_out_ends_the_session(page_of):
    page = page_of()
    demo.sign_in(page, "quantri")
    kept = page.context.storage_state()
    page.locator(".me summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.locator("input[type=password]")).to_be_visible()

    page.goto("/mail/")
    expect(page.locator("input[type=password]")).to_be_visible()
    thief = page_of.context(storage_state=kept).new_page()
    thief.goto("/mail/")
    expect(thief.locator("input[type=password]")).to_be_visible()


def test_a_wrong_password_is_said_and_the_account_stays(page_of):
    page = page_of()
    page.goto("/sign-in/")
    page.get_by_label("Tài khoản hoặc địa chỉ thư").fill("nhanvien")
    page.get_by_label("Mật khẩu").fill("không phải mật khẩu")
    page.get_by_role("button", name="Đăng nhập").click()

    expect(page.locator(".alert, .field-error").first).to_contain_text("mật khẩu")
    expect(page.get_by_label("Tài khoản hoặc địa chỉ thư")).to_have_value("nhanvien")
    expect(page.get_by_label("Mật khẩu")).to_have_value("")


def test_a_card_is_dragged_to_its_place(page_of):
    page = page_of("lanhdao")
    page.goto("/arrange/")
    cards = page.locator("[data-sort]").first.locator("[data-widget]")
    before = [card.get_attribute("data-widget") for card in cards.all()]
    assert len(before) > 1
    page.evaluate("document.fonts.ready.then(() => null)")  # else lines move while the card does

    with page.expect_response(lambda answer: answer.request.method == "POST"):  # it is kept
        cards.nth(0).locator(".list-title").drag_to(cards.nth(1).locator(".list-meta"))

    expect(cards.nth(1)).to_have_attribute("data-widget", before[0])
    page.reload()
    expect(cards.nth(1)).to_have_attribute("data-widget", before[0])


def test_a_page_that_the_browser_kept_is_shown_to_nobody_else(page_of):
    page = page_of("nhanvien")
    page.goto("/people/")
    shown_again = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"

    # As browsers do that keep a page as it was and show it once more; the one of the tests keeps none.
    with page.expect_response("**/session/"):
        page.evaluate(shown_again)
    expect(page.locator("html")).not_to_have_attribute("hidden", "")
    page.context.clear_cookies()
    page.evaluate(shown_again)

    expect(page).to_have_url(re.compile("/sign-in/"))


def test_the_keyboard_goes_on_where_something_was_drawn_anew(page_of):
    page = page_of("nhanvien")
    page.goto("/arrange/")
    card = page.locator("[data-widget]").first
    name = card.locator(".list-title").inner_text()

    card.get_by_role("button", name="Xuống").press("Enter")  # until it is the last one, whose button is off
    expect(page.locator("[data-widget]").nth(1)).to_contain_text(name)
    expect(page.locator("[data-widget]", has_text=name).locator(":focus")).to_be_visible()
    page.get_by_role("button", name=f"Ẩn: {name}").press("Enter")
    expect(page.get_by_role("button", name=f"Hiện lại: {name}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Ẩn: {name}")).to_be_visible()


def test_the_keyboard_stays_in_the_list_when_a_task_is_done(page_of):
    page = page_of("nhanvien")
    page.goto("/tasks/new/")
    page.locator("[name=title]").fill("Việc làm bằng bàn phím")
    page.locator("main form").get_by_role("button", name="Giao việc").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Việc làm bằng bàn phím")
    page.goto("/tasks/")
    row = page.locator(".tasks-list li", has_text="Việc làm bằng bàn phím")

    row.get_by_role("button").press("Enter")

    expect(row.get_by_role("button")).to_have_count(0)
    expect(row.get_by_role("link")).to_be_focused()
