"""Lists, messages, parts, acts: through the pages, against a real Dovecot."""

import base64
import re
from dataclasses import replace

import pytest
from django.urls import reverse

from apps.mail.connections import POOL
from intranet import plugins
from intranet.plugins import Receiver
from tests.factories import UserFactory
from tests.mail.conftest import DOMAIN, empty, letter, mailbox

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


def url(name: str, *args) -> str:
    return reverse(f"mail:{name}", args=args)


def test_inbox_lists_the_newest_first_with_counts(signed_in, officer, deliver):
    deliver("nhanvien", letter("Cũ"), letter("Mới", sender="Văn phòng Bộ <vp@mic.example.gov.vn>"))

    context = signed_in(officer).get(url("inbox")).context

    rows = [(row.who, row.summary.subject, row.summary.preview, row.is_unread) for row in context["page"]]
    assert rows == [
        ("Văn phòng Bộ", "Mới", "Kính gửi đồng chí.", True),
        ("Lê Hà", "Cũ", "Kính gửi đồng chí.", True),
    ]
    counts = {folder.kind: (folder.messages, folder.count) for folder in context["folders"]}
    assert counts == dict.fromkeys(("drafts", "sent", "archive", "junk", "trash"), (0, 0)) | {"inbox": (2, 2)}


def test_a_long_list_has_pages(signed_in, officer, deliver):
    deliver("nhanvien", *[letter(f"Thư {number}") for number in range(1, 54)])
    client = signed_in(officer)

    pages = [client.get(url("inbox"), {"page": number}).context["page"] for number in (1, 2, "garbage", 99)]

    found = [[row.summary.subject for row in page] for page in pages]
    first, second = [f"Thư {number}" for number in range(53, 3, -1)], ["Thư 3", "Thư 2", "Thư 1"]
    assert found == [first, second, first, second]


@pytest.mark.parametrize("count", [1, 3])
def test_inbox_asks_as_many_queries_for_any_length(
    count, signed_in, officer, deliver, django_assert_max_num_queries
):
    deliver("nhanvien", *[letter(f"Thư {number}") for number in range(count)])
    client = signed_in(officer)
    client.get(url("inbox"))

    with django_assert_max_num_queries(
        9
    ):  # all of them the frame's: session, person, posts, notices, systems
        assert client.get(url("inbox")).status_code == 200


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


def test_htmx_gets_the_message_alone_and_the_row_as_read(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", letter("Giấy mời"))
    client = signed_in(officer)

    answer = client.get(url("message", "INBOX", uid), headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in answer
    assert f'<li id="mail-{uid}" class="mail-row is-here" hx-swap-oob="true">' in answer


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


def changes_address(page) -> str:
    """Return the address at which an open list asks whether anything has changed."""
    return re.search('data-mail-changes="([^"]+)"', page.content.decode())[1].replace("&amp;", "&")


def test_an_open_list_hears_nothing_while_nothing_changes(signed_in, officer, deliver):
    deliver("nhanvien", letter("Một"))
    client = signed_in(officer)

    answer = client.get(changes_address(client.get(url("inbox"))))

    assert (answer.status_code, answer.content) == (204, b"")


def test_an_open_list_hears_of_new_messages_and_of_what_was_read_elsewhere(signed_in, officer, deliver, mail):
    [uid] = deliver("nhanvien", letter("Một"))
    client = signed_in(officer)
    address = changes_address(client.get(url("inbox")))
    deliver("nhanvien", letter("Hai"))

    answer = client.get(address)
    with mailbox(mail, "nhanvien") as box:
        box.select_folder("INBOX")
        box.add_flags([uid], [b"\\Seen"])
    again = client.get(changes_address(answer))

    rows = [
        [(row.summary.subject, row.is_unread) for row in page.context["page"]] for page in (answer, again)
    ]
    assert rows == [[("Hai", True), ("Một", True)], [("Hai", True), ("Một", False)]]
    counts = [
        re.search(r'id="mail-count-inbox" hx-swap-oob="true">(\d+)', page.content.decode())[1]
        for page in (answer, again)
    ]
    assert counts == ["2", "1"]
    assert client.get(changes_address(again)).status_code == 204


def test_an_open_list_stays_what_it_is_a_page_or_a_search(signed_in, officer, deliver):
    deliver("nhanvien", letter("Họp"))
    client = signed_in(officer)
    address = changes_address(client.get(url("inbox"), {"q": "họp"}))
    deliver("nhanvien", letter("Việc khác"), letter("Họp nữa"))

    answer = client.get(address)

    assert [row.summary.subject for row in answer.context["page"]] == ["Họp nữa", "Họp"]
    assert "/?q=h%E1%BB%8Dp" in changes_address(answer)


def test_an_open_list_that_is_empty_now_is_loaded_anew(signed_in, officer, deliver, mail):
    deliver("nhanvien", letter("Một"))
    client = signed_in(officer)
    address = changes_address(client.get(url("inbox")))
    empty(mail, "nhanvien")

    assert client.get(address)["HX-Refresh"] == "true"


def test_nobody_is_told_each_minute_that_the_mail_server_is_down(signed_in, officer, mail):
    client = signed_in(officer)
    address = changes_address(client.get(url("inbox")))
    mail.dovecot.stop()

    assert client.get(address).status_code == 204


@pytest.mark.parametrize("path", ["box/No%20such/changes/1/", "box/*/changes/1/", "box/%00/changes/1/"])
def test_changes_of_a_folder_that_is_not_there_are_not_found(path, signed_in, officer):
    assert signed_in(officer).get(f"/mail/{path}").status_code == 404


def test_changes_are_one_s_own(signed_in, officer, clerk, deliver):
    address = changes_address(signed_in(officer).get(url("inbox")))
    deliver("nhanvien", letter("Chỉ cho nhanvien"))

    strange = signed_in(clerk).get(address)

    assert "Chỉ cho nhanvien" not in strange.content.decode()


def test_someone_without_a_mail_address_has_no_mail(signed_in, mail):
    assert signed_in(UserFactory(email="")).get(url("inbox")).status_code == 404


@pytest.mark.parametrize("query", ["thẩm định", "THẨM ĐỊNH", "vp@mic"])
def test_search_finds_vietnamese_words_whatever_their_case(query, signed_in, officer, deliver):
    deliver(
        "nhanvien", letter("Họp thẩm định hồ sơ", sender="A <vp@mic.example.gov.vn>"), letter("Việc khác")
    )

    page = signed_in(officer).get(url("inbox"), {"q": query}).context["page"]

    assert [row.summary.subject for row in page] == ["Họp thẩm định hồ sơ"]


def test_search_in_the_text_is_a_choice(signed_in, officer, deliver):
    deliver("nhanvien", letter("Một", "có chữ ngân sách"), letter("Hai", "không"))
    client = signed_in(officer)

    found = [
        [row.summary.subject for row in client.get(url("inbox"), {"q": 'ngân sách"', **more}).context["page"]]
        for more in ({}, {"full": "1"})
    ]
    whole = client.get(url("inbox"), {"q": "ngân sách", "full": "1"}).context["page"]

    assert (found, [row.summary.subject for row in whole]) == ([[], []], ["Một"])


ACTS = [
    ({"act": "read"}, "INBOX", {b"\\Seen"}),
    ({"act": "flag"}, "INBOX", {b"\\Flagged"}),
    ({"act": "archive"}, "Archive", set()),
    ({"act": "junk"}, "Junk", set()),
    ({"act": "delete"}, "Trash", set()),
    ({"act": "move", "target": "Archive"}, "Archive", set()),
]


@pytest.mark.parametrize(("data", "folder", "flags"), ACTS)
def test_acts_on_chosen_messages(data, folder, flags, signed_in, officer, deliver, mail):
    uids = deliver("nhanvien", letter("Một"), letter("Hai"))

    answer = signed_in(officer).post(url("act", "INBOX"), {"uid": uids[:1], **data})

    assert (answer.status_code, answer["Location"]) == (302, url("folder", "INBOX"))
    with mailbox(mail, "nhanvien") as box:
        box.select_folder(folder)
        [uid] = box.search(["SUBJECT", "Một"], "UTF-8")
        assert set(box.get_flags([uid])[uid]) - {b"\\Recent"} == flags


def test_deleting_in_the_trash_is_for_good(signed_in, officer, deliver, mail):
    [uid] = deliver("nhanvien", letter("Một"))
    client = signed_in(officer)
    client.post(url("act", "INBOX"), {"uid": uid, "act": "delete"})
    trashed = [row.summary.uid for row in client.get(url("folder", "Trash")).context["page"]]

    client.post(url("act", "Trash"), {"uid": trashed, "act": "delete"})

    assert list(client.get(url("folder", "Trash")).context["page"]) == []


@pytest.mark.parametrize(
    "data",
    [
        {"act": "read"},
        {"act": "explode", "uid": "1"},
        {"uid": "1"},
        {"act": "read", "uid": "1,2:*"},
        {"act": "read", "uid": "x"},
    ],
)
def test_a_wrong_act_changes_nothing_and_says_so(data, signed_in, officer, deliver):
    deliver("nhanvien", letter("Một"))
    client = signed_in(officer)

    page = client.post(url("act", "INBOX"), data, follow=True)

    assert [message.level_tag for message in page.context["messages"]] == ["error"]
    assert [row.is_unread for row in page.context["page"]] == [True]


def test_after_an_act_nobody_is_sent_elsewhere(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", letter("Một"))

    answer = signed_in(officer).post(
        url("act", "INBOX"), {"uid": uid, "act": "flag", "next": "https://evil.example/mail/"}
    )

    assert answer["Location"] == url("folder", "INBOX")


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
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert [row.summary.uid for row in pages[0].context["page"]] == [uid]


def test_a_stopped_server_is_explained_in_our_frame(signed_in, officer, mail):
    client = signed_in(officer)
    mail.dovecot.stop()

    page, fragment = (client.get(url("inbox"), headers=headers) for headers in ({}, {"HX-Request": "true"}))

    assert page.status_code == 503
    assert "Máy chủ thư hiện không phản hồi" in page.content.decode()
    assert 'class="rail"' in page.content.decode()
    assert fragment.status_code in (200, 503)
    POOL.clear()


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
    monkeypatch.setattr(plugins, "plugins_for", lambda user: (taker,))
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
