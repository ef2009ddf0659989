"""Sessions in the database, and in the shared cache when there is one: Django's, saved once at a sign-in."""

from django.conf import settings
from django.contrib.sessions.backends import base, cached_db, db
from django.utils.crypto import get_random_string


class SessionStore(cached_db.SessionStore if settings.REDIS_URL else db.SessionStore):
    """A new key is taken when the session is saved at the end of the request.

    Django looks whether the random key is free and stores the session under it at once, to store it again at the end.
    """

    def cycle_key(self):
        self._get_session()
        if self.session_key:
            self.delete(self.session_key)
        self._session_key = None
        self.modified = True

    def save(self, must_create=False):
        if self.session_key is None:
            self.create()
        else:
            super().save(must_create)

    def _get_new_session_key(self):
        """A key of 165 random bits; ``create`` tries another one should it be taken."""
        return get_random_string(32, base.VALID_KEY_CHARS)
