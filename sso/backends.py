"""Who is let in: people of the directory, by a bind with their own password."""

from django_auth_ldap.backend import LDAPBackend


class DirectoryBackend(LDAPBackend):
    pass
