"""Wagtail pages of the shell: the root of the ministry's site and a page for each unit."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.models.pages import PagePermissionTester

from sso.api import is_unit_admin


class HomePage(Page):
    """The root of the site; people see their personal home page in its place."""

    parent_page_types = ["wagtailcore.Page"]
    private_page_options = []
    max_count = 1

    class Meta:
        verbose_name = _("home page")


class UnitPagePermissions(PagePermissionTester):
    """Wagtail's rights by groups, and besides the role of unit admin that the person holds at this moment."""

    def __init__(self, user, page):
        super().__init__(user, page)
        if not is_unit_admin(user, page.unit):
            self.permissions = set()

    def can_delete(self, *args, **kwargs):
        """A unit's page comes and goes with the unit."""
        return self.user.is_superuser and super().can_delete(*args, **kwargs)

    def can_unpublish(self):
        return self.user.is_superuser and super().can_unpublish()

    def can_move(self):
        return self.user.is_superuser and super().can_move()

    def can_copy(self):
        return self.user.is_superuser and super().can_copy()


class UnitPage(Page):
    """What a unit says of itself, shaped by its admin, with the widgets of the apps beside it."""

    unit = models.OneToOneField("sso.Unit", models.PROTECT, related_name="page", verbose_name=_("unit"))
    introduction = RichTextField(
        _("introduction"), blank=True, features=["h2", "h3", "bold", "italic", "ol", "ul", "link"]
    )
    address = models.CharField(_("address"), max_length=250, blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    email = models.EmailField(_("mail address"), blank=True)

    content_panels = [
        FieldPanel("introduction"),
        FieldPanel("address"),
        FieldPanel("phone"),
        FieldPanel("email"),
    ]
    promote_panels = []
    settings_panels = []
    parent_page_types = ["intranet.HomePage"]
    subpage_types = []
    private_page_options = []  # a unit's page is for all staff
    template = "intranet/unit_page.html"

    class Meta:
        verbose_name = _("unit page")
        verbose_name_plural = _("unit pages")

    def permissions_for_user(self, user):
        return UnitPagePermissions(user, self)

    def get_url_parts(self, request=None):
        parts = super().get_url_parts(request)
        return parts and (parts[0], parts[1], reverse("unit", args=[self.slug]))

    def get_context(self, request, *args, **kwargs):
        from intranet.unit_pages import content_of

        return {**super().get_context(request, *args, **kwargs), **content_of(self, request)}
