"""The list of news, and one article."""

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from apps.news.models import LEAD, NewsCategory, NewsPage
from apps.news.permissions import units_to_write_for
from apps.news.services import NewsIndexPage
from sso.api import Unit

ON_PAGE = 13  # a lead story and four rows of three


def news_list(request):
    """Published news, by category and unit; on the first page of all, one with a picture leads."""
    found = NewsPage.objects.visible_to(request.user)
    categories = list(NewsCategory.objects.all())
    category = next((item for item in categories if item.slug == request.GET.get("category")), None)
    units = list(Unit.objects.top())
    unit = next((item for item in units if str(item.pk) == request.GET.get("unit")), None)
    if category:
        found = found.filter(category=category)
    if unit:
        found = found.filter(unit=unit)
    page = Paginator(found.newest_first().for_cards(), ON_PAGE).get_page(request.GET.get("page"))
    items = list(page)
    leads = page.number == 1 and len(items) > 3 and items[0].picture
    context = {
        "page_obj": page,
        "lead": items[0] if leads else None,
        "lead_size": LEAD,
        "items": items[1:] if leads else items,
        "categories": categories,
        "category": category,
        "units": units,
        "unit": unit,
        "may_write": units_to_write_for(request.user).exists(),
        "index": NewsIndexPage.objects.only("pk").first(),
    }
    return TemplateResponse(request, "news/news_list.html", context)


def news_article(request, slug):
    found = NewsPage.objects.visible_to(request.user).select_related("category", "unit", "picture")
    return get_object_or_404(found, slug=slug).serve(request)
