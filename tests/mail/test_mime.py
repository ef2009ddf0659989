from datetime import UTC, datetime, timedelta, timezone

import pytest

from apps.mail.mime import Address, Part, moment, safe_name, to_text, words


def part(encoding="7bit", charset="utf-8") -> Part:
    return Part("1", "text/plain", charset, encoding, "", "", "", 10)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"=?UTF-8?B?w6FuIGxp4buHdQ==?=", "án liệu"),
        (b"=?utf-8?q?Gi=E1=BA=A5y_m=E1=BB=9Di?= =?utf-8?q?_h=E1=BB=8Dp?=", "Giấy mời họp"),
        (b"=?utf-8?q?=E1=BA?= =?utf-8?q?=BF?=", "ế"),  # one letter cut in two
        ("Họp giao ban".encode(), "Họp giao ban"),
        (b"Re: =?utf-8?q?H=E1=BB=8Dp?= (2)", "Re: Họp (2)"),
        ("Trả lời: =?utf-8?q?H=E1=BB=8Dp?=".encode(), "Trả lời: Họp"),
        (b"=?no-such-charset?q?abc?=", "abc"),
        (b"=?utf-8?b?abcde?=", "=?utf-8?b?abcde?="),
        (b"caf\xe9", "café"),
        (b"=?utf-7?q?+2AA-_x?=", "\ufffd x"),  # half a pair of UTF-16, which no page can hold
        (rb"C:\users\ud83d: =?utf-8?q?H=E1=BB=8Dp?=", r"C:\users\ud83d: Họp"),
        ((b"=?a?q? " * 20_000)[:-1], ("=?a?q? " * 20_000)[:-1]),
        (b"one\r\n two\x00\x1b[0m", "one two [0m"),
        (2026, "2026"),
        (None, ""),
    ],
)
def test_words_reads_a_header_however_broken(raw, expected):
    assert words(raw) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Báo cáo quý III.pdf", "Báo cáo quý III.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\temp\\a.exe", "C_temp_a.exe"),
        ("hoa\u202efdp.exe", "hoa fdp.exe"),
        ("x" * 500 + ".docx", "x" * 120 + ".docx"),
        ("a\r\nSet-Cookie: b", "a Set-Cookie_ b"),
    ],
)
def test_safe_name(name, expected):
    assert safe_name(name) == expected


@pytest.mark.parametrize(
    ("encoding", "raw", "expected"),
    [
        ("base64", "SOG7jXA=", "Họp"),
        ("base64", "SOG7jXA", "Họp"),
        ("base64", "SOG7\r\n jXA=\r\n--", "Họp"),
        ("quoted-printable", "H=E1=BB=8Dp=\r\n!", "Họp!"),
        ("x-unknown", "as is", "as is"),
    ],
)
def test_part_decodes_what_is_cut_or_dirty(encoding, raw, expected):
    assert part(encoding).text(raw.encode()) == expected


@pytest.mark.parametrize(
    ("charset", "content", "expected"),
    [
        ("utf-8", "Họp".encode(), "Họp"),
        ("windows-1258", "Hà".encode("windows-1258"), "Hà"),
        ("x-unknown", "Họp".encode(), "Họp"),
        ("utf-8\x00", "Họp".encode(), "Họp"),
        ("us-ascii", "Họp".encode(), "Họp"),
    ],
)
def test_to_text_takes_the_likeliest_charset(charset, content, expected):
    assert to_text(content, charset) == expected


def test_moment_is_never_after_the_message_came():
    came = datetime(2026, 11, 20, 8, tzinfo=UTC)
    impossible = datetime(2026, 11, 19, tzinfo=timezone(timedelta(hours=7)))

    shown = [
        moment(written, came)
        for written in (came - timedelta(days=1), came + timedelta(days=900), None, impossible)
    ]

    assert shown == [came - timedelta(days=1), came, came, impossible]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (Address("", "a@b.vn"), "a@b.vn"),
        (Address("Lê Hà", "a@b.vn"), "Lê Hà <a@b.vn>"),
        (Address('Hà, "Vụ"', "a@b.vn"), '"Hà, \\"Vụ\\"" <a@b.vn>'),
    ],
)
def test_address_is_written_as_headers_write_it(address, expected):
    assert str(address) == expected
