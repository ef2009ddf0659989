"""A message's HTML made harmless: an allow-list; pictures of the message itself come from our view."""

import re
from collections.abc import Callable
from itertools import islice

import nh3

KEPT_TAGS = """
a abbr b big blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i
img ins li ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul
"""
ATTRIBUTES = {
    "*": {"style", "align", "valign", "bgcolor", "color", "width", "height", "dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "border"},
    "font": {"face", "size"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap"},
    "col": {"span"},
    "ol": {"start", "type"},
}
KEPT_STYLES = """
background-color border border-collapse border-radius border-spacing color direction display font font-family
font-size font-style font-weight height letter-spacing line-height list-style-type margin max-height max-width
min-height min-width padding text-align text-decoration text-indent text-transform vertical-align white-space
width word-break word-spacing
"""
SIDES = ("top", "right", "bottom", "left")
TAGS = set(KEPT_TAGS.split())
STYLES = {
    *KEPT_STYLES.split(),
    *(f"{box}-{side}" for box in ("border", "margin", "padding") for side in SIDES),
}
WRITTEN_TAGS = """
a b blockquote br code dd div dl dt em h1 h2 h3 h4 h5 h6 hr i li ol p pre s strong sub sup
table tbody td tfoot th thead tr u ul
"""
WRITTEN_ATTRIBUTES = {
    "a": {"href"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
# "<" and "&": at their worst the parser takes two seconds for them, minutes for 400,000.
MARKS_PARSED = 30_000
DROPPED = {"script", "style", "title", "noscript", "template", "svg", "math", "iframe", "object"}
REMOTE = re.compile(r"""<img\b[^>]*?\bsrc\s*=\s*["']?\s*(?:https?:)?//""", re.IGNORECASE)


def clean(text: str, *, image_url: Callable[[str], str | None], show_remote: bool) -> str:
    """Return ``text`` with nothing in it that runs, sends, or covers the page.

    ``image_url(content_id)`` gives the address of a picture that the message carries. Pictures elsewhere are
    kept only when ``show_remote``.
    """

    def keep(tag: str, name: str, value: str) -> str | None:
        address = value.strip()
        scheme = address.partition(":")[0].lower() if ":" in address else ""
        if name == "href":
            return address if scheme in {"http", "https", "mailto"} else None
        if name == "src":
            if scheme == "cid":
                return image_url(address[4:].strip("<> "))
            if scheme == "data":
                return (
                    address if re.match(r"data:image/(png|jpe?g|gif|webp);base64,", address, re.I) else None
                )
            return address if show_remote and scheme in {"http", "https"} else None
        if name == "style" and re.search(r"url\s*\(|expression|@import|\\", value, re.I):
            return None
        return value

    return nh3.clean(
        cut(text),
        tags=TAGS,
        clean_content_tags=DROPPED,
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto", "cid", "data"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )


def cut(text: str) -> str:
    """Return ``text`` as far as it can be parsed in good time: what tags and entities take grows with their square."""
    if text.count("<") + text.count("&") <= MARKS_PARSED:
        return text
    marks = (found.start() for found in re.finditer("[<&]", text))
    return text[: next(islice(marks, MARKS_PARSED, None))]


def has_remote_images(text: str) -> bool:
    """Whether ``text`` shows pictures that lie on other servers."""
    return bool(REMOTE.search(text))


def clean_written(text: str) -> str:
    """Return ``text`` with what people write in a message: words, lists, quotations, links, plain tables."""
    return nh3.clean(
        cut(text),
        tags=set(WRITTEN_TAGS.split()),
        clean_content_tags=DROPPED,
        attributes=WRITTEN_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel=None,
    )
