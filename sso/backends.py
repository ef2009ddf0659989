"""Who is let in: people of the directory, by a bind with their own password."""

import re
import unicodedata

import ldap
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db.models import Q
from django.dispatch import receiver
from django_auth_ldap.backend import LDAPBackend, ldap_error

from sso.directory import (
    OUTAGES,
    DirectoryUnavailable,
    note_answer,
    note_outage,
    reason_of,
    refuse_during_pause,
)
from sso.models import User
from sso.prepared import PreparedGet

NAME = re.compile(r"[\w.@+-]{1,254}", re.ASCII)
rights = ModelBackend()
NAMED = PreparedGet(User, lambda name: User.objects.filter(Q(username=name) | Q(email=name)))
ACTIVE = PreparedGet(
    User, lambda pk: User.objects.filter(pk=pk, is_active=True), mark=-1
)  # asked by every page


def canonical_name(typed: str) -> str:
    """Return the account or address as the directory compares it, "" when it can be neither."""
    name = unicodedata.normalize("NFKC", typed).strip().casefold()
    return name if NAME.fullmatch(name) else ""


class DirectoryBackend(LDAPBackend):
    """The directory checks the password; the person is the row with the entry's entryUUID, made by the sync only.

    Permissions are those of the groups here.
    """

    def authenticate(self, request, username=None, password=None, **kwargs):
        """Return the person, or None. Raises DirectoryUnavailable when no directory answers."""
        name = canonical_name(username or "")
        if not name or not password or "\0" in password:
            return None
        was_down = refuse_during_pause()
        outage = DirectoryUnavailable("INTRANET_LDAP_URL is not set.")
        for url in settings.LDAP_URLS:
            self.settings.SERVER_URI = url
            try:
                user = super().authenticate(request, username=name, password=password)
            except DirectoryUnavailable as error:
                outage = error
                continue
            if was_down:
                note_answer()
            return user if user and user.is_active else None
        raise note_outage(outage)

    def authenticate_ldap_user(self, ldap_user, password):
        try:
            return super().authenticate_ldap_user(ldap_user, password)
        finally:
            if ldap_user._connection is not None:
                ldap_user._connection.unbind_s()

    def get_or_build_user(self, username, ldap_user):
        """The person of that name, when it is still the entry's; else whoever the entry belongs to."""
        user = NAMED.first(username)
        if user and str(user.entry_uuid) == ldap_user.attrs["entryUUID"][0]:
            return user, False
        return super().get_or_build_user(username, ldap_user)

    def get_user(self, user_id):
        """Return the person of a session, None when disabled since."""
        return ACTIVE.first(user_id)

    def get_user_permissions(self, user, obj=None):
        return rights.get_user_permissions(user, obj)

    def get_group_permissions(self, user, obj=None):
        return rights.get_group_permissions(user, obj)

    def get_all_permissions(self, user, obj=None):
        return rights.get_all_permissions(user, obj)

    def has_perm(self, user, perm, obj=None):
        return rights.has_perm(user, perm, obj)

    def has_module_perms(self, user, app_label):
        return rights.has_module_perms(user, app_label)

    def with_perm(self, *args, **kwargs):
        return rights.with_perm(*args, **kwargs)


@receiver(ldap_error)
def outage_is_no_wrong_password(sender, context, exception, **kwargs):
    """Turn what django-auth-ldap would take for a wrong password into an outage."""
    if context == "search_for_user_dn" or isinstance(exception, OUTAGES):
        raise DirectoryUnavailable(reason_of(exception)) from exception
    if not isinstance(exception, ldap.LDAPError):
        raise exception
