"""Wagtail's administration, reduced to what an admin of a unit needs: pages, and nothing to get lost in."""

from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks

FOR_PAGE_ADMINS = {"explorer", "images", "documents", "news"}
PANELS_FOR_ALL = {"site_summary", "pages_for_moderation", "user_objects_in_workflow_moderation", "locked_pages"}


@hooks.register("construct_main_menu")
def keep_few_entries(request, items):
    if not request.user.is_superuser:
        items[:] = [item for item in items if item.name in FOR_PAGE_ADMINS]


@hooks.register("construct_homepage_summary_items")
def keep_no_numbers(request, items):
    if not request.user.is_superuser:
        items.clear()


@hooks.register("construct_explorer_page_queryset")
def show_own_pages(parent, pages, request):
    """Show in the tree only pages the person may change, and the way to them."""
    from wagtail.permissions import page_permission_policy

    if request.user.is_superuser:
        return pages
    return pages & page_permission_policy.explorable_instances(request.user)


@hooks.register("insert_global_admin_css")
def our_clothes():
    return format_html('<link rel="stylesheet" href="{}">', static("intranet/admin.css"))
