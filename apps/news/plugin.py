"""What the app offers the shell."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from apps.news.models import NewsPage
from intranet.api import Hit, Named, Plugin, Timer, Widget
from sso.api import fold


def newest(place):
    """The three newest, the same for everybody: drawn once a minute and when something is published."""
    return {"items": lambda: NewsPage.objects.visible_to(place.user).newest_first().for_cards()[:3]}


def of_unit(place):
    found = NewsPage.objects.visible_to(place.user).filter(unit=place.unit)
    return {"items": list(found.newest_first().for_cards()[:3]), "unit": place.unit}


def search(user, query, limit):
    """News that hold every word, with or without accents; those that hold them as written come first."""
    words = fold(query)
    if not words:
        return
    visible = NewsPage.objects.visible_to(user)
    found = visible.search(words, operator="and")[: limit * 3]
    rows = NewsPage.objects.filter(pk__in=[hit.pk for hit in found]).select_related("category").defer("body")
    as_written = query.casefold()

    def order(item):
        return as_written not in item.title.casefold(), -item.published_at.timestamp()

    for item in sorted(rows, key=order)[:limit]:
        yield Hit(title=item.title, url=item.get_absolute_url(), excerpt=f"{item.category} · {item.summary}")


PLUGIN = Plugin(
    slug="news",
    name=_("News"),
    icon="news",
    home="news:list",
    urls="apps.news.urls",
    nav=(Named(name="news:list", label=_("News")),),
    widgets=(
        Widget(
            slug="newest",
            title=_("News of the ministry"),
            template="news/_newest.html",
            css="news/news.css",
            context=newest,
            is_wide=True,
            more="news:list",
        ),
        Widget(
            slug="unit",
            title=_("News of the unit"),
            template="news/_widget.html",
            css="news/news.css",
            context=of_unit,
            places=("unit",),
            is_wide=True,
        ),
    ),
    search=search,
    kinds=(
        Named(name="news.submitted", label=_("News wait for my approval")),
        Named(name="news.published", label=_("News I wrote are published")),
        Named(name="news.returned", label=_("News I wrote come back to me")),
    ),
    timers=(Timer(command="sync_news", every=timedelta(minutes=10)),),
)
