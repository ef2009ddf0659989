"""Everybody has one mailbox, their own: it is opened with their token, so no other can be reached."""

from django.conf import settings

from sso.api import User


def can_use_mail(user: User) -> bool:
    """Whether ``user`` has a mailbox here: a mail server is set, and the account has an address."""
    return user.is_active and bool(settings.MAIL_IMAP_URL and user.email)
