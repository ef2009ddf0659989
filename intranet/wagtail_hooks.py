"""Wagtail's administration, reduced to what an admin of a unit needs: the pages."""

from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from intranet.models import UnitPage
from sso.api import Role

FOR_SYSTEM_ADMINS = {"reports", "settings"}
# Wagtail's own files are used nowhere and would be taken for official documents; its help is in the internet.
FOR_NOBODY = {"documents", "help"}
WANTED = ("approve", "action-publish", "action-submit")


@hooks.register("construct_main_menu")
def keep_few_entries(request, items):
    hidden = FOR_NOBODY if request.user.is_superuser else FOR_NOBODY | FOR_SYSTEM_ADMINS
    items[:] = [item for item in items if item.name not in hidden]


@hooks.register("register_admin_menu_item")
def lead_back():
    return MenuItem(_("Home"), f"{reverse('home')}#main", name="intranet", icon_name="home", order=0)


@hooks.register("construct_page_action_menu")
def put_what_is_wanted_first(items, request, context):
    """The button at hand does what people came for; a draft is the second choice."""
    items.sort(key=lambda item: WANTED.index(item.name) if item.name in WANTED else len(WANTED))


class OwnPages(Component):
    """The pages of the units that the person is admin of, each one press away."""

    order = 0
    template_name = "intranet/own_pages.html"

    def get_context_data(self, parent_context):
        user = parent_context["request"].user
        units = [role.unit_id for role in user.current_roles if role.name == Role.UNIT_ADMIN]
        return {"pages": UnitPage.objects.filter(unit__in=units).select_related("unit")}


@hooks.register("construct_homepage_panels")
def show_own_pages(request, panels):
    panels.append(OwnPages())


@hooks.register("construct_homepage_summary_items", order=1)  # after those that add them
def keep_no_numbers(request, items):
    items.clear()


@hooks.register("insert_global_admin_css")
def wear_our_clothes():
    return format_html('<link rel="stylesheet" href="{}">', static("intranet/wagtail.css"))


@hooks.register("insert_editor_js")
def keep_what_was_written():
    return render_to_string("intranet/editor.html")
