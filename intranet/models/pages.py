"""Wagtail pages of the shell: the root of the ministry's site and a page for each unit."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page


class HomePage(Page):
    """The root of the site; people see their personal home page in its place."""

    parent_page_types = ["wagtailcore.Page"]
    max_count = 1

    class Meta:
        verbose_name = _("home page")


class UnitPage(Page):
    """What a unit says of itself, shaped by its admin, with the widgets of the apps beside it."""

    unit = models.OneToOneField("sso.Unit", models.PROTECT, related_name="page", verbose_name=_("unit"))
    introduction = RichTextField(
        _("introduction"), blank=True, features=["h2", "h3", "bold", "italic", "ol", "ul", "link"]
    )

    content_panels = [*Page.content_panels, FieldPanel("introduction")]
    parent_page_types = ["intranet.HomePage"]
    subpage_types = []
    template = "intranet/unit_page.html"

    class Meta:
        verbose_name = _("unit page")
        verbose_name_plural = _("unit pages")
