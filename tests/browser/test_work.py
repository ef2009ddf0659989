"""Work that goes from one person to another, and what they see of it at once."""

import io
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pypdf import PdfReader, PdfWriter

from demo.people import NAMED, people

OFFICER = NAMED["nhanvien"][0]


def head_of_the_officer():
    return next(person.manager for person in people() if person.uid == "nhanvien")


def pdf():
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(595, 842)
    writer.write(out)
    return {"name": "cong-van.pdf", "mimeType": "application/pdf", "buffer": out.getvalue()}


def give_a_task_to_the_officer(page_of):
    head = page_of(head_of_the_officer())
    head.goto("/tasks/new/")
    head.locator("[name=title]").fill("Chuẩn bị tài liệu họp giao ban đột xuất")
    head.locator("[name=lead-find]").fill("nhanvien")
    head.locator("#lead-choices label", has_text=OFFICER).click()
    head.locator("[name=due]").fill((timezone.localdate() + timedelta(days=3)).isoformat())
    head.get_by_role("button", name="Giao việc").click()
    expect(head).to_have_url(re.compile(r"/tasks/\d+/$"))


def test_a_notice_appears_on_an_open_page_without_reload(page_of):
    officer = page_of("nhanvien")
    officer.goto("/documents/")
    officer.evaluate("window.stays = true")

    give_a_task_to_the_officer(page_of)

    expect(officer.locator("#toasts")).to_contain_text("Chuẩn bị tài liệu họp giao ban đột xuất")
    assert officer.evaluate("window.stays") is True
    officer.locator("#toasts a").first.click()
    expect(officer.get_by_role("heading", level=1)).to_have_text("Chuẩn bị tài liệu họp giao ban đột xuất")


KEEP_SOCKETS = """
  window.sockets = [];
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      window.sockets.push(this);
      this.addEventListener("open", () => { document.documentElement.dataset.listens = "yes"; });
    }
  };
"""


@pytest.mark.parametrize(
    "what_happens", ["window.sockets[0].close()", "document.dispatchEvent(new Event('visibilitychange'))"]
)
def test_the_number_at_the_bell_is_right_after_a_cut_and_in_another_tab(page_of, what_happens):
    page = page_of("nhanvien")
    page.add_init_script(KEEP_SOCKETS)
    other = page.context.new_page()
    give_a_task_to_the_officer(page_of)
    for tab in (page, other):
        tab.goto("/people/")
    expect(page.locator("#notice-count")).to_contain_text("chưa đọc")
    expect(page.locator("html")).to_have_attribute("data-listens", "yes")

    other.goto("/notices/")
    other.get_by_role("button", name="Đánh dấu đã đọc tất cả").click()
    expect(other.locator("#notice-count")).to_be_empty()
    page.evaluate(what_happens)

    expect(page.locator("#notice-count")).to_be_empty()


def test_a_day_that_has_passed_is_named_at_its_field_and_nothing_typed_is_lost(page_of):
    page = page_of("nhanvien")
    page.goto("/tasks/new/")
    page.locator("[name=title]").fill("Rà soát số liệu")
    page.locator("[name=description]").fill("Ba trang mô tả đã viết.")
    page.locator("[name=due]").fill("2020-01-02")

    page.locator("main form").get_by_role("button", name="Giao việc").click()

    expect(page.locator("#field-due .field-error")).to_have_text("Ngày này đã qua.")
    expect(page.locator("[name=due]")).to_be_focused()
    expect(page.locator("[name=title]")).to_have_value("Rà soát số liệu")
    expect(page.locator("[name=description]")).to_have_value("Ba trang mô tả đã viết.")


def test_the_clerk_registers_a_document_and_the_officer_finds_the_duty(page_of):
    clerk, officer = page_of("vanthu"), page_of("nhanvien")
    subject = "V/v đề nghị phối hợp kiểm tra an toàn thông tin năm 2027"
    number = f"{timezone.localtime():%H%M%S}"
    clerk.goto("/documents/new/")
    clerk.locator("[name=organisation]").fill("Bộ Công an")
    clerk.locator("[name=code_number]").fill(number)
    clerk.locator("[name=symbol]").fill("BCA-A05")
    clerk.locator("[name=issued_on]").fill((timezone.localdate() - timedelta(days=1)).isoformat())
    clerk.locator("[name=type]").select_option(label="Công văn")
    clerk.locator("[name=subject]").fill(subject)
    clerk.locator("[name=file]").set_input_files(pdf())
    clerk.locator("[name=is_not_secret]").check()
    clerk.get_by_role("button", name="Vào sổ").click()

    expect(clerk).to_have_url(re.compile("/route/"))
    clerk.locator("[name=find]").fill("nhanvien")
    clerk.get_by_label(OFFICER).select_option("lead")
    clerk.locator("[name=instruction]").fill("Đề nghị tham mưu văn bản trả lời.")
    clerk.locator("[name=due_on]").fill((timezone.localdate() + timedelta(days=1)).isoformat())
    clerk.locator("main form").get_by_role("button", name="Chuyển văn bản").click()
    expect(clerk.get_by_role("heading", level=1)).to_have_text(subject)

    officer.goto("/")
    officer.locator("#duties").get_by_role("link", name=subject).click()
    main = officer.locator("main")
    expect(main).to_contain_text(f"{number}/BCA-A05")
    expect(main).to_contain_text("Đề nghị tham mưu văn bản trả lời.")
    with officer.context.expect_event("response", lambda one: "/files/" in one.url) as answer:
        main.get_by_role("link", name="cong-van.pdf").click()
    assert answer.value.headers["content-type"] == "application/pdf"


def test_a_file_that_is_no_pdf_is_named_at_its_field(page_of):
    clerk = page_of("vanthu")
    clerk.goto("/documents/new/")
    clerk.locator("[name=organisation]").fill("Bộ Y tế")
    clerk.locator("[name=subject]").fill("V/v không có tệp đúng")
    clerk.locator("[name=type]").select_option(label="Công văn")
    clerk.locator("[name=issued_on]").fill(timezone.localdate().isoformat())
    false = {"name": "gia.pdf", "mimeType": "application/pdf", "buffer": b"MZ this is a program"}
    clerk.locator("[name=file]").set_input_files(false)
    clerk.locator("[name=is_not_secret]").check()

    clerk.get_by_role("button", name="Vào sổ").click()

    expect(clerk.locator("#field-file .field-error")).to_contain_text("PDF")
    expect(clerk.locator("[name=organisation]")).to_have_value("Bộ Y tế")
    expect(clerk.locator("[name=subject]")).to_have_value("V/v không có tệp đúng")


def test_the_names_of_chairs_take_two_lines_at_most_in_the_list_of_the_week(page_of):
    page = page_of("nhanvien")
    page.goto("/calendar/leaders/?layout=list")
    chairs = page.locator(".calendar-list tbody td:nth-last-child(4)")

    lines = chairs.evaluate_all("""cells => cells.map((cell) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return Math.round(range.getBoundingClientRect().height / parseFloat(getComputedStyle(cell).lineHeight));
    })""")

    assert len(lines) > 5
    assert max(lines) <= 2


def printed(page, url):
    """Return the size and the words of each printed page."""
    page.goto(url)
    sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, format="A4"))).pages
    return [
        ("landscape" if s.mediabox.width > s.mediabox.height else "portrait", s.extract_text())
        for s in sheets
    ]


def test_a_register_is_printed_across_and_everything_else_upright_without_empty_sheets(page_of):
    page = page_of("vanthu")
    page.goto("/documents/registers/")
    register = page.locator("a[href$='/print/']").first.get_attribute("href")
    page.goto("/documents/")
    document = page.locator(".documents-subject").first.get_attribute("href")

    sheets = {url: printed(page, url) for url in (register, document, "/documents/?q=ngan+sach", "/tasks/")}

    assert {url: {way for way, _words in found} for url, found in sheets.items()} == {
        url: {"landscape" if url == register else "portrait"} for url in sheets
    }
    few = [(url, words) for url, found in sheets.items() for _way, words in found if len(words) < 50]
    assert few == []
