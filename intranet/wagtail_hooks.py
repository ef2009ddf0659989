"""Wagtail's administration, reduced to what an admin of a unit needs: the pages."""

from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks

FOR_SYSTEM_ADMINS = {"reports", "help", "settings"}


@hooks.register("construct_main_menu")
def keep_few_entries(request, items):
    if not request.user.is_superuser:
        items[:] = [item for item in items if item.name not in FOR_SYSTEM_ADMINS]


@hooks.register("construct_homepage_summary_items", order=1)  # after those that add them
def keep_no_numbers(request, items):
    if not request.user.is_superuser:
        items.clear()


@hooks.register("insert_global_admin_css")
def wear_our_clothes():
    return format_html('<link rel="stylesheet" href="{}">', static("intranet/wagtail.css"))
