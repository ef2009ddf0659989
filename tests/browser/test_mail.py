"""Letters and invitations between two people, each before a screen of their own."""

import re
import smtplib
from email.message import EmailMessage

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from demo.people import DOMAIN, NAMED
from demo.servers import HOST

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
    officer.locator("[data-editor]").fill("Kính gửi đồng chí, đề nghị góp ý trước thứ Sáu.")
    officer.get_by_role("button", name="Gửi", exact=True).click()
    expect(officer).not_to_have_url(re.compile("compose"))

    open_letter(clerk, SUBJECT)
    clerk.get_by_role("link", name="Trả lời", exact=True).click()
    expect(clerk.locator("[name=subject]")).to_have_value(f"Re: {SUBJECT}")
    clerk.locator("[data-editor]").fill("Xin gửi số liệu kèm theo.")
    file = tmp_path / "số-liệu-quý-IV.txt"
    file.write_bytes(CONTENT)
    clerk.locator("[name=files]").set_input_files(file)
    clerk.get_by_role("button", name="Gửi", exact=True).click()
    expect(clerk).not_to_have_url(re.compile("/reply/"))

    open_letter(officer, f"Re: {SUBJECT}")
    expect(officer.locator(".mail-from")).to_contain_text(NAMED["vanthu"][0])
    expect(officer.frame_locator("[data-mail-frame]").locator("body")).to_contain_text(
        "Xin gửi số liệu kèm theo."
    )
    with officer.expect_download() as saved:
        officer.locator(".mail-file a").click()
    assert saved.value.suggested_filename == file.name
    assert saved.value.path().read_bytes() == CONTENT


def test_what_was_written_stays_when_an_address_is_none(page_of):
    page = page_of("nhanvien")
    page.goto("/mail/compose/")
    name_recipient(page, "không-phải-địa-chỉ")
    page.locator("[name=subject]").fill("Một tiêu đề")
    page.locator("[data-editor]").fill("Một đoạn đã soạn rất lâu.")

    page.get_by_role("button", name="Gửi", exact=True).click()

    expect(page.locator("#field-to .field-error")).to_contain_text("không-phải-địa-chỉ")
    expect(page.locator("[name=subject]")).to_have_value("Một tiêu đề")
    expect(page.locator("[data-editor]")).to_have_text("Một đoạn đã soạn rất lâu.")


def faults(page_of, address: str) -> list[tuple[str, str]]:
    """Return what axe-core finds that keeps people from using the page of nhanvien at ``address``."""
    page = page_of("nhanvien", bypass_csp=True)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("critical", "serious")]


def test_a_letter_is_formatted_by_keyboard_kept_as_a_draft_and_sent(page_of):
    subject = "Thư có định dạng (thử trên trình duyệt)"
    page = page_of("nhanvien")
    page.goto("/mail/compose/")
    name_recipient(page, f"vanthu@{DOMAIN}")
    page.locator("[name=subject]").fill(subject)
    editor, keys = page.locator("[data-editor]"), page.keyboard

    page.locator("[name=subject]").press("Tab")
    for key in ("ArrowRight", "ArrowRight", "Home"):
        keys.press(key)
    expect(page.get_by_role("button", name="Chữ đậm")).to_be_focused()
    keys.press("Enter")
    keys.type("Kính gửi")
    keys.press("Control+b")
    keys.type(" đồng chí,")
    keys.press("Enter")
    page.get_by_role("button", name="Danh sách dấu đầu dòng").click()
    keys.type("một")
    keys.press("Enter")
    keys.type("trang")
    keys.press("Shift+Home")
    page.get_by_role("button", name="Liên kết").click()
    keys.type("không phải địa chỉ")
    keys.press("Enter")
    expect(page.locator("dialog[open]")).to_have_count(1)
    page.locator("dialog[open] input").fill("example.vn/a")
    keys.press("Enter")
    expect(editor.locator("a")).to_have_count(1)
    expect(page.locator("dialog[open]")).to_have_count(0)
    written = (
        "<div><b>Kính gửi</b> đồng chí,</div>"
        '<ul><li>một</li><li><a href="https://example.vn/a">trang</a></li></ul>'
    )
    assert editor.inner_html().replace("<br>", "") == written
    page.get_by_role("button", name="Hoàn tác").click()
    expect(editor.locator("a")).to_have_count(0)
    page.get_by_role("button", name="Làm lại").click()
    assert faults(page_of, "/mail/compose/") == []

    page.get_by_role("button", name="Lưu nháp").click()
    expect(page).to_have_url(re.compile("/draft/"))
    expect(editor.locator("ul a")).to_have_text("trang")
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page).not_to_have_url(re.compile("/draft/"))

    clerk = page_of("vanthu")
    open_letter(clerk, subject)
    body = clerk.frame_locator("[data-mail-frame]")
    expect(body.locator("b")).to_have_text("Kính gửi")
    expect(body.locator("ul a")).to_have_attribute("href", "https://example.vn/a")


def test_plain_text_is_a_choice_that_is_remembered(page_of):
    page = page_of("vanthu")
    page.goto("/mail/compose/")
    page.locator("[data-editor]").fill("Một dòng")
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="Trích dẫn").click()

    page.get_by_label("Chữ thường, không định dạng").check()
    expect(page.locator("[name=text]")).to_have_value(re.compile(r"^> Một dòng\n?$"))
    expect(page.get_by_role("toolbar")).to_be_hidden()
    page.get_by_label("Chữ thường, không định dạng").uncheck()
    expect(page.locator("[data-editor] blockquote")).to_have_text("Một dòng")
    page.get_by_label("Chữ thường, không định dạng").check()

    page.once("dialog", lambda dialog: dialog.accept())
    page.goto("/mail/compose/")
    expect(page.locator("[name=text]")).to_be_visible()


def test_without_scripts_a_letter_is_plain_text(page_of):
    page = page_of("nhanvien")
    page.goto("/")
    context = page_of.context(storage_state=page_of.sessions["nhanvien"], java_script_enabled=False)
    bare = context.new_page()
    bare.goto("/mail/compose/")

    expect(bare.locator("[name=text]")).to_be_visible()
    for part in ("[data-editor]", "[data-format]", "[data-plain]"):
        expect(bare.locator(part)).to_be_hidden()


def test_an_invitation_is_answered_where_it_is_read(page_of, suite):
    title = "Họp liên ngành (thử trên trình duyệt)"
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//other//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:browser@elsewhere.example",
        "DTSTAMP:20261101T000000Z",
        "DTSTART:20301125T010000Z",
        "DTEND:20301125T023000Z",
        f"SUMMARY:{title}",
        f"ORGANIZER:mailto:vanthu@{DOMAIN}",
        f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:nhanvien@{DOMAIN}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"vanthu@{DOMAIN}", f"nhanvien@{DOMAIN}", title
    mail.set_content("Kính mời.")
    mail.add_alternative("\r\n".join(lines), subtype="calendar", params={"method": "REQUEST"})
    with smtplib.LMTP(HOST, suite.servers["dovecot"].lmtp_port) as lmtp:
        lmtp.send_message(mail)
    officer = page_of("nhanvien")
    open_letter(officer, title)

    officer.get_by_role("button", name="Có thể tham dự").click()

    chosen = officer.get_by_role("button", name="Có thể tham dự", pressed=True)
    expect(chosen).to_be_visible()
    assert faults(page_of, officer.url) == []
    officer.locator(".mail-card a").first.click()
    expect(officer.locator("h1")).to_have_text(title)
    expect(officer.locator(".calendar-invitation")).to_contain_text(f"vanthu@{DOMAIN}")
    clerk = page_of("vanthu")
    open_letter(clerk, f"Có thể tham dự: {title}")


def test_a_deleted_message_comes_back_by_keyboard_and_the_offer_is_read_out(page_of):
    page = page_of("vanthu")
    page.add_init_script("""addEventListener("load", () => {
        const said = document.querySelector(".messages");
        const heard = new MutationObserver(() => { document.body.dataset.heard = "yes"; });
        if (said) heard.observe(said, { childList: true });
    })""")
    page.goto("/mail/")
    row = page.locator(".mail-row").first
    subject = row.locator(".mail-subject").inner_text()
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Xóa", exact=True).first.click()
    expect(page.locator(".messages")).to_contain_text("Đã chuyển 1 thư vào Thùng rác.")
    expect(page.locator("body")).to_have_attribute("data-heard", "yes")
    assert faults(page_of, "/mail/") == []

    page.locator("#main").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Hoàn tác")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator(".messages")).to_contain_text("Đã đưa 1 thư về chỗ cũ.")
    expect(page.locator(".mail-row").first.locator(".mail-subject")).to_have_text(subject)
