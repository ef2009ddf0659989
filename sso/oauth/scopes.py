"""What systems may ask for, and in which words a person is told."""

from collections.abc import Collection

from django.utils.translation import gettext_lazy as _
from oauth2_provider.scopes import BaseScopes
from oauth2_provider.settings import oauth2_settings

OPENS_MAILBOXES = "mail"  # served by the mail server, which asks at introspection
TEXTS = {
    "openid": _("Who you are"),
    "profile": _("Your name, account and language"),
    "email": _("Your mail address"),
    "phone": _("Your office telephone number"),
    "address": _("Your room"),
    "organization": _("Your unit, posts and roles"),
    OPENS_MAILBOXES: _("Your mailbox: reading and sending mail in your name"),
}


class ApplicationScopes(BaseScopes):
    """A system gets the scopes that its row allows and no others."""

    def get_all_scopes(self):
        return {name: TEXTS.get(name, name) for name in oauth2_settings.SCOPES}

    def get_available_scopes(self, application=None, request=None, *args, **kwargs):
        if application is None:
            return list(oauth2_settings.SCOPES)
        return [name for name in oauth2_settings.SCOPES if name in application.allowed_scopes]

    def get_default_scopes(self, application=None, request=None, *args, **kwargs):
        return self.get_available_scopes(application)[:1]


def scopes_for(application, asked: str) -> list[str]:
    """Return those of the ``asked`` scopes that ``application`` may have; others are left out.

    OpenID Connect Core §3.1.2.1: what is not understood should be ignored.
    """
    allowed = ApplicationScopes().get_available_scopes(application)
    return [name for name in dict.fromkeys(asked.split()) if name in allowed]


def still_allowed(granted: str, allowed: Collection[str]) -> list[str]:
    """Return those of the ``granted`` scopes that are among the ``allowed_scopes`` of the system's row today."""
    return [name for name in granted.split() if name in allowed]
