"""What browsers say in their own language, forms say in the page's."""

import pytest
from playwright.sync_api import expect

from demo.browser import sign_in
from demo.people import DOMAIN

WORDS = {
    "vi": ("Chưa chọn tệp nào", "Thứ Hai, 23/11/2026", "Chủ nhật, 29/11/2026"),
    "en": ("No file chosen", "Monday, 23/11/2026", "Sunday, 29/11/2026"),
}


@pytest.mark.parametrize("language", WORDS)
def test_days_and_files_are_told_in_the_language_of_the_page(page_of, suite, language):
    page = page_of("nhanvien")
    page.context.add_cookies([{"name": "django_language", "value": language, "url": suite.address}])
    nothing, monday, sunday = WORDS[language]

    page.goto("/tasks/new/")
    due, files = page.locator("#field-due"), page.locator("#field-files")

    expect(due.locator(".field-day")).to_be_empty()
    expect(files).to_contain_text(nothing)
    due.locator("input").fill("2026-11-23")
    expect(due.locator(".field-day")).to_have_text(monday)
    due.locator("input").fill("2026-11-29")
    expect(due.locator(".field-day")).to_have_text(sunday)
    files.locator("input").set_input_files(
        [
            {"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
            for name in ("Một", "Hai")
        ]
    )
    expect(files).to_contain_text("Một.pdf, Hai.pdf")


def test_fields_that_htmx_brings_later_say_their_day_and_files_once(page_of):
    page = page_of("nhanvien")
    page.goto("/tasks/new/")
    expect(page.locator("#field-files .is-drawn")).to_have_count(1)

    page.evaluate("""() => {
        const fields = [document.querySelector("#field-due"), document.querySelector("#field-files")];
        const plain = fields.map((field) => {
            const copy = field.cloneNode(true);
            copy.id += "-later";
            copy.querySelector(".field-day")?.remove();
            copy.querySelector(".is-drawn")?.classList.remove("is-drawn");
            return copy.outerHTML;
        });
        htmx.swap("main form.form", plain.join(""), { swapStyle: "beforeend" });
    }""")
    page.locator("#field-due-later input").fill("2026-11-23")

    expect(page.locator("#field-due-later .field-day")).to_have_text("Thứ Hai, 23/11/2026")
    expect(page.locator("#field-files-later .is-drawn")).to_have_count(1)
    expect(page.locator("#field-due .field-day")).to_have_count(1)


@pytest.mark.parametrize("ends_by", ["expired", "another person"])
def test_what_was_typed_outlives_the_session(page_of, suite, ends_by):
    page = page_of("nhanvien")
    page.goto("/mail/compose/")
    page.get_by_role("combobox", name="Người nhận").fill(f"vanthu@{DOMAIN}")
    page.keyboard.press("Enter")
    page.get_by_label("Tiêu đề").fill(f"Thư dài ({ends_by})")
    page.get_by_label("Đính kèm tệp").set_input_files(
        {"name": "Một.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
    )
    own = page.context.cookies()

    page.context.clear_cookies(name="session")
    if ends_by == "another person":
        sign_in(page.context.new_page(), "lanhdao")
    page.get_by_role("button", name="Gửi", exact=True).click()

    dialog = page.locator("#signed-out")
    expect(dialog).to_contain_text("Chưa có gì được gửi đi")
    expect(page).to_have_url(f"{suite.address}/mail/compose/")
    if ends_by == "another person":
        dialog.get_by_role("button", name="Đóng").click()
        page.context.clear_cookies(name="session")
        sign_in(page.context.new_page(), "nhanvien")
    else:
        with page.context.expect_page() as opened:
            dialog.get_by_role("link", name="Đăng nhập ở thẻ mới").click()
        sign_in(opened.value, "nhanvien")
    assert {one["value"] for one in own if one["name"] == "csrf"} != {
        one["value"] for one in page.context.cookies() if one["name"] == "csrf"
    }
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Gửi", exact=True).click()

    expect(page.locator("main")).to_contain_text("Đã gửi thư.")
    page.goto("/mail/box/Sent/")
    page.get_by_role("link", name=f"Thư dài ({ends_by})").first.click()
    expect(page.locator("main")).to_contain_text("Một.pdf")


def test_a_form_is_sent_once_and_again_after_going_back(page_of):
    page = page_of("nhanvien")
    page.goto("/tasks/new/")
    page.get_by_label("Tên công việc").fill("Việc gửi hai lần")
    sent = []

    def stay(route):
        sent.append(route.request.url)
        route.fulfill(status=204)

    page.route("**/tasks/new/", stay)
    with page.expect_response("**/tasks/new/"):
        page.get_by_role("button", name="Giao việc").dblclick()
    expect(page.locator("form[data-sending]").get_by_role("button", name="Giao việc")).to_be_visible()
    page.get_by_role("button", name="Giao việc").click()
    assert len(sent) == 1

    # As browsers do that keep a page as it was and show it once more; the one of the tests keeps none.
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("form[data-sending]")).to_have_count(0)
    with page.expect_response("**/tasks/new/"):
        page.get_by_role("button", name="Giao việc").click()

    assert len(sent) == 2


def test_what_was_typed_outlives_a_lost_connection(page_of):
    page = page_of("nhanvien")
    page.goto("/tasks/new/")
    page.get_by_label("Tên công việc").fill("Việc khi mất mạng")

    page.context.set_offline(True)
    page.get_by_role("button", name="Giao việc").click()

    expect(page.locator("#toasts")).to_contain_text("Nội dung đã nhập vẫn còn nguyên.")
    expect(page.get_by_label("Tên công việc")).to_have_value("Việc khi mất mạng")
    assert [one for one in page_of.complaints if "ERR_INTERNET_DISCONNECTED" not in one] == []
    page_of.complaints.clear()


def test_an_event_asks_about_repetition_only_where_it_repeats(page_of):
    page = page_of("nhanvien")
    page.goto("/calendar/events/new/")
    until, days = page.locator("#field-repeat_until"), page.locator("#field-weekdays")
    start = page.locator("#field-start_time")

    for choice, asked in (("", (False, False)), ("WEEKLY", (True, True)), ("DAILY", (True, False))):
        page.locator("[name=repeat]").select_option(choice)
        assert (choice, until.is_visible(), days.is_visible()) == (choice, *asked)
    expect(start).to_be_visible()
    page.get_by_label("Cả ngày").check()
    expect(start).to_be_hidden()


def test_what_is_wrong_about_repetition_is_never_hidden(page_of):
    page = page_of("nhanvien")
    page.goto("/calendar/events/new/")
    page.locator("[name=summary]").fill("Họp")
    page.locator("[name=repeat]").select_option("DAILY")
    page.locator("[name=repeat_until]").fill("2020-01-02")
    page.locator("[name=repeat]").select_option("")

    page.get_by_role("button", name="Ghi vào lịch").click()

    expect(page.locator("#field-repeat_until .field-error")).to_be_visible()


def test_a_name_with_a_comma_is_one_recipient(page_of):
    page = page_of("nhanvien")
    page.goto(
        "/mail/compose/?to=%22Nguy%E1%BB%85n%20H%C3%A0,%20V%E1%BB%A5%20B%C6%B0u%20ch%C3%ADnh%22%20%3Cha@vi.example%3E,b@vi.example"
    )

    expect(page.locator("#field-to .item")).to_have_text(
        ['"Nguyễn Hà, Vụ Bưu chính" <ha@vi.example>', "b@vi.example"]
    )


def test_the_filter_of_documents_opens_below_and_its_button_stays(page_of):
    page = page_of("nhanvien")
    page.goto("/documents/")
    button = page.locator(".documents-filters summary")
    before = button.bounding_box()

    button.click()

    expect(page.locator(".documents-filter-row select").first).to_be_visible()
    assert button.bounding_box() == before
    assert page.locator(".documents-filter-row").bounding_box()["y"] > before["y"] + before["height"]


def test_a_message_to_nobody_leads_to_the_field_of_recipients(page_of):
    page = page_of("nhanvien")
    page.goto("/mail/compose/")
    to = page.locator("#field-to .ts-control")
    before = to.evaluate("(field) => getComputedStyle(field).borderColor")

    page.get_by_role("button", name="Gửi", exact=True).click()

    expect(page.locator("#field-to .field-error")).to_be_visible()
    expect(to.locator("input")).to_be_focused()
    assert to.evaluate("(field) => getComputedStyle(field).borderColor") != before


def test_what_was_written_in_an_editor_outlives_the_session(page_of):
    page = page_of("quantri.donvi")
    page.goto("/admin/")
    page.get_by_role("link", name="Viết tin").first.click()
    title = page.locator("[name=title]")
    title.fill("Tin viết dở khi hết phiên")

    page.context.clear_cookies(name="session")
    save = page.locator("[name=action-submit], [name=action-publish]").first
    save.click()
    dialog = page.locator("#signed-out")
    expect(dialog).to_contain_text("Chưa có gì được gửi đi")
    expect(title).to_have_value("Tin viết dở khi hết phiên")
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Đăng nhập ở thẻ mới").click()
    sign_in(opened.value, "quantri.donvi")
    expect(dialog).to_be_hidden()
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and "/admin/pages/" in answer.url
    ):
        save.click()

    expect(title).to_have_value("Tin viết dở khi hết phiên")
