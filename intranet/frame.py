"""What the frame of every page shows: apps, systems, the person."""

import functools
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from intranet.addresses import address
from intranet.guard import guarded
from intranet.look import told_of
from intranet.models import Notification
from intranet.plugins import Plugin, plugins_for
from sso.api import Application, Role, User, is_system_admin, may_enter, prepared

SYSTEMS, SYSTEMS_SECONDS = "shell.systems", 5
PEOPLE_PAGES = {"people", "person", "units", "unit"}


def shell_of(request: HttpRequest) -> dict:
    """Return the frame for the person of ``request``, computed once per request; little for a stranger."""
    if not hasattr(request, "_shell"):
        request._shell = _compute(request)
    return request._shell


def frame_of_browser(request: HttpRequest) -> dict:
    """Return what the frame shows to anybody, before it is known who it is."""
    theme = request.COOKIES.get("theme")
    return {
        "theme": theme if theme in {"light", "dark"} else "auto",
        "language": getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE),
        "sockets_port": settings.SOCKETS_PORT,
        "site_name": settings.SITE_NAME_EN if get_language() == "en" else settings.WAGTAIL_SITE_NAME,
    }


def _compute(request: HttpRequest) -> dict:
    frame = frame_of_browser(request)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return frame
    match = request.resolver_match
    frame["person"] = user
    shown = plugins_for(user)
    told = told_of(user, frame["language"], lambda: _tell(shown, user))
    numbers, rights = told["numbers"], (told["is_admin"], told["edits"])
    frame["post_line"] = told["post_line"]
    frame["person_links"] = functools.partial(_links, *rights)  # asked for when the menu is drawn
    frame["menu"] = (frame["language"], frame["theme"], *rights)  # all that its drawing depends on
    tiles = [
        guarded(plugin, "Tile", lambda plugin=plugin: _tile(plugin, numbers, match), None) for plugin in shown
    ]
    frame["apps"] = [*filter(None, tiles), _people_tile(match)]
    frame["app_names"] = [app["slug"] for app in frame["apps"]]
    frame["is_home"] = bool(match and match.view_name == "home")
    here = [(app["slug"], app["badge"], app["is_here"]) for app in frame["apps"]]
    frame["rail"] = (frame["is_home"], here)  # likewise
    frame["systems"] = systems(user)
    frame["unread_notices"] = numbers["notices"]
    return frame


def _tell(shown: tuple[Plugin, ...], user: User) -> dict[str, Any]:
    """Return the number on each tile that has one of our own, of unread notices, and who the person is here."""
    asked = [plugin for plugin in shown if plugin.badge and not plugin.badge_is_remote]
    numbers = {plugin.slug: number_on(plugin, user) for plugin in asked}
    is_admin = is_system_admin(user)
    return {
        "numbers": {**numbers, "notices": len(_unread(user.pk))},
        "post_line": user.post_line,
        "is_admin": is_admin,
        "edits": is_admin or user.has_role(Role.UNIT_ADMIN),
    }


def number_on(plugin: Plugin, user: User) -> int:
    """Return the number on the tile of ``plugin``, 0 when it cannot say one."""
    return guarded(plugin, "Badge", lambda: max(0, int(plugin.badge(user) or 0)), 0)


@prepared
def _unread(person: int):
    """A hundred at most: more are not told apart."""
    return Notification.objects.visible_to(person).unread().order_by().values_list("pk")[:100]


def _tile(plugin: Plugin, numbers: dict[str, int], match) -> dict:
    return {
        "slug": plugin.slug,
        "name": plugin.name,
        "icon": plugin.icon,
        "url": address(plugin.home),
        "badge": numbers.get(plugin.slug, 0),
        "badge_is_remote": bool(plugin.badge and plugin.badge_is_remote),
        "is_here": bool(match and plugin.slug == match.namespace),
    }


def _people_tile(match) -> dict:
    return {
        "slug": "people",
        "name": _("People"),
        "icon": "users",
        "url": address("people"),
        "badge": 0,
        "badge_is_remote": False,
        "is_here": bool(match and not match.namespace and match.url_name in PEOPLE_PAGES),
    }


def _links(is_admin: bool, edits: bool) -> list[dict]:
    """Return what a person's menu offers besides the settings, each with ``url``, ``icon``, ``name``."""
    links = [
        {"url": reverse("account"), "icon": "user-circle", "name": _("My account")},
        {"url": reverse("arrange"), "icon": "adjustments-horizontal", "name": _("Arrange the home page")},
    ]
    if edits:
        links.append({"url": reverse("wagtailadmin_home"), "icon": "edit", "name": _("Edit pages")})
    if is_admin:
        links.append({"url": reverse("systems"), "icon": "apps", "name": _("Registered systems")})
        links.append({"url": reverse("accounts"), "icon": "help-circle", "name": _("Help desk")})
        links.append({"url": reverse("directory"), "icon": "sitemap", "name": _("Account directory")})
        links.append({"url": reverse("audit"), "icon": "history", "name": _("System record")})
    return links


def systems(user: User) -> list[dict]:
    """Return the tiles of the other systems that ``user`` may enter; each process keeps all of them a moment."""
    found = caches["process"].get_or_set(SYSTEMS, _all_systems, SYSTEMS_SECONDS)
    names = ("name", "tile_url", "icon", "description")
    return [{name: row[name] for name in names} for row in found if may_enter(user, row["rule"])]


def _all_systems() -> list[dict]:
    rows = Application.objects.filter(is_enabled=True).exclude(tile_url="")
    return list(rows.values("name", "tile_url", "icon", "description", "rule"))


def forget_systems() -> None:
    """Ask the database anew: a system was registered, changed or removed. Other processes do so in a moment."""
    caches["process"].delete(SYSTEMS)
