"""Many switched off at once wait for somebody's yes; a few do not."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from intranet.models import Notification
from sso.models import AuditEntry, User
from sso.services.audit import Action
from sso.services.provisioning.targets import NotWaiting, allow_wave, mark_of, plan
from sso.services.provisioning.working import provision
from tests.factories import person_of, system_admin
from tests.sso.scim.conftest import states

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(target, foreign, queue):
    """Twelve people in step: one may go without a question."""
    found = [person_of(username=f"n{number:02}") for number in range(12)]
    provision(target.pk, None)
    while queue():
        pass
    assert set(states().values()) == {"in_step"}
    foreign.writes()
    return found


def leave(*people) -> list[int]:
    keys = [person.pk for person in people]
    User.objects.filter(pk__in=keys).update(is_active=False)
    return keys


def off(foreign) -> list[str]:
    return sorted(name for name, user in foreign.users().items() if not user["active"])


def test_one_goes_without_a_question(target, foreign, people):
    provision(target.pk, leave(people[0]))

    assert off(foreign) == ["n00"]


def test_many_wait_and_all_else_goes_on(target, foreign, people):
    admin = system_admin(language="vi")
    User.objects.filter(pk=people[9].pk).update(full_name="Tên Mới")

    leave(*people[:3])
    provision(target.pk, None)

    assert off(foreign) == []
    assert foreign.users()["n09"]["displayName"] == "Tên Mới"
    assert [name for name, state in states().items() if state == "held"] == ["n00", "n01", "n02"]
    assert AuditEntry.objects.get(action=Action.ACCOUNTS_HELD).facts == {"count": 3}
    notice = Notification.objects.get(to=admin)
    assert notice.title == "Kho: 3 tài khoản sắp bị tắt cùng lúc; hãy xem có đúng không"
    assert notice.url == reverse("system-provisioning", args=[target.application_id])


def test_many_one_after_another_are_many_too(target, foreign, people):
    for person in people[:3]:
        provision(target.pk, leave(person))

    assert off(foreign) == ["n00"]
    with travel(timezone.now() + timedelta(minutes=11)):
        provision(target.pk, leave(people[3]))
    assert off(foreign) == ["n00", "n03"]
    assert [name for name, state in states().items() if state == "held"] == ["n01", "n02"]


def test_yes_switches_off_those_that_were_looked_at(target, foreign, people, queue):
    leave(*people[:3])
    provision(target.pk, None)
    seen = mark_of(target)

    assert allow_wave(target, seen, by=system_admin()) == 3
    queue()

    assert off(foreign) == ["n00", "n01", "n02"]
    assert AuditEntry.objects.get(action=Action.ACCOUNTS_LET_GO).facts == {
        "count": 3, "accounts": ["n00", "n01", "n02"],
    }  # fmt: skip
    with pytest.raises(NotWaiting):
        allow_wave(target, seen, by=system_admin())
    provision(target.pk, leave(people[5]))  # a wave that somebody agreed to does not count against others
    assert off(foreign) == ["n00", "n01", "n02", "n05"]


def test_yes_to_something_else_is_none(target, foreign, people, queue):
    leave(*people[:3])
    provision(target.pk, None)
    seen = mark_of(target)
    User.objects.filter(pk=people[0].pk).update(is_active=True)
    provision(target.pk, None)

    with pytest.raises(NotWaiting):
        allow_wave(target, seen, by=system_admin())

    assert (off(foreign), queue()) == ([], 0)


@pytest.mark.parametrize("who", [lambda: person_of(), lambda: person_of(role="unit_admin")])
def test_only_a_system_admin_says_yes(target, people, who):
    leave(*people[:3])
    provision(target.pk, None)

    with pytest.raises(PermissionDenied):
        allow_wave(target, mark_of(target), by=who())


def test_whoever_comes_back_is_held_no_longer(target, foreign, people):
    keys = leave(*people[:3])
    provision(target.pk, None)
    User.objects.filter(pk__in=keys).update(is_active=True)

    provision(target.pk, None)

    assert set(states().values()) == {"in_step"}
    assert foreign.writes() == []


def test_plan_says_what_would_be_done_and_does_nothing(target, foreign, people):
    leave(people[0])
    User.objects.filter(pk=people[1].pk).update(full_name="Tên Mới")
    person_of(username="moi")
    before = states()

    assert plan(target) == [("switch off", "n00"), ("change", "n01"), ("make", "moi")]
    leave(*people[2:5])
    assert plan(target)[:2] == [("held", "n00"), ("change", "n01")]

    assert (states(), foreign.writes()) == (before, [])
    assert not Notification.objects.exists()
