"""What the pages of one's own account share."""

from datetime import date, datetime

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from sso.views.account import PAGES

register = template.Library()


@register.simple_tag(takes_context=True)
def account_pages(context) -> list[dict]:
    """Return the navigation for the reader: ``url``, ``label``, ``icon``, ``is_here``."""
    request = context["request"]
    pages = [page for page in PAGES if page.is_for(request.user)]
    names = [page.name for page in pages]
    here = request.resolver_match.url_name or ""
    mine = max((name for name in names if here == name or here.startswith(f"{name}-")), key=len, default="")
    return [
        {"url": reverse(page.name), "label": page.label, "icon": page.icon, "is_here": page.name == mine}
        for page in pages
    ]


@register.filter
def plain(value) -> str:
    """Return a value of an export as people read it: times to the second, lists by commas, nothing as a dash."""
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "d/m/Y H:i:s")
    if isinstance(value, date):
        return date_format(value, "d/m/Y")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return "–" if value is None or value == "" else str(value)
