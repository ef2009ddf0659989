"""Wrong combinations of settings, found at the start."""

from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import Error, Tags, Warning, register

from intranet.plugins import plugins
from sso.api import Role, is_bare

SCHEMES = {
    "INTRANET_BASE_URL": ["http", "https"],
    "INTRANET_LDAP_URL": ["ldap", "ldaps", "ldapi"],
    "INTRANET_REDIS_URL": ["redis", "rediss", "unix"],
    "INTRANET_IMAP_URL": ["imap", "imaps"],
    "INTRANET_SMTP_URL": ["smtp", "smtps"],
}


@register()
def addresses_begin_as_they_should(app_configs, **kwargs):
    """Without its beginning an address is taken for something else, and who signs in finds that out."""
    given = {
        "INTRANET_BASE_URL": [settings.BASE_URL],
        "INTRANET_LDAP_URL": settings.LDAP_URLS,
        "INTRANET_REDIS_URL": [settings.REDIS_URL],
        "INTRANET_IMAP_URL": [settings.MAIL_IMAP_URL],
        "INTRANET_SMTP_URL": [settings.MAIL_SMTP_URL],
    }
    wrong = [
        name
        for name, urls in given.items()
        if any(url and urlsplit(url).scheme not in SCHEMES[name] for url in urls)
    ]
    return [
        Error(
            f"{name} does not say how to connect.",
            hint=f"Begin with {' or '.join(f'{scheme}://' for scheme in SCHEMES[name])}.",
            id="intranet.E004",
        )
        for name in wrong
    ]


@register()
def duty_is_of_roles_that_exist(app_configs, **kwargs):
    """A slip of the pen would leave those without a second factor who must have one."""
    known = [Role.SYSTEM_ADMIN, Role.UNIT_ADMIN, Role.CLERK, "everybody"]
    unknown = set(settings.MFA_DUTY) - set(known)
    hint = f"There are: {', '.join(known)}."
    return [
        Error(f"INTRANET_MFA_DUTY: nobody is {word!r}.", hint=hint, id="intranet.E005") for word in unknown
    ]


@register()
def keys_are_keys(app_configs, **kwargs):
    """Found out now, and not when somebody shows the first code or a system wants a token."""
    wrong = [
        name for name in ("FACTOR_KEYS", "SEALING_KEYS") if not all(map(is_key, getattr(settings, name)))
    ]
    hint = (
        "Make one: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
    )
    return [Error(f"INTRANET_{name} holds what is no key.", hint=hint, id="intranet.E006") for name in wrong]


def is_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


@register()
def apps_that_are_off_exist(app_configs, **kwargs):
    known = {*settings.OUR_APPS, *(point.name for point in settings.PLUGINS_FROM_ELSEWHERE)}
    return [
        Warning(f"INTRANET_APPS_OFF: no app is called {name!r}.", id="intranet.W002")
        for name in settings.APPS_OFF
        if name not in known
    ]


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
