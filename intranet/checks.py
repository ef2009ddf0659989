"""Wrong combinations of settings, found at the start."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register

from intranet.plugins import plugins

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@register(Tags.security)
def directory_is_encrypted(app_configs, **kwargs):
    """Passwords leave the machine over TLS only."""
    urls = [urlsplit(url) for url in settings.AUTH_LDAP_SERVER_URI.replace(",", " ").split()]
    bare = [u.hostname for u in urls if u.scheme == "ldap" and u.hostname not in LOOPBACK]
    if bare and not settings.AUTH_LDAP_START_TLS:
        hint = "Use ldaps:// or set INTRANET_LDAP_START_TLS=yes."
        return [Error(f"The directory at {', '.join(bare)} is not encrypted.", hint=hint, id="intranet.E001")]
    return []


@register()
def plugins_have_own_slugs(app_configs, **kwargs):
    slugs = [plugin.slug for plugin in plugins()]
    doubles = {slug for slug in slugs if slugs.count(slug) > 1}
    hint = "Rename one, or leave one out with INTRANET_APPS_OFF."
    return [Error(f"Two plug-ins are called {slug!r}.", hint=hint, id="intranet.E002") for slug in doubles]


@register(deploy=True)
def cache_is_shared(app_configs, **kwargs):
    if settings.REDIS_URL:
        return []
    hint = "Set INTRANET_REDIS_URL when more than one process serves pages."
    return [Warning("Sign-in limits and live updates are kept per process.", hint=hint, id="intranet.W001")]
