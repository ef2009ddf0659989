"""A message's HTML made harmless: an allow-list, pictures of the message itself by our view, all others left out."""

import html
import re
from collections.abc import Callable

import nh3

TAGS = set(
    "a abbr b big blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i img"
    " ins li ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul".split()
)
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
STYLES = set(
    "background-color border border-bottom border-bottom-color border-bottom-style border-bottom-width border-collapse"
    " border-color border-left border-left-color border-left-style border-left-width border-radius border-right"
    " border-right-color border-right-style border-right-width border-spacing border-style border-top"
    " border-top-color border-top-style border-top-width border-width color direction display font font-family font-size"
    " font-style font-weight height letter-spacing line-height list-style-type margin margin-bottom margin-left"
    " margin-right margin-top max-height max-width min-height min-width padding padding-bottom padding-left"
    " padding-right padding-top text-align text-decoration text-indent text-transform vertical-align white-space"
    " width word-break word-spacing".split()
)
REMOTE = re.compile(r"""<img\b[^>]*?\bsrc\s*=\s*["']?\s*(?:https?:)?//""", re.IGNORECASE)
BREAKS = re.compile(r"<br\b[^>]*>|</(?:p|div|tr|li|h[1-6]|blockquote|table|ul|ol|pre)\s*>", re.IGNORECASE)


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
                return address if re.match(r"data:image/(png|jpe?g|gif|webp);base64,", address, re.I) else None
            return address if show_remote and scheme in {"http", "https"} else None
        if name == "style" and re.search(r"url\s*\(|expression|@import|\\", value, re.I):
            return None
        return value

    return nh3.clean(
        text,
        tags=TAGS,
        clean_content_tags={"script", "style", "title", "noscript", "template", "svg", "math", "iframe", "object"},
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto", "cid", "data"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )


def has_remote_images(text: str) -> bool:
    """Whether ``text`` shows pictures that lie on other servers."""
    return bool(REMOTE.search(text))


def to_plain(text: str) -> str:
    """Return the words of ``text`` as lines, to quote them."""
    broken = BREAKS.sub(lambda found: f"\n{found[0]}", re.sub(r"\s+", " ", text))
    bare = nh3.clean(broken, tags=set(), clean_content_tags={"script", "style", "title", "noscript", "template"})
    lines = [line.strip() for line in html.unescape(bare).replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
