"""HTML as lines of text, and lines of text as HTML: what a message says in both of its versions."""

import html
import re
from html.parser import HTMLParser

import nh3

from apps.mail.html import cut

BLOCKS = {"address", "center", "dd", "div", "dl", "dt", "li", "tr"}
# A line stays free around these.
APART = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"}
CELLS = {"td", "th"}
DROPPED = {"script", "style", "title", "noscript", "template"}
DEEPEST = 20  # quotations and lists in one another; those within are drawn like these
TAGS = BLOCKS | APART | CELLS | {"a", "br", "hr", "img"}


class Lines(HTMLParser):
    """Collects the lines of clean HTML: quotations with "> ", points of lists with "- " or their number."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.words = ""
        self.is_apart = False  # whether a free line comes before the next words
        self.marks: list[list] = []  # of quotations and lists: tag, number of the point
        self.point = ""
        self.links: list[tuple[str, int]] = []
        self.is_pre = False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in BLOCKS | APART:
            self.end_block(is_apart=tag in APART and not (tag in {"ol", "ul"} and self.point))
        if tag in {"blockquote", "ol", "ul"}:
            start = given.get("start") or "1"
            self.marks.append([tag, int(start) if start.isdecimal() and len(start) < 7 else 1])
        elif tag == "li":
            self.point = self.next_point()
        elif tag == "a":
            self.links.append((given.get("href") or "", len(self.words)))
        elif tag == "br":
            self.end_line()
        elif tag == "hr":
            self.end_block(is_apart=True)
            self.words = "-" * 20
            self.end_block(is_apart=True)
        elif tag == "img" and given.get("alt"):
            self.words += f"[{given['alt']}]"
        elif tag == "pre":
            self.is_pre = True

    def handle_endtag(self, tag):
        if tag == "a" and self.links:
            address, place = self.links.pop()
            shown = self.words[place:].strip()
            if address and shown and address.removeprefix("mailto:").rstrip("/") != shown.rstrip("/"):
                self.words = f"{self.words.rstrip()} <{address}>"
        elif tag in CELLS and self.words.strip():
            self.words += "  "
        elif tag in BLOCKS | APART:
            is_nested = tag in {"ol", "ul"} and self.depth_of_lists > 1
            self.end_block(is_apart=tag in APART and not is_nested)
            if tag == "pre":
                self.is_pre = False
            elif tag == "li":
                self.point = ""
            elif tag in {"blockquote", "ol", "ul"} and self.marks:
                self.marks.pop()

    def handle_data(self, data):
        if self.is_pre:
            *whole, rest = data.split("\n")
            for line in whole:
                self.words += line
                self.end_line()
            self.words += rest
        else:
            text = re.sub(r"[ \t\r\n\f]+", " ", data)
            self.words += text.lstrip() if not self.words or self.words.endswith(" ") else text

    @property
    def depth_of_lists(self) -> int:
        return sum(tag != "blockquote" for tag, _number in self.marks[:DEEPEST])

    def next_point(self) -> str:
        kind = self.marks[-1] if self.marks else ["ul", 1]
        kind[1] += 1
        return f"{kind[1] - 1}. " if kind[0] == "ol" else "- "

    def end_block(self, *, is_apart: bool) -> None:
        """End the line if anything stands in it."""
        if self.words.strip():
            self.end_line()
        self.words = ""
        self.is_apart = self.is_apart or is_apart

    def end_line(self) -> None:
        quoted = "".join("> " for tag, _number in self.marks[:DEEPEST] if tag == "blockquote")
        if self.is_apart and self.lines and self.lines[-1].strip("> "):
            outer = min(self.lines[-1].count("> ", 0, len(quoted)), quoted.count("> "))
            self.lines.append(("> " * outer).rstrip())
        self.is_apart = False
        lists = self.depth_of_lists
        indent = "  " * (lists - 1) + (self.point or "  ") if lists else ""
        self.point = " " * len(self.point)
        words = self.words.replace("\xa0", " ").rstrip()
        self.lines.append(f"{quoted}{indent}{words if self.is_pre else words.strip()}".rstrip())
        self.words = ""


def from_html(text: str) -> str:
    """Return the words of ``text`` as lines, without a line that is free at either end."""
    clean = nh3.clean(
        cut(text),
        tags=TAGS,
        attributes={"a": {"href"}, "img": {"alt"}, "ol": {"start"}},
        clean_content_tags=DROPPED,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    reader = Lines()
    reader.feed(clean)
    reader.close()
    reader.end_block(is_apart=False)
    lines = re.sub(r"\n{3,}", "\n\n", "\n".join(reader.lines)).strip("\n")
    return re.sub(r"^--$", "-- ", lines, flags=re.MULTILINE)  # before a signature, RFC 3676 §4.3


def to_html(text: str) -> str:
    """Return lines of text as HTML: one block a line, quotations as such."""
    found, depth = [], 0
    for line in text.splitlines():
        marks = re.match(r"(?:> ?)*", line)[0]
        wanted = min(marks.count(">"), DEEPEST)
        found.append("<blockquote>" * (wanted - depth) + "</blockquote>" * (depth - wanted))
        depth = wanted
        found.append(f"<div>{html.escape(line[len(marks) :]) or '<br>'}</div>")
    return "".join([*found, "</blockquote>" * depth])
