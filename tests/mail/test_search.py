"""Words are found with and without their accents where the mail server has an index, with them where it has none."""

import pytest

from apps.mail.connections import POOL
from apps.mail.finding import spellings, words_of
from apps.mail.plugin import search
from demo.servers import Dovecot, Introspection
from demo.servers.dovecot import has_search_plugin
from demo.state import INTROSPECTION_PATH
from tests.conftest import missing, started
from tests.mail.conftest import SECRET, letter, url

pytestmark = pytest.mark.servers

SUBJECTS = ("Tìm kiếm hồ sơ", "Đường dây nóng", "Dương lịch", "Giấy mời họp 12/QĐ-BTTTT", "Việc khác")
FOUND = {
    "tim kiem": ["Tìm kiếm hồ sơ"],
    "Tìm Kiếm": ["Tìm kiếm hồ sơ"],
    "kiem tim": ["Tìm kiếm hồ sơ"],
    "TIM": ["Tìm kiếm hồ sơ"],
    "duong": ["Dương lịch", "Đường dây nóng"],
    "đường": ["Đường dây nóng"],
    "hop": ["Giấy mời họp 12/QĐ-BTTTT"],
    "12/qđ-btttt": ["Giấy mời họp 12/QĐ-BTTTT"],
    "ha@mic": list(reversed(SUBJECTS)),
    "ha viec": ["Việc khác"],
    "ý kiếm": ["Tìm kiếm hồ sơ"],
    "khong co": [],
    '"*': [],
}


@pytest.fixture
def index(mail):
    if not has_search_plugin():
        missing("dovecot-fts-xapian is not installed. `make test` installs it.")


@pytest.fixture
def no_index(mail, servers_folder, live_server, settings):
    """A Dovecot without the package, before the same slapd."""
    asked = Introspection(live_server.url + INTROSPECTION_PATH, "dovecot", SECRET)
    dovecot = started(Dovecot(servers_folder / "mail-dovecot-plain", mail.slapd, asked, search=False))
    settings.MAIL_IMAP_URL = dovecot.url
    POOL.clear()
    kept, mail.dovecot = mail.dovecot, dovecot
    yield
    mail.dovecot = kept
    POOL.clear()
    dovecot.stop()


def subjects(client, query: str, **more) -> list[str]:
    page = client.get(url("inbox"), {"q": query, **more}).context["page"]
    return [row.summary.subject for row in page]


def test_an_index_finds_words_with_and_without_accents(index, signed_in, officer, deliver):
    deliver("nhanvien", *map(letter, SUBJECTS))
    client = signed_in(officer)

    found = {query: subjects(client, query) for query in FOUND}

    assert found == FOUND
    assert "Tìm trong thư mục này" in client.get(url("inbox")).content.decode()


def test_an_index_knows_the_text_and_what_came_a_moment_ago(index, signed_in, officer, deliver):
    client = signed_in(officer)
    deliver("nhanvien", letter("Một", "Kinh phí ngân sách"), letter("Hai", "Điểm tin"))
    first = subjects(client, "ngan sach", full="1")

    deliver("nhanvien", letter("Ba", "Ngân sách bổ sung"))

    assert (first, subjects(client, "ngan sach", full="1")) == (["Một"], ["Ba", "Một"])
    assert subjects(client, "diem tin", full="1") == ["Hai"]
    assert subjects(client, "ngan sach") == []


def test_the_one_search_of_the_suite_finds_them_too(index, officer, deliver):
    deliver("nhanvien", *map(letter, SUBJECTS))

    assert [hit.title for hit in search(officer, "duong day", 5)] == ["Đường dây nóng"]


def test_without_an_index_the_page_works_and_says_how(no_index, signed_in, officer, deliver):
    deliver("nhanvien", *map(letter, SUBJECTS))
    client = signed_in(officer)

    found = {query: subjects(client, query) for query in ("tìm kiếm", "TÌM", "tim kiem", "12/QĐ", 'hồ sơ"')}

    assert found == {
        "tìm kiếm": ["Tìm kiếm hồ sơ"],
        "TÌM": ["Tìm kiếm hồ sơ"],
        "tim kiem": [],
        "12/QĐ": ["Giấy mời họp 12/QĐ-BTTTT"],
        'hồ sơ"': [],
    }
    page = client.get(url("inbox"), {"q": "tim kiem"}).content.decode()
    assert ("có dấu" in page, "Tìm trong thư mục này" in page) == (True, False)


SPECIAL = [
    "(",
    ")",
    "()",
    "(HN)",
    "{5}",
    "{5+}",
    "%",
    "*",
    "]",
    "NIL",
    '"',
    "\\",
    "OR",
    "(UNSEEN)",
    "\u200b(",
]


def test_no_sign_in_a_query_is_an_error(no_index, signed_in, officer, deliver):
    deliver("nhanvien", letter("Thông báo (HN) {5} 100%"))
    client = signed_in(officer)

    pages = [client.get(url("inbox"), {"q": query, "full": full}) for query in SPECIAL for full in ("", "1")]

    assert {page.status_code for page in pages} == {200}
    assert subjects(client, "(HN)") == subjects(client, "{5}") == ["Thông báo (HN) {5} 100%"]
    assert subjects(client, "(HCM)") == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("Tìm  KIẾM", ["tìm", "kiếm"]),
        ("12/QĐ-BTTTT", ["12", "qđ", "btttt"]),
        ("ý kiến", ["kiến"]),
        ("ý", ["ý"]),
        ('"*_', []),
        ("a b " * 20, ["a", "b"]),
    ],
)
def test_words_of_a_query(query, words):
    assert words_of(query) == words


@pytest.mark.parametrize(
    ("word", "forms"),
    [("duong", ["duong", "đuong"]), ("đuong", ["đuong"]), ("dân", ["dân"]), ("tim", ["tim"])],
)
def test_a_bare_d_is_also_another_letter(word, forms):
    assert spellings(word) == forms
