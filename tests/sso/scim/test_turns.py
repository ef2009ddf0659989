"""One worker does all jobs: a system that is slow keeps no other waiting for longer than its turn."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from time_machine import travel

from sso.jobs import compare_accounts, provision
from sso.models import AuditEntry, ProvisionedAccount, ProvisionedGroup, ProvisioningTarget
from sso.scim import client
from sso.scim.answers import Failed
from sso.scim.client import Client
from sso.services.audit import Action
from sso.services.provisioning import sending
from sso.services.provisioning.working import bring_up_to_date
from tests.factories import UnitFactory, person_of
from tests.sso.scim.conftest import TOKEN, Foreign, serving, states, target_at

pytestmark = pytest.mark.django_db
PAGE = 2  # accounts
NAMES = [f"n{number}" for number in range(6)]


@pytest.fixture
def people():
    unit = UnitFactory(code="KHTC", name_vi="Vụ Kế hoạch")
    return [person_of(unit, username=name) for name in NAMES]


@pytest.fixture
def slow(foreign, people, monkeypatch):
    """A system in step whose list has several pages."""
    target = target_at(foreign.address, name="Chậm", with_groups=True)
    bring_up_to_date(target)
    monkeypatch.setattr(client, "PAGE", PAGE)
    foreign.writes()
    return target


@pytest.fixture
def work(queue, monkeypatch):
    """Return a function that does one job, the one that a worker would take next, and says which; "" for none.

    Each page that is compared takes a whole turn.
    """

    def work() -> str:
        job = DBTaskResult.objects.ready().first()
        if job is None:
            return ""
        job.delete()
        monkeypatch.setattr(sending, "SECONDS", 0 if job.task.name == "compare_accounts" else 60)
        job.task.call(*job.args_kwargs["args"])
        target = ProvisioningTarget.objects.get(pk=job.args_kwargs["args"][0])
        return f"{job.task.name} {target}"

    return work


def lists_asked(server: Foreign) -> list[str]:
    return [
        path.partition("?")[0] for method, path in server.asked if method == "GET" and "startIndex" in path
    ]


def test_a_list_is_read_in_turns_and_others_come_in_between(slow, foreign, work):
    with serving(Foreign()) as other:
        quick = target_at(other.address, name="Nhanh")
        compare_accounts.enqueue(slow.pk)
        assert work() == "compare_accounts Chậm"
        assert lists_asked(foreign) == ["/Users"]

        provision.enqueue(quick.pk, None)
        assert work() == "provision Nhanh"

        assert sorted(other.users()) == NAMES
        assert lists_asked(foreign) == ["/Users"]
    done = []
    while job := work():
        done.append(job)
    assert done.count("compare_accounts Chậm") == 2
    assert lists_asked(foreign) == ["/Users", "/Users", "/Users", "/Groups"]


def test_reading_in_turns_finds_what_reading_at_once_finds(slow, foreign, work):
    """Accounts changed, removed, and not ours, on different pages."""
    foreign.set("n0", displayName="Khác")
    foreign.set("n5", active=False)
    foreign.act("DELETE", f"/Users/{foreign.users()['n3']['id']}")
    foreign.act(
        "POST", "/Users", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "robot"}
    )
    group = foreign.all("Group")[0]
    foreign.act("DELETE", f"/Groups/{group['id']}")

    compare_accounts.enqueue(slow.pk)
    while work():
        pass

    slow.refresh_from_db()
    found = {name: slow.findings[name] for name in ("there", "drifted", "missing", "unknown", "names")}
    assert found == {"there": 6, "drifted": 2, "missing": 1, "unknown": 1, "names": ["robot"]}
    assert (slow.reading, AuditEntry.objects.filter(action=Action.ACCOUNTS_COMPARED).count()) == ({}, 2)
    assert states() == dict.fromkeys(NAMES, "in_step")
    assert (foreign.users()["n0"]["displayName"] == "Khác", foreign.users()["n5"]["active"]) == (False, True)
    bring_up_to_date(slow)
    assert foreign.groups() == {"Vụ Kế hoạch": NAMES}


def test_an_account_that_was_made_meanwhile_is_not_taken_for_lost(slow, foreign, work):
    compare_accounts.enqueue(slow.pk)
    assert work() == "compare_accounts Chậm"
    row = ProvisionedAccount.objects.get(user__username="n0")
    ProvisionedAccount.objects.filter(pk=row.pk).update(remote_id="made-meanwhile", sent_at=timezone.now())

    while work():
        pass

    row.refresh_from_db()
    slow.refresh_from_db()
    assert (row.remote_id, slow.findings["missing"]) == ("made-meanwhile", 0)


def test_a_list_that_breaks_off_is_read_anew(slow, foreign, work):
    compare_accounts.enqueue(slow.pk)
    work()
    ProvisioningTarget.objects.update(base_url=f"{foreign.address}/nowhere")

    while not work().startswith("compare"):
        pass

    slow.refresh_from_db()
    assert (slow.reading, slow.faults, slow.findings["missing"]) == ({}, 1, 0)
    assert ProvisionedAccount.objects.exclude(remote_id="").count() == len(NAMES)
    assert ProvisionedGroup.objects.exclude(remote_id="").count() == 1


def test_a_list_that_was_begun_long_ago_is_read_anew(slow, foreign, work):
    compare_accounts.enqueue(slow.pk)
    work()
    foreign.asked.clear()

    with travel(timezone.now() + timedelta(hours=2)):
        while work():
            pass

    assert lists_asked(foreign) == ["/Users"] * 3 + ["/Groups"]


def test_what_is_left_of_a_system_waits_behind_what_is_new_of_others(slow, foreign, work, people):
    """Django's worker takes jobs of one priority in any order."""
    compare_accounts.enqueue(slow.pk)
    assert work() == "compare_accounts Chậm"
    with serving(Foreign()) as other:
        quick = target_at(other.address, name="Nhanh")
        provision.enqueue(quick.pk, [people[0].pk])
        *left, new = DBTaskResult.objects.order_by("priority")

        assert ({one.priority for one in left}, len(left), new.priority) == ({-10}, 2, 0)
        assert work() == "provision Nhanh"


def test_a_list_that_must_be_read_at_once_is_given_up_after_a_while(foreign, people, monkeypatch):
    """A system without filters is read as a whole for one account."""
    bring_up_to_date(target_at(foreign.address))
    monkeypatch.setattr(client, "PAGE", PAGE)
    theirs = Client(foreign.address, TOKEN)
    assert len(theirs.find("Users", "userName", "n5", can_filter=False)) == 1
    monkeypatch.setattr(client, "LONGEST_LIST", -1)
    foreign.asked.clear()

    with pytest.raises(Failed) as caught:
        theirs.find("Users", "userName", "n5", can_filter=False)

    assert (caught.value.answer, caught.value.is_whole, len(foreign.asked)) == ("too_slow", False, 1)
