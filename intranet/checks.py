"""Wrong combinations of settings, found at the start."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register

from intranet.plugins import plugins
from sso.api import is_bare


@register(Tags.security)
def directory_is_encrypted(app_configs, **kwargs):
    """Passwords leave the machine over TLS only."""
    bare = [urlsplit(url).hostname for url in settings.LDAP_URLS if is_bare(url)]
    if bare:
        hint = "Use ldaps:// or set INTRANET_LDAP_START_TLS=yes."
        return [Error(f"The directory at {', '.join(bare)} is not encrypted.", hint=hint, id="intranet.E001")]
    return []


@register(Tags.security)
def addresses_are_those_of_people(app_configs, **kwargs):
    """Behind a proxy that is not counted, all people share one address, and its limit of wrong passwords."""
    if not getattr(settings, "SECURE_PROXY_SSL_HEADER", None) or settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return []
    hint = "Set INTRANET_PROXIES to the number of proxies in front."
    return [Error("INTRANET_BEHIND_PROXY is set, but not how many.", hint=hint, id="intranet.E003")]


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
