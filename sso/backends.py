"""Who is let in: people of the directory, by a bind with their own password; others by passkey only."""

import re
import time
import unicodedata
from enum import Enum

from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.db.models import Q
from django.utils import timezone

from sso.directory import DirectoryUnavailable, note_answer, refuse_during_pause
from sso.directory.passwords import Verdict, check_password, find_entry, is_password
from sso.limits import TooManyTries, Tries
from sso.models import DirectoryFollowed, User
from sso.prepared import PreparedGet
from sso.services.audit import Action, Cause, address_of, record

NAME = re.compile(r"[\w.@+-]{1,254}", re.ASCII)
NAMED = PreparedGet(User, lambda name: User.objects.filter(Q(username=name) | Q(email=name)))
# Asked by every page.
ACTIVE = PreparedGet(User, lambda pk: User.objects.filter(pk=pk, is_active=True), mark=-1)
OF_DIRECTORY = "sso.backends.DirectoryBackend"
NOBODY = "uid=-"  # who is unknown is asked for here
# No refusal is told before: the directory writes the wrong password of an account down, and the time it takes would
# tell that there is one.
REFUSED_AFTER = 0.1  # seconds


class Hindrance(Enum):
    """Why somebody who typed the right password does not get in yet. Nobody else is told."""

    CLOSED = Cause.CLOSED
    EXPIRED = Cause.EXPIRED
    MUST_CHANGE = Cause.MUST_CHANGE


class Hindered(Exception):
    """The password is right, but ``person`` does not get in."""

    def __init__(self, person: User, why: Hindrance):
        super().__init__(why.name)
        self.person, self.why = person, why


def canonical_name(typed: str) -> str:
    """Return the account or address as the directory compares it, "" when it can be neither."""
    name = unicodedata.normalize("NFKC", typed).strip().casefold()
    return name if NAME.fullmatch(name) else ""


class DirectoryBackend(ModelBackend):
    """The directory checks the password; the person is the row with the entry's entryUUID, made by the sync only.

    Permissions are those of the groups here.
    """

    aauthenticate = BaseBackend.aauthenticate
    aget_user = BaseBackend.aget_user

    def authenticate(self, request, username=None, password=None, **kwargs):
        """Return the person, with what the directory said as ``verdict``, or None.

        Raises DirectoryUnavailable when no directory answers, TooManyTries, and Hindered.
        """
        name = canonical_name(username or "")
        if not name or not is_password(password):
            return None
        is_let_in, began = False, time.monotonic()
        try:
            person = self.checked(request, name, password)
            is_let_in = person is not None
        finally:
            if not is_let_in:
                time.sleep(max(0, began + REFUSED_AFTER - time.monotonic()))
        return person

    def checked(self, request, name: str, password: str) -> User | None:
        """As ``authenticate``, for what can be a name and a password."""
        was_down = refuse_during_pause()
        entry = find_entry(name)
        person = person_of(name, entry.key) if entry else None
        tries = Tries(str(entry.key) if entry else f"?{name}", address_of(request), name)
        try:
            tries.begin()
        except TooManyTries:
            record(Action.REFUSED, person=person, request=request, cause=Cause.TOO_MANY_TRIES)
            raise
        try:
            verdict = check_password(entry.dn if entry else NOBODY, password)
        except DirectoryUnavailable:
            tries.take_back()
            raise
        if was_down:
            note_answer()
            DirectoryFollowed.objects.filter(mode=DirectoryFollowed.DOWN).update(mode="")
        if verdict is None or person is None:
            tries.failed()
            cause = Cause.WRONG_PASSWORD if person else Cause.UNKNOWN_ACCOUNT
            state = {"account": "disabled"} if person and not person.is_active else {}
            record(Action.REFUSED, person=person, request=request, cause=cause, **state)
            return None
        tries.succeeded()
        if hindrance := hindrance_of(person, verdict):
            record(Action.REFUSED, person=person, request=request, cause=hindrance.value)
            raise Hindered(person, hindrance)
        person.verdict = verdict
        return person

    def get_user(self, user_id):
        """Return the person of a session, None when disabled since."""
        return ACTIVE.first(user_id)


class PasskeyBackend(BaseBackend):
    """Accounts that are not in the directory. They have a passkey and no password: nobody is let in for typing one."""

    def get_user(self, user_id):
        """Return the person of a session, None when disabled since or after a guest's last day."""
        person = User.objects.exclude(origin=User.Origin.DIRECTORY).filter(pk=user_id, is_active=True)
        return person.exclude(guest__ends_on__lt=timezone.localdate()).first()


def backend_for(person: User) -> str:
    """The backend that answers for the sessions of ``person``."""
    return OF_DIRECTORY if person.origin == User.Origin.DIRECTORY else "sso.backends.PasskeyBackend"


def person_of(name: str, key) -> User | None:
    """The row of the entry: mostly the one of that name, else whoever the entry belongs to."""
    person = NAMED.first(name)
    if person is None or person.entry_uuid != key:
        person = User.objects.filter(entry_uuid=key).first()
    return person


def hindrance_of(person: User, verdict: Verdict) -> Hindrance | None:
    if not person.is_active:
        return Hindrance.CLOSED
    if verdict.is_expired:
        return Hindrance.EXPIRED
    return Hindrance.MUST_CHANGE if verdict.must_change else None
