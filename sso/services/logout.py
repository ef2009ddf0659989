"""Telling systems that a session has ended (OpenID Connect Back-Channel and Front-Channel Logout 1.0), with receipts.

``revoke`` and its kin write down who must be told in the transaction in which they end things, and the job with it:
what ended is told, what was rolled back is not. ``deliver`` runs in the job.
"""

import logging
import time
from collections import defaultdict
from datetime import timedelta
from uuid import uuid4

from django.utils import timezone
from django.utils.http import urlencode

from sso.models import Application, LogoutNotice, RefreshToken, User
from sso.outbound import Unreachable, call
from sso.services.audit import Action, record

log = logging.getLogger(__name__)
EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_SECONDS = 120
RETRIES = [timedelta(seconds=5), timedelta(seconds=20), timedelta(seconds=60)]  # counted from the first try
AT_ONCE = 50  # notices of one job
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


def deliver(keys: list[int]) -> None:
    """Tell one system what waits among the notices ``keys``; those that fail are told again later.

    A system that cannot be reached costs one try for all of them, so that a dead one holds up nobody.
    """
    from sso.jobs import send_logouts

    notices = LogoutNotice.objects.filter(pk__in=keys, state=State.WAITING).select_related(
        "application", "user"
    )
    trouble, left = None, []
    for notice in notices.order_by("pk"):
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
        first = min(notice.made_at for notice in left)
        again = max(first + RETRIES[left[0].tries - 1], timezone.now() + timedelta(seconds=1))
        send_logouts.using(run_after=again).enqueue([notice.pk for notice in left])


def tell(notice: LogoutNotice) -> str | None:
    """Send ``notice`` once and write its answer into it. Returns the trouble when the system cannot be reached."""
    try:
        answer = call(
            "POST", notice.application.backchannel_logout_uri, {"logout_token": logout_token(notice)}
        )
    except Unreachable as error:
        notice.answer = error.trouble.value
        return notice.answer
    notice.answer, notice.answered_at = f"HTTP {answer.status}", timezone.now()
    if answer.status in CONFIRMED:
        notice.state = State.CONFIRMED
    return None


def give_up(notice: LogoutNotice) -> None:
    notice.state = State.FAILED
    told = {"session": notice.sid[:8], "answer": notice.answer}
    record(Action.LOGOUT_UNANSWERED, person=notice.user, client=notice.application, **told)
    log.warning("%s did not confirm a sign-out: %s", notice.application.client_id, notice.answer)


def logout_token(notice: LogoutNotice) -> str:
    """The token of Back-Channel Logout 1.0 §2.4, for two minutes."""
    from sso.oauth.claims import subject_of
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
        "sid": notice.sid,
    }
    return sign(claims, notice.application.algorithm, typ="logout+jwt")


# --- for pages -----------------------------------------------------------------------------------


def front_channels(sid: str) -> list[str]:
    """Return the addresses that the browser itself must visit to leave the systems entered in the session ``sid``."""
    from sso.oauth.signing import issuer

    if not sid:
        return []
    entered = Application.objects.exclude(frontchannel_logout_uri="").filter(
        pk__in=RefreshToken.objects.filter(sid=sid).values("application")
    )
    about = urlencode({"iss": issuer(), "sid": sid})
    return [
        f"{system.frontchannel_logout_uri}{'&' if '?' in system.frontchannel_logout_uri else '?'}{about}"
        for system in entered
    ]


def notices_since(person: User, at) -> list[LogoutNotice]:
    """Return what systems are being told of ``person`` since ``at``."""
    return list(LogoutNotice.objects.filter(user=person, made_at__gte=at).select_related("application"))
