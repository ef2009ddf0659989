"""Messages with a format: how they are sent, quoted, kept as drafts and signed."""

from email.message import EmailMessage

import pytest

from apps.mail.models import Signature
from tests.factories import UserFactory
from tests.mail.conftest import DOMAIN, letter, url
from tests.mail.test_writing import COMPOSE, answer_url, stored

pytestmark = pytest.mark.servers

WRITTEN = "<div>Kính gửi <b>đồng chí</b>,</div><ul><li>một</li><li>hai</li></ul><blockquote>cũ</blockquote>"
LINES = "Kính gửi đồng chí,\n\n- một\n- hai\n\n> cũ\n"


def versions(message) -> list[tuple[str, str]]:
    """Return the text and the HTML of a message, each with its type."""
    return [
        (part.get_content_type(), part.get_content().replace("\r\n", "\n"))
        for part in message.walk()
        if part.get_content_maintype() == "text"
    ]


def test_what_has_a_format_is_sent_in_both_versions(signed_in, officer, clerk, mail):
    data = {"to": clerk.email, "subject": "Có định dạng", "html": WRITTEN + "<script>alert(1)</script>"}

    signed_in(officer).post(COMPOSE, {**data, "text": "bỏ qua", "act": "send"})

    [got], [kept] = stored(mail, "vanthu"), stored(mail, "nhanvien", "Sent")
    (plain_type, lines), (html_type, written) = versions(got)
    assert (got.get_content_type(), plain_type, html_type) == (
        "multipart/alternative",
        "text/plain",
        "text/html",
    )
    assert lines == LINES
    assert f"<body>{WRITTEN}</body>" in written
    assert versions(kept) == versions(got)


def test_without_the_editor_a_message_is_text_alone(signed_in, officer, clerk, mail):
    signed_in(officer).post(
        COMPOSE, {"to": clerk.email, "subject": "Chữ thường", "text": "> a\n<b>\n", "html": "", "act": "send"}
    )

    [got] = stored(mail, "vanthu")
    assert versions(got) == [("text/plain", "> a\n<b>\n")]


def test_a_reply_quotes_the_format_cleaned(signed_in, officer, deliver):
    original = EmailMessage()
    original["From"], original["Subject"] = f"Nhạn <vanthu@{DOMAIN}>", "Họp"
    original.set_content("Thường")
    original.add_alternative(
        '<p style="color:red" onclick="x()">Chữ <b>đậm</b></p><img src="https://count.example/a.gif"><script>1</script>',
        subtype="html",
    )
    [uid] = deliver("nhanvien", original.as_bytes())
    client = signed_in(officer)

    reply, forward = (
        client.get(answer_url(uid, mode)).context["form"].initial for mode in ("reply", "forward")
    )

    assert reply["html"].endswith("<blockquote><p>Chữ <b>đậm</b></p>\n</blockquote>") or reply[
        "html"
    ].endswith("<blockquote><p>Chữ <b>đậm</b></p></blockquote>")
    assert "> Chữ đậm" in reply["text"]
    assert "<p>Chữ <b>đậm</b></p>" in forward["html"]
    assert "count.example" not in reply["html"] + forward["html"]


def test_a_reply_to_plain_text_quotes_its_lines(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", letter("Họp", "Một <b>\n> Hai"))

    written = signed_in(officer).get(answer_url(uid, "reply")).context["form"].initial["html"]

    assert written.endswith(
        "<blockquote><div>Một &lt;b&gt;</div><blockquote><div>Hai</div></blockquote></blockquote>"
    )


def test_a_draft_keeps_its_format_and_a_plain_one_gets_none(signed_in, officer, mail):
    client = signed_in(officer)
    saved = [
        client.post(COMPOSE, {"subject": "Nháp", **data, "act": "save"})["Location"]
        for data in ({"html": WRITTEN}, {"text": "Dở"})
    ]

    initials = [client.get(address).context["form"].initial for address in saved]

    assert [(one["html"].strip(), one["text"].strip()) for one in initials] == [
        (WRITTEN, LINES.strip()),
        ("", "Dở"),
    ]


def test_an_error_gives_back_what_was_formatted(signed_in, officer, mail):
    page = signed_in(officer).post(COMPOSE, {"to": "sai", "html": WRITTEN, "act": "send"})

    assert (page.status_code, page.context["form"]["html"].value()) == (422, WRITTEN)


def test_the_signature_stands_below_what_is_written(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", letter("Họp", "Một"))
    client = signed_in(officer)

    answer = client.post(url("signature"), {"text": "Tạ Hoàng Nguyên Vỹ\nVụ Pháp chế <script>\n"})
    new, reply = (
        client.get(address).context["form"].initial for address in (COMPOSE, answer_url(uid, "reply"))
    )

    assert answer["Location"] == COMPOSE
    assert new["text"] == "\n\n-- \nTạ Hoàng Nguyên Vỹ\nVụ Pháp chế <script>\n"
    assert new["html"].endswith(
        "<div>-- </div><div>Tạ Hoàng Nguyên Vỹ</div><div>Vụ Pháp chế &lt;script&gt;</div>"
    )
    assert reply["text"].index("-- \n") < reply["text"].index("> Một")
    assert reply["html"].index("<div>-- </div>") < reply["html"].index("<blockquote>")


@pytest.mark.django_db
def test_a_signature_is_one_s_own_and_can_be_taken_away(signed_in, settings):
    settings.MAIL_IMAP_URL = "imap://127.0.0.1:1"
    person, other = UserFactory(email="a@mic.example"), UserFactory(email="b@mic.example")
    Signature.objects.create(user=other, text="Của người khác")
    client = signed_in(person)

    pages = [client.get(url("signature")), client.post(url("signature"), {"text": "x" * 1001})]
    client.post(url("signature"), {"text": "Tôi"})
    client.post(url("signature"), {"text": " \n"})

    assert [page.status_code for page in pages] == [200, 422]
    assert "Của người khác" not in pages[0].content.decode()
    assert pages[1].context["form"]["text"].value() == "x" * 1001
    assert list(Signature.objects.values_list("text", flat=True)) == ["Của người khác"]
