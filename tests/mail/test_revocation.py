"""Kept mailbox connections end with what lets the person in: a real Dovecot, told of what another process ended."""

import time

import pytest

from apps.mail.connections import POOL, mailbox_of
from sso.api import Reason, User, access_ended, revoke
from sso.services.revocation import end_sessions
from sso.watch import Watch
from tests.sso.revocation_table import EVENTS, UNTOUCHED, pairs

pytestmark = pytest.mark.servers


@pytest.fixture
def watching():
    """The watch of this process, looking when it is told to."""
    watch = Watch()
    watch.look(tell=False)
    return watch


def is_open(box) -> bool:
    return box.socket().fileno() != -1


@pytest.mark.parametrize(("event", "credential"), pairs(["mailbox connection"]))
def test_g2_kept_connections_are_closed_after_every_event(officer, clerk, watching, event, credential):
    with mailbox_of(officer) as mine, mailbox_of(clerk) as other:
        pass

    EVENTS[event](officer)
    watching.look()

    assert is_open(mine) is ((event, credential) in UNTOUCHED)
    assert is_open(other)


def test_one_in_use_meanwhile_is_closed_when_it_is_given_back(officer, watching):
    before = User.objects.get(pk=officer.pk)
    with mailbox_of(before) as box:
        revoke([officer.pk], Reason.LOCKED)
        watching.look()
        assert is_open(box)

    assert (is_open(box), POOL._idle) == (False, [])


def test_the_end_of_one_session_leaves_it_to_the_others(officer, watching):
    with mailbox_of(officer) as box:
        pass

    end_sessions(["another"], Reason.ENDED_HERE)
    watching.look()

    assert is_open(box)


def test_each_end_is_told_once(officer, watching):
    heard = []

    def hear(sender, user_id, epoch, **kwargs):
        heard.append((user_id, epoch))

    access_ended.connect(hear)
    try:
        revoke([officer.pk], Reason.LOCKED)
        for _ in range(3):
            watching.look()
        revoke([officer.pk], Reason.LOCKED)
        watching.look()
    finally:
        access_ended.disconnect(hear)

    assert heard == [(officer.pk, 1), (officer.pk, 2)]


def test_who_cannot_let_go_disturbs_nobody_else(officer, watching, caplog):
    def broken(sender, **kwargs):
        raise ValueError("broken")

    with mailbox_of(officer) as box:
        pass
    access_ended.connect(broken)
    try:
        revoke([officer.pk], Reason.LOCKED)
        watching.look()
    finally:
        access_ended.disconnect(broken)

    assert not is_open(box)
    assert "did not let go" in caplog.text


def test_looking_takes_next_to_nothing(officer, watching):
    """Twice a second in every process, so it must not cost a hundredth of a processor."""
    watching.look()
    start = time.thread_time()
    for _ in range(50):
        watching.look()

    assert (time.thread_time() - start) / 50 < 0.004
