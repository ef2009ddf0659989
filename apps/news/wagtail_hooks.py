"""Categories in the editor's menu, and writers see the drafts of their own units only."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from apps.news.models import NewsCategory, NewsIndexPage, NewsPage
from apps.news.permissions import is_editor, units_to_write_for


class NewsCategoryViewSet(SnippetViewSet):
    model = NewsCategory
    menu_label = _("News categories")
    icon = "tag"
    list_display = ["name_vi", "name_en", "order"]


register_snippet(NewsCategory, viewset=NewsCategoryViewSet)


@hooks.register("construct_explorer_page_queryset")
def show_own_news(parent, pages, request):
    if is_editor(request.user):
        return pages
    others = NewsPage.objects.exclude(unit__in=units_to_write_for(request.user))
    return pages.exclude(pk__in=others.values("pk"))


@hooks.register("construct_main_menu")
def offer_writing(request, items):
    index = NewsIndexPage.objects.only("pk").first()
    if index and units_to_write_for(request.user).exists():
        url = reverse("wagtailadmin_pages:add", args=["news", "newspage", index.pk])
        items.append(MenuItem(_("Write news"), url, name="write-news", icon_name="edit", order=50))
