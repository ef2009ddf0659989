"""Telling systems that a session has ended (OpenID Connect Back-Channel and Front-Channel Logout 1.0), with receipts.

``revoke`` and its kin write down who must be told in the transaction in which they end things, and the job with it:
what ended is told, what was rolled back is not. ``deliver`` runs in the job.
"""

import logging
import time
from collections import defaultdict
from datetime import timedelta
from uuid import uuid4

from django.core.cache import caches
from django.utils import timezone
from django.utils.http import urlencode

from sso.models import Application, LogoutNotice, RefreshToken, User
from sso.outbound import Unreachable, call
from sso.presets import GATEWAY
from sso.services.audit import Action, record

log = logging.getLogger(__name__)
EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_SECONDS = 120
# Each counted from the try before.
RETRIES = [timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=40)]
AT_ONCE = 50  # notices of one job
LONGEST_CALL = 6  # seconds
LONGEST_REST = 50  # seconds that a system which cannot be reached is left alone: less than its notices live
ORDINARY = "default"  # the queue of systems that have been slow
LATER, LAST = 40, -20  # the priority of further tries; of systems that have been slow
SLOW, SLOW_FOR = 2, 120  # seconds of a call; how long it is remembered
CONFIRMED = {200, 204}
State = LogoutNotice.State


def note_logouts(reason: str, *, keep: str = "", **held) -> list[int]:
    """Write a notice for each system and session whose tokens ``held`` selects, before they go; return their keys.

    Systems without a back-channel address are not told. ``keep`` is the sid of a session that lives on.
    """
    from sso.jobs import send_logouts

    rows = RefreshToken.objects.filter(**held).exclude(application__backchannel_logout_uri="")
    found = rows.exclude(sid__in={"", keep}).order_by().values_list("application", "user", "sid").distinct()
    notices = [
        LogoutNotice(application_id=system, user_id=user, sid=sid, reason=str(reason))
        for system, user, sid in found
    ]
    if not notices:
        return []
    by_system = defaultdict(list)
    for notice in LogoutNotice.objects.bulk_create(notices):
        by_system[notice.application_id].append(notice.pk)
    for keys in by_system.values():
        for start in range(0, len(keys), AT_ONCE):
            send_logouts.enqueue(keys[start : start + AT_ONCE])
    return [key for keys in by_system.values() for key in keys]


def deliver(keys: list[int], *, has_waited: bool = False) -> None:
    """Tell one system what waits among the notices ``keys``; those that fail are told again later.

    A system that cannot be reached costs one try for all of them, and is then left alone for a while by the jobs of
    other sessions, too: what hangs for seconds each time would hold up the sign-out of all others. One that answers
    slowly is told among the ordinary jobs, when nothing else is to be done there.
    """
    from sso.jobs import send_logouts

    notices = LogoutNotice.objects.filter(pk__in=keys, state=State.WAITING).select_related(
        "application", "user"
    )
    first = notices.first()
    if first and not has_waited and caches["process"].get(key_of(first.application_id, "slow")):
        send_logouts.using(priority=LAST, queue_name=ORDINARY).enqueue(keys, has_waited=True)
        return
    trouble, left, began = None, [], timezone.now()
    for notice in notices.order_by("pk"):
        trouble = trouble or trouble_known(notice.application_id)
        if trouble is None:
            trouble = tell(notice)
        else:
            notice.answer = trouble
        notice.tries += 1
        if notice.state != State.CONFIRMED:
            if notice.tries <= len(RETRIES):
                left.append(notice)
            else:
                give_up(notice)
        notice.save(update_fields=["state", "tries", "answered_at", "answer"])
    if left:
        again = max(began + RETRIES[left[0].tries - 1], timezone.now() + timedelta(seconds=1))
        lane = {"priority": LAST, "queue_name": ORDINARY} if has_waited else {"priority": LATER}
        again_later = send_logouts.using(run_after=again, **lane)
        again_later.enqueue([notice.pk for notice in left], has_waited=has_waited)


def tell(notice: LogoutNotice) -> str | None:
    """Send ``notice`` once and write its answer into it. Returns the trouble when the system cannot be reached."""
    form, began = {"logout_token": logout_token(notice)}, time.monotonic()
    try:
        answer = call("POST", notice.application.backchannel_logout_uri, form, LONGEST_CALL)
    except Unreachable as error:
        notice.answer = error.trouble.value
        let_rest(notice.application_id, notice.answer, time.monotonic() - began)
        return notice.answer
    finally:
        if time.monotonic() - began > SLOW:
            caches["process"].set(key_of(notice.application_id, "slow"), True, SLOW_FOR)
    caches["process"].delete(key_of(notice.application_id, "troubles"))
    notice.answer, notice.answered_at = f"HTTP {answer.status}", timezone.now()
    if answer.status in CONFIRMED:
        notice.state = State.CONFIRMED
    return None


def trouble_known(system: int) -> str | None:
    """Return why ``system`` could not be reached a moment ago, as long as it is left alone for that."""
    return caches["process"].get(key_of(system, "rests"))


def let_rest(system: int, trouble: str, seconds: float) -> None:
    """Leave ``system`` alone: the longer, the more often it could not be reached. The last call took ``seconds``.

    The first rests are shorter than the time between the tries of one notice, so that each of these is a real one.
    """
    cache, count = caches["process"], key_of(system, "troubles")
    troubles = cache.get(count, 0) + 1
    cache.set(count, troubles, 2 * LONGEST_REST)
    rest = min(2 ** (troubles + 1), LONGEST_REST) - seconds
    if rest > 0:
        cache.set(key_of(system, "rests"), trouble, rest)


def key_of(system: int, what: str) -> str:
    return f"sso.logout.{system}.{what}"


def give_up(notice: LogoutNotice) -> None:
    notice.state = State.FAILED
    told = {"session": notice.sid[:8], "answer": notice.answer}
    record(Action.LOGOUT_UNANSWERED, person=notice.user, client=notice.application, **told)
    log.warning("%s did not confirm a sign-out: %s", notice.application.client_id, notice.answer)


def logout_token(notice: LogoutNotice) -> str:
    """The token of Back-Channel Logout 1.0 §2.4, for two minutes."""
    from sso.oauth.claims import sid_for, subject_of
    from sso.oauth.signing import issuer, sign

    now = int(time.time())
    claims = {
        "iss": issuer(),
        "sub": subject_of(notice.user, notice.application),
        "aud": notice.application.client_id,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": str(uuid4()),
        "events": {EVENT: {}},
        "sid": sid_for(notice.sid, notice.application.subject_group),
    }
    return sign(claims, notice.application.algorithm, typ="logout+jwt")


# --- for pages -----------------------------------------------------------------------------------


def front_channels(sid: str) -> list[str]:
    """Return the addresses that the browser itself must visit to leave the systems entered in the session ``sid``."""
    from sso.oauth.claims import sid_for
    from sso.oauth.signing import issuer

    if not sid:
        return []
    entered = Application.objects.exclude(frontchannel_logout_uri="").filter(
        pk__in=RefreshToken.objects.filter(sid=sid).values("application")
    )
    return [
        f"{system.frontchannel_logout_uri}{'&' if '?' in system.frontchannel_logout_uri else '?'}"
        + urlencode({"iss": issuer(), "sid": sid_for(sid, system.subject_group)})
        for system in entered
    ]


def cannot_be_told(person: User, sid: str = "", but: str = "") -> list[int]:
    """Return the keys of the systems that ``person`` entered, in the session ``sid`` or in any, and that learn nothing.

    The system with the client ID ``but`` knows already. The door before a system asks us at every request, so there
    is nothing to tell.
    """
    held = RefreshToken.objects.filter(user=person, revoked=None).exclude(sid="")
    held = held.filter(sid=sid) if sid else held
    silent = Application.objects.filter(backchannel_logout_uri="", frontchannel_logout_uri="")
    silent = silent.exclude(redirect_uris__contains=GATEWAY).exclude(client_id=but)
    return list(silent.filter(pk__in=held.values("application")).values_list("pk", flat=True))


def notices_since(person: User, at) -> list[LogoutNotice]:
    """Return what systems are being told of ``person`` since ``at``."""
    return list(LogoutNotice.objects.filter(user=person, made_at__gte=at).select_related("application"))
