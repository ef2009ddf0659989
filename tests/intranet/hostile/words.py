"""What a hostile writer types, and what of it readers get to see."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.urls import reverse

from apps.news.models import NewsPage
from tests.factories import UserFactory

MARK = "tapchi"

TAGS = {"h2", "h3", "b", "i", "ol", "ul", "li", "a", "p", "br", "blockquote", "hr", "img"}
ATTRIBUTES = {
    "a": {"href", "rel", "target"},
    "img": {"src", "alt", "width", "height", "class"},
    "p": {"data-block-key"},
}
SCHEMES = {"", "http", "https", "mailto", "tel"}
EVIL = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)",
    "\x01javascript:alert(1)", "vbscript:x", "data:text/html;base64,PHNjcmlwdD4=", "blob:https://x/1", "file:///etc/passwd",
    "about:blank", "//evil.example/x", "view-source:x", "&#106;avascript:alert(1)",
]  # fmt: skip
MARKUP = [
    "<script>alert(1)</script>", "<img src=//evil.example/pixel.gif onerror=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe src=//evil.example></iframe>", "<svg onload=alert(1)>", '"><b onmouseover=alert(1)>',
    "{{ settings.SECRET_KEY }}",
    "{% load static %}", "<embed embedtype='media' url='https://evil.example'/>", "<a linktype='page' id='1'>x</a>",
    "<link rel=stylesheet href=//evil.example/x.css>", "<form action=//evil.example><input name=password></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>", "<base href=//evil.example>", "</div></main><script>",
]  # fmt: skip


class Prose(HTMLParser):
    """What stands in the first element of class ``prose`` of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.depth, self.tags, self.text = 0, [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if self.depth:
            self.tags.append((tag, dict(attrs)))
        if tag == "div":
            self.depth += bool(self.depth or "prose" in (dict(attrs).get("class") or "").split())

    def handle_endtag(self, tag):
        self.depth -= bool(self.depth and tag == "div")

    def handle_data(self, data):
        self.text += data if self.depth else ""

    def faults(self) -> list:
        """What no reader may get of a writer."""
        found = [(tag, attrs) for tag, attrs in self.tags if tag not in TAGS]
        for tag, attrs in self.tags:
            found += [(tag, name) for name in attrs if name not in ATTRIBUTES.get(tag, {"data-block-key"})]
            for name in {"href", "src"} & attrs.keys():
                address = attrs[name] or ""
                if urlsplit(address).scheme.lower() not in SCHEMES or re.match(r"[\s\x00-\x1f]", address):
                    found.append((tag, address))
                if name == "src" and not address.startswith("/media/"):
                    found.append((tag, address))
        return found


def rich(*texts: str, links=(), entities=(), styles=("",), block="unstyled") -> str:
    """What Draftail sends: blocks of text, each in each style, and each link over the whole of its block."""
    data = [{"type": "LINK", "mutability": "MUTABLE", "data": {"url": url}} for url in links] + list(entities)
    lines = [(text, style) for text in texts for style in styles]
    first = len(lines)
    lines += [(f"{MARK} {number}", "") for number in range(len(data))]
    blocks = [
        {
            "key": f"b{number}",
            "text": text,
            "type": block,
            "depth": 0,
            "inlineStyleRanges": [{"offset": 0, "length": len(text), "style": style}] if style else [],
            "entityRanges": [{"offset": 0, "length": len(text), "key": number - first}]
            if number >= first
            else [],
        }
        for number, (text, style) in enumerate(lines)
    ]
    return json.dumps({"blocks": blocks, "entityMap": {str(key): one for key, one in enumerate(data)}})


def save_page(browser, page, **form):
    form = {"introduction": rich("Lời giới thiệu"), "address": "", "phone": "", "email": ""} | form
    return browser.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), {**form, "action-publish": "1"})


def shown(signed_in, page) -> str:
    answer = signed_in(UserFactory()).get(
        page.specific.url if not isinstance(page, NewsPage) else page.get_absolute_url()
    )
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "img-src 'self'" in policy
    return answer.content.decode()


ENTITIES = {
    "IMAGE": {"id": 1, "format": "fullwidth", "alt": '"><script>', "src": "//evil.example/pixel.gif"},
    "EMBED": {"url": "https://evil.example/video", "embedType": "video", "providerName": "x"},
    "DOCUMENT": {"id": 1, "filename": "x", "url": "javascript:alert(1)"},
    "LINK": {"id": 1, "parentId": 1, "url": "javascript:alert(1)", "linktype": "page"},
    "STYLE": {"style": "background:url(//evil.example)"},
    "<script>": {},
}
