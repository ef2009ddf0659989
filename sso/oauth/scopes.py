"""What systems may ask for, and in which words a person is told."""

from collections.abc import Collection

from django.utils.translation import gettext_lazy as _

OPENS_MAILBOXES = "mail"  # served by the mail server, which asks at introspection
TEXTS = {  # of all that there are
    "openid": _("Who you are"),
    "profile": _("Your name, account and language"),
    "email": _("Your mail address"),
    "phone": _("Your office telephone number"),
    "address": _("Your room"),
    "organization": _("Your unit, posts and roles"),
    OPENS_MAILBOXES: _("Your mailbox: reading and sending mail in your name"),
}


def scopes_for(application, asked: str) -> list[str]:
    """Return those of the ``asked`` scopes that ``application`` may have; others are left out.

    OpenID Connect Core §3.1.2.1: what is not understood should be ignored.
    """
    allowed = application.allowed_scopes
    return [name for name in dict.fromkeys(asked.split()) if name in TEXTS and name in allowed]


def still_allowed(granted: str, allowed: Collection[str]) -> list[str]:
    """Return those of the ``granted`` scopes that are among the ``allowed_scopes`` of the system's row today."""
    return [name for name in granted.split() if name in allowed]
