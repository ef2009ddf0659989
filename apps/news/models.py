"""News are Wagtail pages: written in its editor, moderated by its workflow, read in our pages."""

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelsearch import index
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.fields import RichTextField
from wagtail.images import get_image_model
from wagtail.models import Page, PageManager
from wagtail.models.pages import PagePermissionTester
from wagtail.query import PageQuerySet

from apps.news.forms import NewsPageForm
from apps.news.permissions import can_write_for
from sso.api import fold

CARD = "fill-640x360|format-webp"
LEAD = "fill-1280x720|format-webp"


class NewsCategory(models.Model):
    name_vi = models.CharField(_("Vietnamese name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    slug = models.SlugField(_("short name in addresses"), unique=True)
    order = models.PositiveIntegerField(_("order"), default=100)

    class Meta:
        verbose_name = _("news category")
        verbose_name_plural = _("news categories")
        ordering = ["order", "pk"]

    def __str__(self):
        return (self.name_en if get_language() == "en" else "") or self.name_vi


class NewsIndexPage(Page):
    """The folder that news lie in; people read the list of our own view in its place."""

    parent_page_types = ["intranet.HomePage"]
    subpage_types = ["news.NewsPage"]
    private_page_options = []
    max_count = 1

    class Meta:
        verbose_name = _("news")

    def get_url_parts(self, request=None):
        parts = super().get_url_parts(request)
        return parts and (parts[0], parts[1], reverse("news:list"))


class NewsQuerySet(PageQuerySet):
    def visible_to(self, user):
        """Published news are for all staff; drafts are seen in the editor only."""
        return self.live() if user.is_active else self.none()

    def newest_first(self):
        """The pinned ones, then by the day of publishing."""
        return self.order_by("-is_pinned", "-published_at", "-pk")

    def for_cards(self):
        """With all that a card shows: a query for the rows, one for their pictures in the size of a card."""
        sizes = get_image_model().get_rendition_model().objects.filter(filter_spec=CARD)
        drawn = models.Prefetch("picture__renditions", sizes, to_attr="prefetched_renditions")
        rows = self.select_related("category", "unit", "picture").prefetch_related(drawn)
        return rows.defer("body", "search_description")


class NewsPagePermissions(PagePermissionTester):
    """Wagtail's rights by groups; who is no editor has them for the news of their own unit only.

    One that is being written for the first time has no unit yet: the form offers the writer's own.
    """

    def __init__(self, user, page):
        super().__init__(user, page)
        if page.unit_id and not can_write_for(user, page.unit):
            self.permissions = set()


class NewsPage(Page):
    category = models.ForeignKey(
        NewsCategory, models.PROTECT, related_name="news", verbose_name=_("category")
    )
    unit = models.ForeignKey("sso.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    picture = models.ForeignKey(
        "wagtailimages.Image",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("picture"),
    )
    summary = models.CharField(
        _("summary"), max_length=400, help_text=_("One or two sentences, shown in lists.")
    )
    body = RichTextField(
        _("text"), features=["h2", "h3", "bold", "italic", "ol", "ul", "link", "blockquote", "image", "hr"]
    )
    published_at = models.DateTimeField(_("published at"), default=timezone.now, db_index=True)
    is_pinned = models.BooleanField(
        _("pinned"), default=False, help_text=_("Stays above the others in lists.")
    )

    objects = PageManager.from_queryset(NewsQuerySet)()

    base_form_class = NewsPageForm
    content_panels = [
        *Page.content_panels,
        FieldRowPanel([FieldPanel("category"), FieldPanel("unit")]),
        FieldPanel("summary"),
        FieldPanel("picture"),
        FieldPanel("body"),
        FieldRowPanel([FieldPanel("published_at"), FieldPanel("is_pinned")]),
    ]
    promote_panels = [FieldPanel("slug")]
    parent_page_types = ["news.NewsIndexPage"]
    subpage_types = []
    private_page_options = []  # what is published is for all staff; lists and search know no other
    template = "news/news_detail.html"
    search_auto_update = False  # indexed at once when it is published, see signals.py
    search_fields = [*Page.search_fields, index.SearchField("folded_text"), index.FilterField("published_at")]

    class Meta:
        verbose_name = _("news item")
        verbose_name_plural = _("news items")

    def folded_text(self):
        """All its words without accents, for people who type without them."""
        return fold(f"{self.title} {self.summary} {strip_tags(self.body)}")

    def permissions_for_user(self, user):
        return NewsPagePermissions(user, self)

    def get_absolute_url(self):
        return reverse("news:article", args=[self.slug])

    def get_url_parts(self, request=None):
        parts = super().get_url_parts(request)
        return parts and (parts[0], parts[1], self.get_absolute_url())

    def get_context(self, request, *args, **kwargs):
        related = NewsPage.objects.visible_to(request.user).exclude(pk=self.pk).filter(category=self.category)
        may_edit = can_write_for(request.user, self.unit)
        return {
            **super().get_context(request, *args, **kwargs),
            "related": related.for_cards().order_by("-published_at")[:3],
            "may_edit": may_edit,
        }
