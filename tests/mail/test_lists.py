"""Lists of messages: pages, search, and what an open list hears: against a real Dovecot."""

import re

import pytest

from apps.mail.connections import POOL
from tests.factories import UserFactory
from tests.mail.conftest import empty, letter, mailbox, url

pytestmark = pytest.mark.servers


def test_inbox_lists_the_newest_first_with_counts(signed_in, officer, deliver):
    deliver("nhanvien", letter("Cũ"), letter("Mới", sender="Văn phòng Bộ <vp@mic.example.gov.vn>"))

    context = signed_in(officer).get(url("inbox")).context

    rows = [(row.who, row.summary.subject, row.summary.preview, row.is_unread) for row in context["page"]]
    assert rows == [
        ("Văn phòng Bộ", "Mới", "Kính gửi đồng chí.", True),
        ("Lê Hà", "Cũ", "Kính gửi đồng chí.", True),
    ]
    counts = {folder.kind: (folder.messages, folder.count) for folder in context["folders"] if folder.kind}
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

    # All of them are the frame's: session, person, posts, notices, systems.
    with django_assert_max_num_queries(9):
        assert client.get(url("inbox")).status_code == 200


def flag(box):
    box.add_flags(box.search("ALL"), [b"\\Flagged"])


def erase_one(box):
    box.delete_messages(box.search("ALL")[:1])
    box.expunge()


@pytest.mark.parametrize(("change", "shown"), [(flag, "mail-star"), (erase_one, ">1 thư<")])
def test_a_list_that_another_program_changes_is_drawn_anew(change, shown, signed_in, officer, deliver, mail):
    deliver("nhanvien", letter("Một"), letter("Hai"))
    client = signed_in(officer)
    before = client.get(url("inbox")).content.decode()

    with mailbox(mail, "nhanvien") as box:
        box.select_folder("INBOX")
        change(box)

    assert [shown in page for page in (before, client.get(url("inbox")).content.decode())] == [False, True]


def test_a_list_offers_a_folder_that_another_program_makes(signed_in, officer, deliver, mail):
    deliver("nhanvien", letter("Một"))
    client = signed_in(officer)
    pages = [client.get(url("inbox"))]

    with mailbox(mail, "nhanvien") as box:
        box.create_folder("Kế hoạch")
        pages.append(client.get(url("inbox")))
        box.delete_folder("Kế hoạch")

    assert ['<option value="Kế hoạch">' in page.content.decode() for page in pages] == [False, True]


def test_a_list_is_neither_asked_for_nor_drawn_again_while_nothing_changes(signed_in, officer, deliver):
    deliver("nhanvien", letter("Một"))
    client = signed_in(officer)
    pages = [client.get(url("inbox")) for _ in range(2)]

    assert ["page" in page.context for page in pages] == [True, False]
    assert [page.content.decode().count("mail-subject") for page in pages] == [1, 1]


def test_a_list_is_drawn_for_the_language_and_the_page_that_is_asked_for(signed_in, officer, deliver):
    deliver("nhanvien", *[letter(f"Thư {number}") for number in range(51)])
    client = signed_in(officer)
    pages = [client.get(url("inbox"), more) for more in ({}, {"page": 2}, {"q": "thư 17"})]
    client.cookies["django_language"] = "en"
    pages.append(client.get(url("inbox")))

    texts = [page.content.decode() for page in pages]
    assert [text.count("mail-subject") for text in texts] == [50, 1, 1, 50]
    assert ["Search this folder" in text for text in texts] == [False, False, False, True]


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
        [row.summary.subject for row in client.get(url("inbox"), {"q": "ngân sách", **more}).context["page"]]
        for more in ({}, {"full": "1"})
    ]

    assert found == [[], ["Một"]]


def test_a_stopped_server_is_explained_in_our_frame(signed_in, officer, mail):
    client = signed_in(officer)
    mail.dovecot.stop()

    page, fragment = (client.get(url("inbox"), headers=headers) for headers in ({}, {"HX-Request": "true"}))

    assert page.status_code == 503
    assert "Máy chủ thư hiện không phản hồi" in page.content.decode()
    assert 'class="rail"' in page.content.decode()
    assert fragment.status_code in (200, 503)
    POOL.clear()
