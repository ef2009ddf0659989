"""The jobs: look, send, compare; one at a time for each system, and each for some seconds.

One worker does all jobs that are not urgent. What is left of a system's work when its time is up waits behind all that
is new of others, so that a slow system holds up nobody for longer than its turn and what it takes over one account.
"""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from sso.models import Application, ProvisioningTarget
from sso.scim.answers import Failed
from sso.services.guests import end_guests_over
from sso.services.provisioning.comparing import compare
from sso.services.provisioning.groups import send_groups
from sso.services.provisioning.looking import LOOK_EVERY, look
from sso.services.provisioning.sending import BUSY, RESTS, Line, send_accounts
from sso.signals import accounts_watched

log = logging.getLogger(__name__)
SOON = timedelta(seconds=2)
NIGHT = 2  # o'clock, when the lists are compared
AFTER_FAULT = timedelta(minutes=30)
REST = -10  # priority of what is left, that of comparing


def provision(key: int, people: list[int] | None) -> None:
    """Look at ``people`` (None: at everybody, []: at nobody) for the system ``key``, and send what is due to it."""
    from sso.jobs import provision as job

    with alone(key) as target:
        if target is None:
            if ProvisioningTarget.objects.at_work().filter(pk=key).exists():
                job.using(run_after=timezone.now() + SOON).enqueue(key, people)
            return
        if people is None or people:
            look(target, people)
        line = Line(target)
        deliver(line)
        go_on(line)


def compare_now(key: int) -> None:
    """Compare the system's own list with what it should have, and mend it."""
    from sso.jobs import compare_accounts as job

    with alone(key) as target:
        if target is None:
            if ProvisioningTarget.objects.at_work().filter(pk=key).exists():
                job.using(run_after=timezone.now() + SOON).enqueue(key)
            return
        line = Line(target)
        is_done = compare_and_look(line)
        deliver(line)
        go_on(line)
        if not is_done:
            job.enqueue(key)


def bring_up_to_date(target: ProvisioningTarget) -> bool:
    """Do all of it here and now, however long it takes. Returns False when another process is at it."""
    with alone(target.pk) as mine:
        if mine is None:
            return False
        mine.rests_until, mine.reading = None, {}
        line = Line(mine, seconds=math.inf)
        compare_and_look(line)
        deliver(line)
    return True


def compare_and_look(line: Line) -> bool:
    """Look at everybody and read the system's own list; a system that cannot be read is compared later.

    Returns False when there is more to read, which the next turn does.
    """
    target, is_done = line.target, True
    target.compare_at = next_night()
    try:
        if not target.reading:
            look(target)
            line.hold()
            line.learn()
        is_done = compare(line)
    except Failed as error:
        line.broke(error)
        target.compare_at, target.reading = timezone.now() + AFTER_FAULT, {}
    target.look_at = timezone.now() + LOOK_EVERY
    target.save(update_fields=["look_at", "compare_at", "reading"])
    return is_done


def deliver(line: Line) -> None:
    """Send what is due as long as the line lasts."""
    if line.is_over:
        return
    send_accounts(line)
    if not line.is_over:
        send_groups(line)


def go_on(line: Line) -> None:
    """Have the rest sent by another job: at once when only the time was up, after its rest when the system has one."""
    from sso.jobs import provision as job

    now, target = timezone.now(), line.target
    if line.has_broken:
        job.using(run_after=target.rests_until).enqueue(target.pk, [])
    elif target.is_resting:  # whoever broke has seen to it
        return
    elif target.accounts.due(now).exists() or (target.with_groups and line.is_over):
        job.using(priority=REST).enqueue(target.pk, [])


@contextmanager
def alone(key: int) -> Iterator[ProvisioningTarget | None]:
    """Give the system ``key`` to whoever comes first, for as long as this lasts; None when another has it or it does
    not work. A process that dies holds it for some minutes."""
    now = timezone.now()
    free = ProvisioningTarget.objects.filter(Q(busy_until=None) | Q(busy_until__lt=now), pk=key)
    working = ProvisioningTarget.objects.at_work().filter(pk=key)
    if not working.exists() or not free.update(busy_until=now + BUSY):
        yield None
        return
    try:
        yield working.select_related("application").get()
    finally:
        ProvisioningTarget.objects.filter(pk=key).update(busy_until=None)


# --- what the clock does ---------------------------------------------------------------------------


def keep_in_step() -> None:
    """Have done what is due by the clock, and tell whoever listens of systems that fail: once a minute.

    Guests whose last day is past go first, from here and with it from there.
    """
    from sso.jobs import compare_accounts, provision

    end_guests_over()
    now = timezone.now()
    for target in ProvisioningTarget.objects.at_work().filter(Q(rests_until=None) | Q(rests_until__lte=now)):
        rows = ProvisioningTarget.objects.filter(pk=target.pk)
        if target.compare_at <= now:
            rows.update(compare_at=now + AFTER_FAULT, look_at=now + LOOK_EVERY)
            compare_accounts.enqueue(target.pk)
        elif target.look_at <= now:
            rows.update(look_at=now + LOOK_EVERY)
            provision.enqueue(target.pk, None)
        elif target.accounts.due(now).exists() or target.groups.filter(due_at__lte=now).exists():
            provision.enqueue(target.pk, [])
    accounts_watched.send(ProvisioningTarget, systems=failing())


def failing() -> list[Application]:
    """Return the systems that have taken nothing although they were tried again and again, for some minutes by now."""
    targets = ProvisioningTarget.objects.at_work().filter(faults__gte=len(RESTS))
    return [target.application for target in targets.select_related("application")]


def next_night() -> datetime:
    local = timezone.localtime()
    night = local.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    return night if night > local else night + timedelta(days=1)
