"""Messages in both of their versions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.mail import html, plain

FROM_HTML = {
    "blocks and breaks": ("<div>a</div><div><br></div><div>b<br>c</div>", "a\n\nb\nc"),
    "paragraphs": (
        "<style>p{}</style><p>Kính gửi &amp; chào</p><p>x</p>a<br>b",
        "Kính gửi & chào\n\nx\n\na\nb",
    ),
    "points": ("<ul><li>một</li><li>hai<ul><li>ba</li></ul></li></ul>", "- một\n- hai\n  - ba"),
    "numbers": (
        '<ol start="3"><li>ba</li><li><div>bốn</div><div>năm</div></li></ol>',
        "3. ba\n4. bốn\n   năm",
    ),
    "quotations": ("x<blockquote>a<blockquote>b</blockquote></blockquote>y", "x\n\n> a\n>\n> > b\n\ny"),
    "links": (
        '<a href="https://a.vn/b">xem</a> <a href="https://a.vn">https://a.vn</a> <a href="mailto:a@b.vn">a@b.vn</a>',
        "xem <https://a.vn/b> https://a.vn a@b.vn",
    ),
    "tables": ("<table><tr><th>1</th><td>2</td></tr><tr><td>3</td></tr></table>", "1  2\n3"),
    "text as it is": ("<pre>a\n  b</pre>", "a\n  b"),
    "a picture": ('<img alt="Biểu đồ" src="cid:x">', "[Biểu đồ]"),
    "a signature": ("<div>--&nbsp;</div><div>An</div>", "-- \nAn"),
    "what runs": ("a<script>alert(1)</script><title>t</title>", "a"),
}


@pytest.mark.parametrize(("written", "lines"), FROM_HTML.values(), ids=FROM_HTML)
def test_html_becomes_lines(written, lines):
    assert plain.from_html(written) == lines


def test_lines_become_html_with_their_quotations():
    assert plain.to_html("a <b>\n> c\n>> d\n\ne") == (
        "<div>a &lt;b&gt;</div><blockquote><div>c</div><blockquote><div>d</div></blockquote></blockquote>"
        "<div><br></div><div>e</div>"
    )


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="<>/abdilopqtuv =\"'&;#\n -", max_size=120))
def test_whatever_is_written_becomes_text_without_tags(written):
    clean = html.clean_written(written)

    assert html.clean_written(clean) == clean
    assert isinstance(plain.from_html(written), str)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["a", "một hai", "1 < 2 & 3", "> b", "> > c", ""]), max_size=8))
def test_the_words_of_lines_survive_both_ways(lines):
    def words(text):
        return [line for line in text.splitlines() if line.strip("> ")]

    text = "\n".join(lines)

    assert words(plain.from_html(plain.to_html(text))) == words(text)


WRITTEN = {
    "formats stay": ("<div><b>a</b><i>b</i><u>c</u></div>", None),
    "lists and quotations stay": (
        '<ol start="2"><li>a</li></ol><blockquote><ul><li>b</li></ul></blockquote>',
        None,
    ),
    "links stay": ('<a href="https://a.vn/">a</a><a href="mailto:a@b.vn">b</a>', None),
    "no scripts": ("a<script>alert(1)</script><img src=x onerror=alert(1)>", "a"),
    "no styles": ('<p style="position:fixed" class="x" id="y">a</p><style>p{}</style>', "<p>a</p>"),
    "no odd links": ('<a href="javascript:alert(1)">a</a><a href="//x.vn">b</a>', "<a>a</a><a>b</a>"),
    "no forms or frames": ('<form><input><button>a</button></form><iframe src="x">b</iframe>', "a"),
}


@pytest.mark.parametrize(("written", "kept"), WRITTEN.values(), ids=WRITTEN)
def test_only_words_and_their_format_are_sent(written, kept):
    assert html.clean_written(written) == (kept or written)
