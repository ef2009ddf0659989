"""Sessions in the database: found by the hash of their key, bound to the person's epoch, saved once at a sign-in.

They are not cached: what was ended is gone for every process with the next request. The person comes with the session,
in the same query.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import connection
from django.utils import timezone

from sso.models import Session, User
from sso.models.credentials import hashed
from sso.models.devices import of_the_living
from sso.prepared import PreparedLookup
from sso.services.sessions import SID, end_oldest
from sso.writes import PreparedInsert

SEEN_EVERY = timedelta(minutes=10)  # how exact "last seen" is: one write in this time
PERSON = {f"person_{field.attname}": f"user__{field.attname}" for field in User._meta.concrete_fields}
LIVING = PreparedLookup(
    lambda key_hash: Session.objects.filter(of_the_living(), key_hash=key_hash),
    pk="pk",
    user="user_id",
    epoch="epoch",
    data="data",
    last_seen_at="last_seen_at",
    expires_at="expires_at",
    **PERSON,
)
insert = PreparedInsert(Session)


class SessionStore(SessionBase):
    """A row of ``Session``. It ends SESSION_COOKIE_AGE after it began, however often it is used."""

    device = None  # (user agent, address) of the browser that signs in
    person = None  # whose it is, as found with it

    def load(self):
        row, now = LIVING.first(hashed(self.session_key)), timezone.now()
        if row is None or row.expires_at <= now:
            self._session_key = None
            return {}
        if now - row.last_seen_at > SEEN_EVERY:
            Session.objects.filter(pk=row.pk, last_seen_at=row.last_seen_at).update(last_seen_at=now)
        data = self.decode(row.data)
        if row.user:
            data[HASH_SESSION_KEY] = str(row.epoch)  # a session that was kept has moved on with the person
            names = [field.attname for field in User._meta.concrete_fields]
            self.person = User.from_db(connection.alias, names, row[-len(names) :])
        return data

    def describe(self, user_agent: str, address: str) -> None:
        """Say from where the person signs in; kept with the row."""
        self.device = user_agent[:300], address[:45]

    def create(self):
        """Store under a new key of 192 random bits."""
        self._session_key = secrets.token_hex(24)
        self.save(must_create=True)
        self.modified = True

    def cycle_key(self):
        """Forget the old key; a new one is taken when the session is saved at the end of the request."""
        self._get_session()
        if self.session_key:
            self.delete(self.session_key)
        self._session_key = None
        self.modified = True

    def save(self, must_create=False):
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)
        user = data.get(SESSION_KEY)
        values = {"data": self.encode(data), "sid": data.get(SID, ""), "user_id": int(user) if user else None}
        if self.device:
            values["user_agent"], values["address"] = self.device
        key_hash = hashed(self.session_key)
        if must_create:
            if user:
                values["epoch"] = int(data[HASH_SESSION_KEY])
                end_oldest(int(user))
            end = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
            insert(key_hash=key_hash, expires_at=end, **values)
        elif not Session.objects.filter(key_hash=key_hash).update(**values):
            raise UpdateError

    def exists(self, session_key):
        return Session.objects.filter(key_hash=hashed(session_key)).exists()

    def delete(self, session_key=None):
        if key := session_key or self.session_key:
            Session.objects.filter(key_hash=hashed(key)).delete()

    @classmethod
    def clear_expired(cls):
        Session.objects.filter(expires_at__lte=timezone.now()).delete()
