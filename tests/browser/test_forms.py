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
