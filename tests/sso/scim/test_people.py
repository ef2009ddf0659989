"""Who has an account in a system, and how a change becomes a job."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from sso.models import ProvisionedAccount, User
from sso.services.guests import close_guest, make_guest
from sso.services.provisioning import sending
from sso.services.provisioning.looking import look
from sso.services.provisioning.noting import note_people
from sso.services.provisioning.working import alone, bring_up_to_date, provision
from sso.services.rules import Way, save_rule
from tests.factories import UserFactory, person_of, system_admin
from tests.sso.scim.conftest import run, states, target_at

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "is_in"),
    [({}, True), ({"is_active": False}, False), ({"origin": "local"}, True), ({"origin": "sealed"}, False)],
)
def test_account_is_for_whom_the_system_lets_in(target, foreign, fields, is_in):
    UserFactory(username="ai", **fields)

    run(target)

    assert ("ai" in foreign.users()) is is_in


@pytest.mark.parametrize(
    "way",
    [
        lambda ha: Way(units=(ha.unit.pk,)), lambda ha: Way(people=(ha.pk,)), lambda ha: Way(titles=("chuyên viên",)),
        lambda ha: Way(people=(ha.pk,), networks=("10.0.0.0/8",)), lambda ha: Way(people=(ha.pk,), acr="3"),
    ],
)  # fmt: skip
def test_rule_decides_who_has_an_account(foreign, ha, way):
    """Where somebody comes from and how strongly they sign in is asked when they do."""
    person_of(username="lan", level="deputy")
    target = target_at(foreign.address, system={"rule": {"ways": [way(ha).kept()]}})

    run(target)

    assert "ha" in foreign.users()
    assert "lan" not in foreign.users()


def test_changed_rule_brings_joiners_and_leavers(target, foreign, queue, head, ha):
    run(target)
    newcomer = person_of(username="lan")
    foreign.writes()

    save_rule(target.application, [Way(people=(newcomer.pk, head.pk))], by=system_admin(username="tam"))
    assert foreign.writes() == []  # nobody waits for it
    while queue():
        pass

    users = foreign.users()
    assert {name: user["active"] for name, user in users.items()} == {"dung": True, "ha": False, "lan": True}
    assert states() == {"dung": "in_step", "ha": "off", "lan": "in_step"}


def test_rule_that_was_rolled_back_sends_nothing(target, foreign, queue, ha):
    with transaction.atomic():
        save_rule(target.application, [Way(people=(ha.pk,))], by=system_admin())
        transaction.set_rollback(True)

    assert DBTaskResult.objects.count() == 0


def test_guest_has_an_account_until_the_last_day(target, foreign, queue, ha):
    admin = system_admin()
    tomorrow = timezone.localdate() + timedelta(days=1)
    guest, _token = make_guest("Đỗ Khách", "khach@x.example", "person", ha, tomorrow, by=admin)
    while queue():
        pass
    assert foreign.users()[guest.user.username]["active"] is True

    close_guest(guest)
    while queue():
        pass

    assert foreign.users()[guest.user.username]["active"] is False


def test_only_whoever_is_noted_is_looked_at(target, foreign, queue, head, ha):
    run(target)
    foreign.writes()
    User.objects.filter(pk__in=[head.pk, ha.pk]).update(full_name="Tên Mới")

    note_people([ha])
    queue()

    assert foreign.writes() == [("PATCH", f"/Users/{foreign.users()['ha']['id']}")]


@pytest.mark.parametrize(
    ("fields", "system"),
    [({"is_enabled": False}, {}), ({"is_approved": False}, {}), ({}, {"is_enabled": False})],
    ids=["off", "not approved", "system off"],
)
def test_nothing_is_sent_where_nothing_shall_be(foreign, queue, ha, fields, system):
    target = target_at(foreign.address, **fields, system=system)

    note_people([ha])
    provision(target.pk, None)

    assert not bring_up_to_date(target)
    assert (foreign.asked, DBTaskResult.objects.count(), ProvisionedAccount.objects.count()) == ([], 0, 0)


# --- many ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 40])
def test_looking_takes_as_many_queries_for_any_number(target, django_assert_num_queries, count):
    for number in range(count):
        person_of(username=f"n{number}")
    look(target)

    with django_assert_num_queries(8):
        look(target)


def test_long_load_lets_other_jobs_come_in_between(target, foreign, queue, monkeypatch):
    """One job sends for some seconds only, and another goes on."""
    for number in range(3):
        person_of(username=f"n{number}")
    monkeypatch.setattr(sending, "SECONDS", 0)

    provision(target.pk, None)

    assert foreign.asked == []
    assert DBTaskResult.objects.get().args_kwargs["args"] == [target.pk, []]
    monkeypatch.setattr(sending, "SECONDS", 60)
    assert [queue(), queue()] == [1, 0]
    assert states() == {"n0": "in_step", "n1": "in_step", "n2": "in_step"}


def test_two_never_send_at_once(target, foreign, queue, ha):
    with alone(target.pk) as mine:
        assert mine == target
        provision(target.pk, [ha.pk])
        assert not bring_up_to_date(target)
        assert foreign.asked == []
        assert DBTaskResult.objects.get().args_kwargs == {"args": [target.pk, [ha.pk]], "kwargs": {}}

    assert bring_up_to_date(target)
    assert states() == {"ha": "in_step", "dung": "in_step"}
