"""Messages and their parts: through the pages, against a real Dovecot."""

import base64
import re
from dataclasses import replace

import pytest

from intranet import handover, plugins
from intranet.plugins import Receiver
from tests.mail.conftest import DOMAIN, letter, mailbox, url

pytestmark = pytest.mark.servers
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

MIXED = f"""\
From: =?utf-8?q?L=C3=AA_H=C3=A0?= <ha@{DOMAIN}>
To: nhanvien@{DOMAIN}, vanthu@{DOMAIN}
Subject: =?utf-8?q?T=C3=A0i_li=E1=BB=87u?=
Date: Thu, 19 Nov 2026 08:12:00 +0700
Message-ID: <mixed@{DOMAIN}>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/related; boundary=b

--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain; charset=utf-8

Chữ thường
--c
Content-Type: text/html; charset=utf-8

<p>Chữ <b>đậm</b></p><img src="cid:logo@x"><img src="https://count.example/a.gif"><script>alert(1)</script>
--c--
--b
Content-Type: image/png; name=logo.png
Content-ID: <logo@x>
Content-Transfer-Encoding: base64

{PIXEL}
--b--
--a
Content-Type: application/pdf
Content-Disposition: attachment; filename*0*=utf-8''B%C3%A1o%20c; filename*1*=%C3%A1o.pdf
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--a
Content-Type: text/html; name="trang.html"
Content-Disposition: attachment; filename="trang.html"

<script>alert(1)</script>
--a
Content-Type: message/rfc822

From: x@{DOMAIN}
Subject: =?utf-8?q?B=C3=AAn_trong?=

Thư bên trong
--a
Content-Type: text/calendar; method=REQUEST; charset=utf-8

BEGIN:VCALENDAR
END:VCALENDAR
--a--
"""


def test_reading_marks_as_read(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", letter("Giấy mời", "Xem https://example.vn <b>không đậm</b>"))
    client = signed_in(officer)

    page = client.get(url("message", "INBOX", uid))

    assert "Giấy mời" in page.content.decode()
    assert (
        'Xem <a href="https://example.vn" rel="nofollow">https://example.vn</a> &lt;b&gt;'
        in page.content.decode()
    )
    assert [row.is_unread for row in client.get(url("inbox")).context["page"]] == [False]


def test_a_thousand_recipients_do_not_push_the_words_off_the_page(signed_in, officer, deliver):
    people = ", ".join(f"Người {n} <n{n}@b.vn>" for n in range(1000))
    [uid] = deliver("nhanvien", f"Subject: {'x' * 5000}\nTo: {people}\n\nOK\n")

    page = signed_in(officer).get(url("message", "INBOX", uid)).content.decode()

    shown, folded = page.split("và 990 người khác")
    assert (shown.count("@b.vn"), folded.count("@b.vn"), "OK" in folded) == (10, 990, True)
    assert 900 < page.partition('class="mail-head"')[2].partition("mail-people")[0].count("x") < 1100


def test_an_empty_html_does_not_hide_the_words_beside_it(signed_in, officer, deliver):
    [uid] = deliver(
        "nhanvien",
        "Subject: x\nContent-Type: multipart/alternative; boundary=a\n\n"
        "--a\nContent-Type: text/plain\n\nOnly here\n--a\nContent-Type: text/html\n\n\n--a--\n",
    )

    page = signed_in(officer).get(url("message", "INBOX", uid))

    assert ("Only here" in page.content.decode(), page.context["attachments"]) == (True, [])


def test_a_sender_without_an_address_is_shown_as_written_and_not_answered(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", "From: MAILER-DAEMON\nSubject: x\n\nHọp\n")
    client = signed_in(officer)

    page = client.get(url("message", "INBOX", uid)).content.decode()
    reply = client.get(url("answer", "INBOX", uid, "reply"))

    assert ("MAILER-DAEMON" in page, "MISSING" in page, reply.context["form"].initial["to"]) == (
        True,
        False,
        "",
    )


def test_htmx_gets_the_message_alone_and_the_row_as_read(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", letter("Giấy mời"))
    client = signed_in(officer)

    answer = client.get(url("message", "INBOX", uid), headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in answer
    assert f'<li id="mail-{uid}" class="mail-row is-here" hx-swap-oob="true">' in answer


def test_the_row_of_an_own_message_names_whom_it_went_to(signed_in, officer, mail):
    with mailbox(mail, "nhanvien") as box:
        told = box.append(
            "Sent", letter("Báo cáo", sender="Người Viết <nguoiviet@mic.example.gov.vn>").encode()
        )
    uid = int(re.search(rb"APPENDUID \d+ (\d+)", told)[1])

    answer = signed_in(officer).get(url("message", "Sent", uid), headers={"HX-Request": "true"})

    row = answer.content.decode().split(f'<li id="mail-{uid}"')[1].split("</li>")[0]
    assert (f"nhanvien@{DOMAIN}" in row, "Người Viết" in row) == (True, False)


def test_a_mixed_message_shows_html_in_a_frame_and_the_rest_as_files(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", MIXED)

    page = signed_in(officer).get(url("message", "INBOX", uid))

    files = [(part.number, part.name, part.content_type) for part, _takers in page.context["attachments"]]
    assert files == [
        ("2", "Báo cáo.pdf", "application/pdf"),
        ("3", "trang.html", "text/html"),
        ("4", "Bên trong.eml", "message/rfc822"),
        ("5", "", "text/calendar"),
    ]
    text = page.content.decode()
    assert f'src="{url("body", "INBOX", uid)}"' in text
    assert "?images=1" in text


def test_the_body_is_clean_and_closed_in(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", MIXED)
    client = signed_in(officer)

    body, with_images = (client.get(url("body", "INBOX", uid) + query) for query in ("", "?images=1"))

    inner = f'<p>Chữ <b>đậm</b></p><img src="http://testserver{url("part", "INBOX", uid, "1.2")}?inline=1">'
    assert f"<body>{inner}<img></body>" in body.content.decode()
    assert '<img src="https://count.example/a.gif">' in with_images.content.decode()
    policy = body["Content-Security-Policy"]
    assert ("default-src 'none'" in policy, "sandbox" in policy, "https:" in policy) == (True, True, False)
    assert "https:" in with_images["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("number", "query", "disposition", "content_type"),
    [
        ("1.2", "?inline=1", 'inline; filename="logo.png"', "image/png"),
        ("1.2", "", 'attachment; filename="logo.png"', "image/png"),
        ("2", "", "attachment; filename*=utf-8''B%C3%A1o%20c%C3%A1o.pdf", "application/pdf"),
        ("3", "?inline=1", 'attachment; filename="trang.html"', "application/octet-stream"),
    ],
)
def test_parts_leave_as_files(number, query, disposition, content_type, signed_in, officer, deliver):
    [uid] = deliver("nhanvien", MIXED)

    answer = signed_in(officer).get(url("part", "INBOX", uid, number) + query)

    assert (answer["Content-Disposition"], answer["Content-Type"]) == (disposition, content_type)
    assert (answer["X-Content-Type-Options"], answer["Content-Security-Policy"]) == (
        "nosniff",
        "default-src 'none'; sandbox",
    )
    if number == "1.2":
        assert answer.content == base64.b64decode(PIXEL)


@pytest.mark.parametrize(
    "path",
    [
        "box/INBOX/999999/",
        "box/INBOX/0/",
        "box/INBOX/99999999999999999999/",
        "box/No%20such/",
        "box/%00/",
        "box/a%0D%0Ab/",
        "box/*/",
        "box/..~1vanthu/",
        "box/INBOX/1/part/9/",
        "box/INBOX/1/body/",
        "box/INBOX/1/nonsense/",
    ],
)
def test_what_is_not_there_is_not_found(path, signed_in, officer):
    assert signed_in(officer).get(f"/mail/{path}").status_code == 404


def test_a_stranger_finds_nothing_under_the_same_address(signed_in, officer, clerk, deliver):
    [uid] = deliver("nhanvien", MIXED)
    names = [("message",), ("body",), ("source",), ("part", "2"), ("answer", "reply")]

    own = [signed_in(officer).get(url(name, "INBOX", uid, *more)).status_code for name, *more in names]
    strange = [signed_in(clerk).get(url(name, "INBOX", uid, *more)).status_code for name, *more in names]

    assert (own, strange) == ([200] * 5, [404] * 5)


ODD = {
    "no text": "From: a@b.vn\nSubject: x\nContent-Type: application/pdf\n\n%PDF",
    "nothing": "\n",
    "no headers": "Chỉ có chữ, không có tiêu đề\n",
    "broken charset": "From: a@b.vn\nSubject: =?x-none?q?abc?=\nContent-Type: text/plain; charset=x-none\n\nHọp\n",
    "unclosed parts": "Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\n\nHọp\n",
    "no parts": "Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n--a--\n",
    "huge header": f"Subject: {'Họp ' * 4000}\nX-Long: {'y' * 90000}\n\nHọp\n",
    "many addresses": "Subject: x\nTo: "
    + ", ".join(f"Người {n} <n{n}@b.vn>" for n in range(1500))
    + "\n\nHọp\n",
    "group": "Subject: x\nFrom: undisclosed:;\nTo: Nhóm: a@b.vn, b@b.vn;\n\nHọp\n",
    "impossible date": "Subject: x\nDate: Thu, 99 Nov 2026 99:12:00 +9999\n\nHọp\n",
    "future date": "Subject: x\nDate: Thu, 19 Nov 2099 08:12:00 +0700\n\nHọp\n",
    "numeric subject": "Subject: 2026\nFrom: 1@2.vn\n\nHọp\n",
    "half letters": "Subject: =?utf-7?q?+2AA-?=\nFrom: =?utf-7?q?+2AA-?= <a@b.vn>\n"
    "Content-Type: text/html; charset=unicode_escape\n\n<b>Họp \\ud800</b>\n",
    "NUL": "Subject: a\x00b\n\nHọp\x00\n",
    "deep": "Subject: x\n"
    + "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(60))
    + "Content-Type: text/plain\n\nHọp\n",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_messages_can_be_listed_read_and_answered(name, signed_in, officer, deliver):
    [uid] = deliver("nhanvien", ODD[name])
    client = signed_in(officer)

    pages = [
        client.get(url("inbox")),
        client.get(url("message", "INBOX", uid)),
        client.get(url("answer", "INBOX", uid, "reply")),
        client.get(url("answer", "INBOX", uid, "forward")),
    ]

    assert [page.status_code for page in pages] == [200, 200, 200, 200]
    assert [row.summary.uid for row in pages[0].context["page"]] == [uid]


def test_receivers_of_other_apps_are_offered_and_called(signed_in, officer, deliver, monkeypatch):
    given = []

    def receive(user, title, content, content_type):
        given.append((user, title, content, content_type))
        return "/made/"

    taker = replace(
        plugins.plugins()[0],
        slug="taker",
        receives=(
            Receiver(content_types=("application/pdf", "text/plain"), label="Nhận lấy", receive=receive),
        ),
    )
    monkeypatch.setattr(handover, "plugins_for", lambda user: (taker,))
    [uid] = deliver("nhanvien", MIXED)
    client = signed_in(officer)

    page = client.get(url("message", "INBOX", uid))
    answers = [
        client.post(url("hand_over", "INBOX", uid), {"receiver": "taker.0", **more})
        for more in ({"part": "2"}, {}, {"part": "3"})
    ]

    assert page.content.decode().count("Nhận lấy") == 2
    assert [answer.status_code for answer in answers] == [302, 302, 404]
    assert given == [
        (officer, "Báo cáo.pdf", b"%PDF-1.4\n", "application/pdf"),
        (officer, "Tài liệu", "Chữ đậm".encode(), "text/plain"),
    ]


FLOWED = [
    ("format=flowed", "Một đoạn dài \nđược nối lại.\n\nĐoạn sau\n", "Một đoạn dài được nối lại.\n\nĐoạn sau"),
    ("format=flowed; delsp=yes", "Một đo \nạn\n", "Một đoạn"),
    ("Format=Flowed", "> lời \n> trích\n>> sâu \n> nông\n", "> lời trích\n>> sâu \n> nông"),
    ("format=flowed", "Hết.\n-- \nKý tên\n", "Hết.\n-- \nKý tên"),
    ("format=flowed", " >không phải trích\n From đầu dòng\n", ">không phải trích\nFrom đầu dòng"),
    ("format=fixed", "hai \ndòng\n", "hai \ndòng"),
]


@pytest.mark.parametrize(("kind", "sent", "shown"), FLOWED)
def test_lines_that_a_program_broke_are_one_again(kind, sent, shown, signed_in, officer, deliver):
    message = letter(text=sent).replace("charset=utf-8", f"charset=utf-8; {kind}")
    [uid] = deliver("nhanvien", message)

    page = signed_in(officer).get(url("message", "INBOX", uid))

    assert page.context["message"].text.replace("\r\n", "\n").rstrip("\n") == shown
