"""Writing: through the pages, by a real SMTP hand-over, into a real Dovecot."""

from email import message_from_bytes
from email.policy import default as modern

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.mail.connections import POOL
from demo import handover
from tests.factories import UserFactory
from tests.mail.conftest import DOMAIN, letter, mailbox, url

pytestmark = pytest.mark.servers

COMPOSE = "/mail/compose/"
LONG = "Về việc đề nghị góp ý dự thảo Kế hoạch ứng dụng công nghệ thông tin năm 2027 của Bộ Thông tin và Truyền thông"


def stored(servers, account: str, folder: str = "INBOX") -> list:
    """Return the messages of a folder, the oldest first, parsed."""
    with mailbox(servers, account) as box:
        box.select_folder(folder)
        found = box.fetch(box.search("ALL"), ["BODY.PEEK[]"])
        return [message_from_bytes(found[uid][b"BODY[]"], policy=modern) for uid in sorted(found)]


def answer_url(uid: int, mode: str, folder: str = "INBOX") -> str:
    return reverse("mail:answer", args=[folder, uid, mode])


def test_a_letter_arrives_and_is_kept_among_the_sent_ones(signed_in, officer, clerk, mail):
    files = [SimpleUploadedFile("Báo cáo quý III.pdf", b"%PDF-1.4 x"), SimpleUploadedFile("rỗng.txt", b"")]
    data = {
        "to": f"Phùng Thị Hồng Nhạn <vanthu@{DOMAIN}>",
        "bcc": officer.email,
        "subject": LONG,
        "text": "Kính gửi đồng chí.\n",
    }

    answer = signed_in(officer).post(COMPOSE, {**data, "files": files, "act": "send"})

    assert answer.status_code == 302
    [got], [kept] = stored(mail, "vanthu"), stored(mail, "nhanvien", "Sent")
    assert (got["From"], got["To"], got["Subject"].strip()) == (
        f"Tạ Hoàng Nguyên Vỹ <nhanvien@{DOMAIN}>",
        f"Phùng Thị Hồng Nhạn <vanthu@{DOMAIN}>",
        LONG,
    )
    assert got.get_body().get_content().replace("\r", "") == "Kính gửi đồng chí.\n"
    assert [(part.get_filename(), part.get_content_type()) for part in got.iter_attachments()] == [
        ("Báo cáo quý III.pdf", "application/pdf"),
        ("rỗng.txt", "text/plain"),
    ]
    assert (got["Bcc"], kept["Bcc"], got["Message-ID"]) == (None, officer.email, kept["Message-ID"])
    assert [one["Subject"].strip() for one in stored(mail, "nhanvien")] == [LONG]


def test_a_reply_belongs_to_the_thread_and_marks_the_message(signed_in, officer, clerk, deliver, mail):
    more = f"References: <first@x>\nCc: Ông B <ongb@{DOMAIN}>, nhanvien@{DOMAIN}\n"
    [uid] = deliver("nhanvien", letter("Họp", "Một\n> Hai", sender=f"Nhạn <vanthu@{DOMAIN}>", more=more))
    client = signed_in(officer)
    original = stored(mail, "nhanvien")[0]["Message-ID"]

    initial = client.get(answer_url(uid, "reply-all")).context["form"].initial
    client.post(
        answer_url(uid, "reply"),
        {"to": initial["to"], "subject": initial["subject"], "text": "Vâng.", "act": "send"},
    )

    assert (initial["to"], initial["cc"], initial["subject"]) == (
        f"Nhạn <vanthu@{DOMAIN}>",
        f"Ông B <ongb@{DOMAIN}>",
        "Re: Họp",
    )
    assert initial["text"].endswith(
        f"Ngày 19/11/2026 lúc 08:12, Nhạn <vanthu@{DOMAIN}> đã viết:\n> Một\n>> Hai\n"
    )
    [got] = stored(mail, "vanthu")
    assert (got["In-Reply-To"], got["References"]) == (original, f"<first@x> {original}")
    with mailbox(mail, "nhanvien") as box:
        box.select_folder("INBOX")
        assert b"\\Answered" in box.get_flags([uid])[uid]


ANSWERED = [
    ("Cc: b@x.vn, NHANVIEN@{0}", "ha@x.vn", "ha@x.vn", "b@x.vn"),
    ("Reply-To: nhom@x.vn, Nhanvien@{0}", "ha@x.vn", "nhom@x.vn", ""),
    ("Cc: b@x.vn", "nhanvien@{0}", "c@x.vn", "b@x.vn"),  # one's own, sent to oneself too
]


@pytest.mark.parametrize(("more", "sender", "to", "cc"), ANSWERED)
def test_an_answer_to_all_does_not_come_back(more, sender, to, cc, signed_in, officer, deliver):
    message = letter(sender=sender.format(DOMAIN), more=f"{more.format(DOMAIN)}\n")
    if sender != "ha@x.vn":
        message = message.replace(f"To: nhanvien@{DOMAIN}", f"To: c@x.vn, nhanvien@{DOMAIN}")
    [uid] = deliver("nhanvien", message)

    form = signed_in(officer).get(url("answer", "INBOX", uid, "reply-all")).context["form"]

    assert (form.initial["to"], form.initial["cc"]) == (to, cc)


@pytest.mark.parametrize("mode", ["reply", "forward"])
def test_an_answer_to_a_subject_that_is_too_long_can_be_sent(mode, signed_in, officer, clerk, deliver, mail):
    [uid] = deliver("nhanvien", letter(LONG * 3, "Họp"))
    client = signed_in(officer)

    initial = client.get(answer_url(uid, mode)).context["form"].initial
    sent = {"to": clerk.email, "subject": initial["subject"], "text": "Vâng.", "act": "send"}

    assert client.post(answer_url(uid, mode), sent).status_code == 302


def test_forwarding_takes_the_chosen_attachments_along(signed_in, officer, clerk, mail):
    client = signed_in(officer)
    files = [SimpleUploadedFile(name, b"x" * 10) for name in ("một.bin", "hai.bin")]
    client.post(COMPOSE, {"to": officer.email, "subject": "Tệp", "files": files, "act": "send"})
    uid = client.get("/mail/").context["page"][0].summary.uid

    form = client.get(answer_url(uid, "forward")).context["form"]
    keep = [value for value in form.initial["keep"] if "hai" in value]
    client.post(answer_url(uid, "forward"), {**form.initial, "to": clerk.email, "keep": keep, "act": "send"})

    [got] = stored(mail, "vanthu")
    assert got["Subject"] == "Fwd: Tệp"
    assert [(part.get_filename(), part.get_content()) for part in got.iter_attachments()] == [
        ("hai.bin", b"x" * 10)
    ]


def test_a_draft_is_kept_taken_up_and_sent_once(signed_in, officer, clerk, mail):
    client = signed_in(officer)
    saved = client.post(
        COMPOSE, {"subject": "Nháp", "text": "Dở", "files": SimpleUploadedFile("a.txt", b"1"), "act": "save"}
    )
    form = client.get(saved["Location"]).context["form"]

    again = client.post(saved["Location"], {**form.initial, "text": "Dở hơn", "act": "save"})
    kept = [
        (one["Subject"], one.get_body().get_content().strip()) for one in stored(mail, "nhanvien", "Drafts")
    ]
    form = client.get(again["Location"]).context["form"]
    client.post(again["Location"], {**form.initial, "to": clerk.email, "act": "send"})

    assert kept == [("Nháp", "Dở hơn")]
    assert stored(mail, "nhanvien", "Drafts") == []
    [got] = stored(mail, "vanthu")
    assert [part.get_filename() for part in got.iter_attachments()] == ["a.txt"]


WRONG = [
    ({"to": ""}, "to"),
    ({"to": "không phải địa chỉ"}, "to"),
    ({"to": "a@b.vn, x@"}, "to"),
    ({"to": ", ".join(f"a{n}@b.vn" for n in range(201))}, "to"),
    ({"cc": "sai"}, "cc"),
    ({"subject": "x" * 300}, "subject"),
    ({"subject": "x\r\nBcc: evil@b.vn"}, "subject"),
]


@pytest.mark.parametrize(("data", "field"), WRONG)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(data, field, signed_in, officer, mail):
    sent = {"to": "a@b.vn", "subject": "Tiêu đề", "text": "Nội dung dài", **data}

    page = signed_in(officer).post(COMPOSE, {**sent, "act": "send"})

    assert (page.status_code, list(page.context["form"].errors)) == (422, [field])
    assert {name: page.context["form"][name].value() for name in sent} == sent
    assert stored(mail, "nhanvien", "Sent") == []


@pytest.mark.parametrize(
    "name", ['x" <a@b.vn>, "y', "x\r\nBcc: evil@b.vn\r\n", "=?utf-8?q?=0ABcc=3A_evil=40b.vn?="]
)
def test_no_header_can_be_smuggled_in(name, signed_in, officer, clerk, mail):
    signed_in(officer).post(
        COMPOSE, {"to": f"{name} <vanthu@{DOMAIN}>", "subject": name.split("\r")[0], "act": "send"}
    )

    for got in stored(mail, "vanthu") + stored(mail, "nhanvien", "Sent"):
        assert (got["Bcc"], got["X-Evil"]) == (None, None)


def test_30_megabytes_are_refused_at_the_field(signed_in, officer, mail):
    big = SimpleUploadedFile("lớn.bin", b"x" * 30 * 1024 * 1024)

    page = signed_in(officer).post(COMPOSE, {"to": "a@b.vn", "text": "Giữ lại", "files": big, "act": "send"})

    assert (page.status_code, list(page.context["form"].errors)) == (422, ["files"])
    assert "25,0\xa0MB" in page.context["form"].errors["files"][0]
    assert page.context["form"]["text"].value() == "Giữ lại"


def test_what_may_be_attached_fits_through_the_demo_s_handover(settings):
    lines = -(-settings.UPLOAD_MAX_BYTES // 57)  # of base64: 76 letters and the end of a line each

    assert lines * 78 + 1024 * 1024 < handover.SIZE_LIMIT_BYTES


def test_chosen_files_survive_an_error(signed_in, officer, clerk, mail):
    client = signed_in(officer)
    file = SimpleUploadedFile("Tờ trình.docx", b"noi dung")

    page = client.post(COMPOSE, {"to": "sai", "subject": "Trình", "files": file, "act": "send"})
    keep = [value for value, _label in page.context["form"].fields["keep"].choices]
    client.post(page.context["action"], {"to": clerk.email, "subject": "Trình", "keep": keep, "act": "send"})

    assert (page.status_code, page.context["form"]["to"].value()) == (422, "sai")
    [got] = stored(mail, "vanthu")
    assert [(part.get_filename(), part.get_content()) for part in got.iter_attachments()] == [
        ("Tờ trình.docx", b"noi dung")
    ]
    assert stored(mail, "nhanvien", "Drafts") == []


def test_an_address_nobody_has_is_said_at_the_field(signed_in, officer, mail):
    page = signed_in(officer).post(COMPOSE, {"to": f"khong.co@{DOMAIN}", "text": "Giữ lại", "act": "send"})

    assert (page.status_code, list(page.context["form"].errors)) == (422, ["to"])
    assert page.context["form"]["text"].value() == "Giữ lại"


def test_a_letter_survives_a_stopped_mail_server(signed_in, officer, mail):
    data = {"to": f"vanthu@{DOMAIN}", "subject": "Quan trọng", "text": "Rất dài"}
    client = signed_in(officer)
    pages = []
    mail.dovecot.stop()
    mail.handover.stop()
    try:
        for act in ("send", "save", "attach"):
            POOL.clear()  # what it knows of the server that is gone
            form = {**data, "act": act, "files": SimpleUploadedFile("a.txt", b"1")}
            pages.append(client.post(COMPOSE, form))
    finally:
        mail.dovecot.start()
        mail.handover.start()
        POOL.clear()

    assert [page.status_code for page in pages] == [503, 503, 503]
    assert [{name: page.context["form"][name].value() for name in data} for page in pages] == [data] * 3
    assert all("Vui lòng chọn lại các tệp đính kèm" in page.content.decode() for page in pages)


def test_an_account_is_enough_as_a_recipient(signed_in, officer, clerk, mail):
    signed_in(officer).post(COMPOSE, {"to": "vanthu", "subject": "Chào", "act": "send"})

    assert [got["To"] for got in stored(mail, "vanthu")] == [clerk.email]


@pytest.mark.django_db
def test_people_are_completed_with_or_without_accents(signed_in, settings):
    settings.MAIL_IMAP_URL = "imap://127.0.0.1:1"
    person = UserFactory(full_name="Nguyễn Thị Thu Hà", email="ha@mic.example")
    UserFactory(full_name="Nguyễn Thị Thu Hà", email="gone@mic.example", is_active=False)

    found = [
        signed_in(person).get("/mail/people/", {"q": query}).json()
        for query in ("thu ha", "Thu Hà", "", "zzz")
    ]

    hit = {
        "value": "Nguyễn Thị Thu Hà <ha@mic.example>",
        "text": "Nguyễn Thị Thu Hà",
        "note": "ha@mic.example",
    }
    assert found == [[hit], [hit], [], []]
