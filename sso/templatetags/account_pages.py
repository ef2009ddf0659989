"""What the pages of one's own account share."""

from django import template
from django.urls import reverse

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
