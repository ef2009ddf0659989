"""Sign-outs are told in a lane of their own: no job of another kind holds them up, however long it takes."""

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from demo.servers.process import wait_until
from intranet.worker import ORDINARY, URGENT, lane
from sso.api import Reason, revoke
from sso.jobs import provision
from sso.models import LogoutNotice
from tests.sso.conftest import browser_of, tokens_of
from tests.sso.receiver import states, system

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worked(settings):
    settings.TASKS = {"default": settings.TASKS["default"] | {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def is_told() -> bool:
    return not LogoutNotice.objects.filter(state=LogoutNotice.State.WAITING).exists()


def test_sign_out_is_told_while_other_jobs_wait(worked, person, receiver):
    tokens_of(browser_of(person), system("Wiki", receiver))
    provision.enqueue(0, [])
    revoke(person, Reason.LOCKED)
    before = timezone.now()

    with lane(URGENT):
        wait_until(is_told, 10)

    assert states() == [("confirmed", 1, "HTTP 200")]
    assert LogoutNotice.objects.get().answered_at > before
    assert DBTaskResult.objects.get(status=TaskResultStatus.READY).queue_name == ORDINARY


def test_a_lane_goes_on_after_a_fault(worked, person, receiver, monkeypatch):
    """The database may be away for a moment; whoever was to be told then is told later."""
    tokens_of(browser_of(person), system("Wiki", receiver))
    faults = iter([OperationalError("away")])
    ready = DBTaskResult.objects.ready

    def once_away():
        for fault in faults:
            raise fault
        return ready()

    monkeypatch.setattr(DBTaskResult.objects, "ready", once_away)
    revoke(person, Reason.LOCKED)

    with lane(URGENT):
        wait_until(is_told, 10)

    assert states() == [("confirmed", 1, "HTTP 200")]
