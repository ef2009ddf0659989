"""What browsers say in their own language, forms say in the page's."""

import pytest
from playwright.sync_api import expect

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
