"""Where a person is signed in: begun, listed, ended one by one or all at once."""

import secrets

from allauth.account.internal.flows import login
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery

from sso.models import Session, User
from sso.permissions import is_system_admin, require
from sso.prepared import PreparedLookup
from sso.services.audit import address_of
from sso.services.revocation import Reason, end_sessions, revoke
from sso.services.sign_ins import MUST_ENROL

SID = "sid"  # names this session in tokens, without being its key
MOST = 10  # sessions of one person; with one more the oldest ends


def _oldest_to_go(person: int):
    newest = Session.objects.filter(user=OuterRef("pk")).order_by("-pk")
    return User.objects.filter(pk=person).annotate(limit=Subquery(newest.values("pk")[MOST - 1 : MOST]))


LIMITS = PreparedLookup(_oldest_to_go, mark=-1, limit="limit")


def name_session(request) -> None:
    """Name the session that begins with ``request``, and note the browser and the address it comes from."""
    request.session[SID] = secrets.token_urlsafe(24)
    request.session.describe(request.headers.get("User-Agent", ""), address_of(request))


def is_ours(session) -> bool:
    """Say whether our sign-in began ``session``: it is named, and records how this very person proved who they are."""
    records = session.get(login.AUTHENTICATION_METHODS_SESSION_KEY)
    owner = session.get(login._AUTHENTICATION_METHODS_USER_SESSION_KEY)
    return bool(records and session.get(SID)) and owner == session.get(SESSION_KEY)


def opens_all(session) -> bool:
    """Say whether ``session`` is ours, and opens more than the way to a second factor that is due."""
    return is_ours(session) and not session.get(MUST_ENROL)


def is_in_force(sid: str) -> bool:
    """Say whether the session called ``sid`` has not ended meanwhile, by itself or with its person."""
    return Session.objects.in_force().filter(sid=sid).exists()


def end_oldest(user_id: int) -> None:
    """Make room for one more session of the person: MOST is the most that anybody has."""
    row = LIMITS.first(user_id)
    if row and row.limit:
        old = Session.objects.filter(user=user_id, pk__lte=row.limit)
        sids = list(old.values_list("sid", flat=True))
        end_sessions(sids, Reason.TOO_MANY)
        if "" in sids:  # those that nobody has named, too
            old.delete()


def end_session(sid: str) -> None:
    """The person signs out: end this session with its codes and tokens; those of other devices live on."""
    end_sessions([sid], Reason.SIGNED_OUT)


def end_one(session: Session, *, by: User) -> None:
    """End one of the person's own sessions. Raises PermissionDenied for another's."""
    require(session.user_id == by.pk)
    end_sessions([session.sid], Reason.ENDED_HERE, by=by)


def end_others(person: User, keep: str, *, by: User) -> int:
    """End the person's sessions but the one of the sid ``keep``, and what was issued in them. Returns how many."""
    require(person.pk == by.pk)
    others = Session.objects.visible_to(person).exclude(sid=keep)
    return end_sessions(others.values_list("sid", flat=True), Reason.ENDED_HERE, by=by)


def end_everywhere(person: User, *, by: User) -> None:
    """The person signs out of every device and every system, this one included; trusted browsers end, too."""
    require(person.pk == by.pk)
    revoke(person, Reason.EVERYWHERE, by=by)


def end_everything_of(person: User, words: str, *, by: User) -> None:
    """A system admin ends all access of ``person`` and says why in ``words``."""
    require(is_system_admin(by))
    if not words.strip():
        raise PermissionDenied
    revoke(person, Reason.BY_ADMIN, by=by, words=words.strip())
