"""Wagtail's administration for those who write pages: what is of others, and not published, is not there."""

import re
from types import SimpleNamespace

from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.forms.collections import GroupCollectionManagementPermissionFormSet
from wagtail.admin.views.account import LocaleSettingsPanel, NameEmailSettingsPanel
from wagtail.admin.views.pages.search import SearchView
from wagtail.images.forms import GroupImagePermissionFormSet
from wagtail.models import Page, Site
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.sites.views import IndexView

from sso.api import User, is_system_admin

# Pages, their pictures, one's own settings; not reports, workflows, documents, users, settings of the site.
FOR_WRITERS = re.compile(
    r"wagtailadmin_(home|explore\w*|choose_page\w*|account|sprite|javascript_catalog|tag_autocomplete|dismissibles|"
    r"login|logout|pages:\w+|editing_sessions:\w+)|wagtailadmin_api:pages:\w+|"
    r"wagtailimages(_chooser)?:\w+|wagtailsnippet(choosers|s)_\w+:\w+"
)
CHOSEN = re.compile(r"wagtail\w*choosers?(_\w+)?:chosen(_multiple)?")
KEYS = {"pk", "page_id", "parent_page_id", "page_to_move_id", "page_to_copy_id", "destination_id"}
# What Wagtail says of permissions in the language that was active when it was imported, for one and all.
PERMISSIONS = {
    GroupImagePermissionFormSet: {
        "add_image": ("Add", "Add/edit images you own"),
        "change_image": ("Edit", "Edit any image"),
        "choose_image": ("Choose", "Select images in choosers"),
    },
    GroupCollectionManagementPermissionFormSet: {
        "add_collection": ("Add", "Add collections"),
        "change_collection": ("Edit", "Edit collections"),
        "delete_collection": ("Delete", "Delete collections"),
    },
}


def can_open_admin(request: HttpRequest) -> bool:
    """Say whether the person may open this view of Wagtail's administration, which asks for its own rights then."""
    user, match = request.user, request.resolver_match
    if not user.has_perm("wagtailadmin.access_admin") or not names_keys(request):
        return False
    if is_system_admin(user) or request.path_info == "/admin/jsi18n/":
        return True
    if not FOR_WRITERS.fullmatch(match.view_name):
        return False
    if match.view_name == "wagtailadmin_api:pages:listing" and not request.GET.get("for_explorer"):
        return False  # without it, it lists every page there is
    return not is_about_pages(match.view_name) or all(
        can_see(user, int(value))
        for name, value in match.kwargs.items()
        if name in KEYS and str(value).isdecimal()
    )


def names_keys(request: HttpRequest) -> bool:
    """Say whether what a chooser is asked for can be the key of something; Wagtail answers other words with a 500."""
    match = request.resolver_match
    if not CHOSEN.fullmatch(match.view_name):
        return True
    keys = [match.kwargs["pk"]] if "pk" in match.kwargs else request.GET.getlist("id")
    return all(key.isascii() and key.isdecimal() and len(key) < 18 for key in map(str, keys))


def is_about_pages(view_name: str) -> bool:
    return view_name.startswith(("wagtailadmin_pages:", "wagtailadmin_explore", "wagtailadmin_api:pages:"))


def can_see(user: User, key: int) -> bool:
    """Say whether the page may be named to ``user``: it is published, or theirs to edit."""
    page = Page.objects.filter(pk=key).first()
    return page is None or page.live or page.specific.permissions_for_user(user).can_edit()


class OwnPages(PagePermissionPolicy):
    """Of what Wagtail lets somebody look through, what the list of pages shows them."""

    def explorable_instances(self, user):
        pages = super().explorable_instances(user)
        for hook in hooks.get_hooks("construct_explorer_page_queryset"):
            pages = hook(None, pages, SimpleNamespace(user=user))
        return pages


SearchView.permission_policy = OwnPages()  # Wagtail has no hook for what its search goes through
# Names come from the directory, the language is chosen once for the whole intranet.
NameEmailSettingsPanel.is_active = LocaleSettingsPanel.is_active = lambda panel: False

for formset, words in PERMISSIONS.items():
    formset.permission_types[:] = [(name, *map(gettext_lazy, said)) for name, said in words.items()]
for column in IndexView.columns:
    if column.name in ("port", "site_name", "root_page"):  # Wagtail makes these labels of the names
        column.label = capfirst(Site._meta.get_field(column.name).verbose_name)
