"""A letter there and back between two people, each before a screen of their own."""

import re

from playwright.sync_api import expect

from demo.people import DOMAIN, NAMED

SUBJECT = "Đề nghị góp ý dự thảo báo cáo quý IV (thử trên trình duyệt)"
CONTENT = "Số liệu quý IV: 1.234 hồ sơ.\n".encode()


def name_recipient(page, address):
    """Name a recipient as one does: type, then leave the field."""
    page.locator("#field-to input[type=text]:visible, #field-to input[role=combobox]:visible").first.fill(
        address
    )
    page.locator("[name=subject]").focus()


def open_letter(page, subject):
    """Look into the mailbox until the letter is there, and open it."""
    row = page.locator(".mail-row", has_text=subject)
    for _try in range(20):
        page.goto("/mail/")
        if row.count():
            break
        page.wait_for_timeout(250)
    row.first.locator("a").click()
    expect(page.locator(".mail-message h2")).to_contain_text(subject)


def test_an_answer_with_an_attachment_arrives(page_of, tmp_path):
    officer, clerk = page_of("nhanvien"), page_of("vanthu")
    officer.goto("/mail/compose/")
    name_recipient(officer, f"vanthu@{DOMAIN}")
    officer.locator("[name=subject]").fill(SUBJECT)
    officer.locator("[name=text]").fill("Kính gửi đồng chí, đề nghị góp ý trước thứ Sáu.")
    officer.get_by_role("button", name="Gửi", exact=True).click()
    expect(officer).not_to_have_url(re.compile("compose"))

    open_letter(clerk, SUBJECT)
    clerk.get_by_role("link", name="Trả lời", exact=True).click()
    expect(clerk.locator("[name=subject]")).to_have_value(f"Re: {SUBJECT}")
    clerk.locator("[name=text]").fill("Xin gửi số liệu kèm theo.")
    file = tmp_path / "số-liệu-quý-IV.txt"
    file.write_bytes(CONTENT)
    clerk.locator("[name=files]").set_input_files(file)
    clerk.get_by_role("button", name="Gửi", exact=True).click()
    expect(clerk).not_to_have_url(re.compile("/reply/"))

    open_letter(officer, f"Re: {SUBJECT}")
    expect(officer.locator(".mail-from")).to_contain_text(NAMED["vanthu"][0])
    expect(officer.locator(".mail-message")).to_contain_text("Xin gửi số liệu kèm theo.")
    with officer.expect_download() as saved:
        officer.locator(".mail-file a").click()
    assert saved.value.suggested_filename == file.name
    assert saved.value.path().read_bytes() == CONTENT


def test_what_was_written_stays_when_an_address_is_none(page_of):
    page = page_of("nhanvien")
    page.goto("/mail/compose/")
    name_recipient(page, "không-phải-địa-chỉ")
    page.locator("[name=subject]").fill("Một tiêu đề")
    page.locator("[name=text]").fill("Một đoạn đã soạn rất lâu.")

    page.get_by_role("button", name="Gửi", exact=True).click()

    expect(page.locator("#field-to .field-error")).to_contain_text("không-phải-địa-chỉ")
    expect(page.locator("[name=subject]")).to_have_value("Một tiêu đề")
    expect(page.locator("[name=text]")).to_have_value("Một đoạn đã soạn rất lâu.")
