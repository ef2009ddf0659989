from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from intranet.models import Notification
from intranet.plugins import plugins_for
from sso.api import Application


def shell_of(request) -> dict:
    """Return what the frame of a page shows to the person of ``request``; little for a stranger."""
    theme = request.COOKIES.get("theme")
    frame = {
        "theme": theme if theme in {"light", "dark"} else "auto",
        "language": request.LANGUAGE_CODE,
        "sockets_port": settings.SOCKETS_PORT,
        "site_name": settings.WAGTAIL_SITE_NAME,
    }
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return frame
    namespace = request.resolver_match.namespace if request.resolver_match else ""
    frame["person"] = user
    frame["apps"] = [
        {
            "slug": plugin.slug,
            "name": plugin.name,
            "icon": plugin.icon,
            "url": reverse(plugin.home),
            "badge": plugin.badge(user) if plugin.badge and not plugin.badge_is_remote else 0,
            "badge_is_remote": bool(plugin.badge and plugin.badge_is_remote),
            "is_here": plugin.slug == namespace,
        }
        for plugin in plugins_for(user)
    ]
    frame["systems"] = list(Application.objects.filter(~Q(tile_url=""), is_enabled=True))
    frame["unread_notices"] = Notification.objects.visible_to(user).unread().count()
    return frame
