"""Servers that refuse: what was written stays, and the words say what is true."""

import asyncio
from contextlib import suppress

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.mail import smtp
from apps.mail.connections import POOL
from demo.people import DOMAIN
from demo.servers import HOST, free_port
from tests.mail.conftest import empty, letter, mailbox, url

pytestmark = pytest.mark.servers

COMPOSE = url("compose")
LETTER = {"to": f"vanthu@{DOMAIN}", "subject": "Trình", "text": "Rất dài", "act": "send"}


class Unruly:
    """Answers as it is told: by recipient, and to the whole message. None breaks the connection off."""

    def __init__(self):
        self.to, self.whole, self.taken = {}, "250 2.0.0 OK", []

    async def auth_XOAUTH2(self, server, args):
        return AuthResult(success=True)

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.to.get(address, "250 2.1.5 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        self.taken.append(envelope.rcpt_tos)
        if self.whole is None:
            server.transport.abort()
        return self.whole or "421 4.3.0 gone"


@pytest.fixture
def unruly(mail, settings):
    server = Unruly()
    port = free_port()
    options = {"auth_require_tls": False, "auth_exclude_mechanism": ["LOGIN", "PLAIN"]}
    controller = Controller(server, hostname=HOST, port=port, **options)
    controller.start()
    settings.MAIL_SMTP_URL = f"smtp://{HOST}:{port}"
    yield server
    with suppress(OSError):
        controller.stop()


@pytest.fixture
def full(mail):
    """The mailboxes have no room for another message."""
    mail.dovecot.stop()
    mail.dovecot.storage = "1K"
    mail.dovecot.start()
    POOL.clear()
    yield mail
    mail.dovecot.stop()
    del mail.dovecot.storage
    mail.dovecot.start()
    POOL.clear()


def errors(page) -> dict[str, list[str]]:
    return {name: list(found) for name, found in page.context["form"].errors.items()}


def subjects(mail, folder: str) -> list[str]:
    with mailbox(mail, "nhanvien") as box:
        box.select_folder(folder)
        return [one[b"ENVELOPE"].subject.decode() for one in box.fetch(box.search(), ["ENVELOPE"]).values()]


# --- outgoing ---

ANSWERS = [
    ("550 5.1.1 unknown", "Máy chủ thư không có địa chỉ này: a@x.vn."),
    ("550 no such user", "Máy chủ thư không có địa chỉ này: a@x.vn."),
    ("550 5.7.1 relaying denied", "Máy chủ thư không nhận thư của bạn gửi cho a@x.vn."),
    ("552 5.2.2 mailbox full", "Hộp thư đã đầy: a@x.vn."),
    ("452 4.2.1 too many", "Máy chủ thư chưa nhận thư gửi cho a@x.vn. Vui lòng thử lại sau."),
    ("450 4.7.1 greylisted", "Máy chủ thư chưa nhận thư gửi cho a@x.vn. Vui lòng thử lại sau."),
]


@pytest.mark.parametrize(("answer", "words"), ANSWERS)
def test_why_a_recipient_was_refused_is_said(answer, words, unruly, signed_in, officer):
    unruly.to = {"a@x.vn": answer}
    client = signed_in(officer)

    alone = client.post(COMPOSE, {**LETTER, "to": "a@x.vn"})
    among = client.post(COMPOSE, {**LETTER, "to": "a@x.vn, b@x.vn"}, follow=True)

    assert (alone.status_code, errors(alone)) == (422, {"to": [words]})
    assert [str(one) for one in among.context["messages"]] == [f"Đã gửi thư. {words}"]
    assert unruly.taken == [["b@x.vn"]]


WHOLE = [
    ("552 5.3.4 too big", "files", "Máy chủ thư không nhận thư có dung lượng lớn như vậy."),
    ("552 too big", "files", "Máy chủ thư không nhận thư có dung lượng lớn như vậy."),
    ("552 5.2.2 full", "to", "Hộp thư của một người nhận đã đầy nên thư chưa được gửi."),
    ("452 4.3.1 no space", "__all__", "Máy chủ thư không nhận thư này. Vui lòng thử lại sau."),
    (None, "__all__", "Máy chủ thư chưa xác nhận: có thể thư đã được gửi hoặc chưa."),
]


@pytest.mark.parametrize(("answer", "field", "words"), WHOLE)
def test_why_a_message_was_not_taken_is_said_and_its_files_stay(
    answer, field, words, unruly, signed_in, officer, mail
):
    unruly.whole = answer
    client = signed_in(officer)

    page = client.post(COMPOSE, {**LETTER, "files": SimpleUploadedFile("a.txt", b"noi dung")})

    [(name, [said])] = errors(page).items()
    assert (page.status_code, name) == (422, field)
    assert said.startswith(words)
    assert page.context["form"]["text"].value() == LETTER["text"]
    assert subjects(mail, "Sent") == []
    [(value, _label)] = page.context["form"].fields["keep"].choices
    number = value.partition(":")[0]
    kept = client.get(page.context["action"].replace("draft/", f"part/{number}/"))
    assert (value, kept.content) == (f"{number}:a.txt", b"noi dung")


def test_a_server_that_takes_its_time_is_waited_for(unruly, signed_in, officer, monkeypatch):
    monkeypatch.setattr(smtp, "READ_SECONDS", 0.2)
    taken = unruly.handle_DATA

    async def slowly(server, session, envelope):
        await asyncio.sleep(0.6)
        return await taken(server, session, envelope)

    unruly.handle_DATA = slowly

    page = signed_in(officer).post(COMPOSE, LETTER, follow=True)

    assert [str(one) for one in page.context["messages"]] == ["Đã gửi thư."]


# --- a mailbox without room ---


@pytest.mark.parametrize(("act", "files"), [("save", []), ("save", ["a.txt"]), ("attach", ["a.txt"])])
def test_a_draft_that_finds_no_room_stays_on_the_page(act, files, full, signed_in, officer):
    given = {"files": [SimpleUploadedFile(name, b"x" * 2000) for name in files]}

    page = signed_in(officer).post(COMPOSE, {**LETTER, "text": "x" * 2000, "act": act, **given})

    assert page.status_code == 422
    said = " ".join(text for found in errors(page).values() for text in found)
    assert "Hộp thư của bạn đã đầy nên bản nháp chưa được lưu." in said
    assert ("Vui lòng chọn lại các tệp đính kèm" in said) == bool(files)
    assert page.context["form"]["text"].value() == "x" * 2000


def test_a_message_whose_copy_finds_no_room_is_said_to_be_sent_without_one(full, unruly, signed_in, officer):
    page = signed_in(officer).post(COMPOSE, {**LETTER, "text": "x" * 2000}, follow=True)

    assert [str(one) for one in page.context["messages"]] == [
        "Đã gửi thư. Không lưu được bản sao vì hộp thư đã đầy."
    ]
    assert len(unruly.taken) == 1


def test_to_a_full_mailbox_nothing_is_said_of_the_size(full, signed_in, officer, mail):
    page = signed_in(officer).post(COMPOSE, {**LETTER, "text": "x" * 2000})

    assert errors(page) == {"to": ["Hộp thư của một người nhận đã đầy nên thư chưa được gửi."]}


# --- a draft that is open twice ---


@pytest.mark.parametrize("act", ["save", "send", "attach"])
def test_a_draft_that_another_window_has_replaced_loses_no_words(act, signed_in, officer, mail):
    client = signed_in(officer)
    file = SimpleUploadedFile("a.txt", b"1")
    address = client.post(COMPOSE, {**LETTER, "files": file, "act": "save"})["Location"]
    keep = [value for value, _label in client.get(address).context["form"].fields["keep"].choices]
    client.post(address, {**LETTER, "keep": keep, "text": "Ở cửa sổ kia", "act": "save"})

    page = client.post(
        address,
        {**LETTER, "keep": keep, "act": act, "files": SimpleUploadedFile("b.txt", b"2")},
    )

    assert (page.status_code, list(errors(page))) == (422, ["files"])
    assert page.context["form"]["text"].value() == LETTER["text"]
    assert page.context["action"] == COMPOSE
    assert subjects(mail, "Sent") == []


def test_an_answer_to_what_was_deleted_meanwhile_is_sent_and_said_to_be(signed_in, officer, deliver, mail):
    [uid] = deliver("nhanvien", letter("Một"))
    empty(mail, "nhanvien")

    page = signed_in(officer).post(url("answer", "INBOX", uid, "reply"), LETTER, follow=True)

    assert (page.status_code, [str(one) for one in page.context["messages"]]) == (200, ["Đã gửi thư."])


# --- odd folders and senders ---


def test_folders_whose_names_have_spaces_at_their_ends_take_messages(signed_in, officer, deliver, mail):
    with mailbox(mail, "nhanvien") as box:
        for name in (" đầu", "cuối "):
            if not box.folder_exists(name):
                box.create_folder(name)
    uids = deliver("nhanvien", letter("Một"), letter("Hai"))
    client = signed_in(officer)

    pages = [
        client.post(url("act", "INBOX"), {"uid": uid, "act": "move", "target": name})
        for uid, name in zip(uids, (" đầu", "cuối "), strict=True)
    ]

    assert [page.status_code for page in pages] == [302, 302]
    assert [len(subjects(mail, name)) for name in (" đầu", "cuối ")] == [1, 1]


def test_the_counts_of_folders_have_names_of_their_own(signed_in, officer, mail):
    names = ["会議", "📁", "Du an", "Dự án"]
    with mailbox(mail, "nhanvien") as box:
        for name in names:
            if not box.folder_exists(name):
                box.create_folder(name)

    folders = signed_in(officer).get(url("inbox")).context["folders"]

    assert len({folder.count_id for folder in folders}) == len(folders) >= len(names)


def test_an_empty_sender_is_nobody(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", letter("Một", sender="<>"))

    page = signed_in(officer).get(url("message", "INBOX", uid)).content.decode()

    assert "<b>(không rõ)</b>" in page
