"""Accounts that a system has before we come, or no longer has: taken over, left to their owner, made again."""

import pytest

from sso.models import AuditEntry, ProvisionedAccount, User
from sso.services.audit import Action
from sso.services.provisioning.working import provision
from tests.sso.scim.conftest import Foreign, body, run, serving, states, target_at

pytestmark = pytest.mark.django_db


def send_only(target) -> None:
    """What a job does about everybody, without reading the system's list first."""
    provision(target.pk, None)


@pytest.mark.parametrize("way", [run, send_only], ids=["compared", "refused with 409"])
@pytest.mark.parametrize("external", [{}, {"externalId": ""}, "ours"])
@pytest.mark.parametrize("lacks", [{}, {"filter": False}], ids=["filter", "no filter"])
def test_account_that_is_there_is_taken_over(ha, way, external, lacks, queue):
    with serving(Foreign(**lacks)) as server:
        target = target_at(server.address, can={"filter": not lacks, "patch": True})
        more = {"externalId": str(ha.subject)} if external == "ours" else external
        there = server.act("POST", "/Users", body("HA" if not more else "ha", nickName="cũ", **more))

        way(target)

        user = next(user for user in server.all() if user["id"] == there["id"])
        assert (user["externalId"], user["displayName"], user["nickName"]) == (
            str(ha.subject),
            ha.full_name,
            "cũ",
        )
        assert states()["ha"] == "in_step"
        assert [one["userName"].lower() for one in server.all()].count("ha") == 1
        assert AuditEntry.objects.filter(action=Action.ACCOUNT_ADOPTED).count() == (way is send_only)


@pytest.mark.parametrize("way", [run, send_only], ids=["compared", "refused with 409"])
def test_account_of_a_former_person_with_the_same_name_is_nobodys(target, foreign, ha, way, queue):
    """Account names are given anew; who gets one must not inherit what the other could see."""
    foreign.act("POST", "/Users", body("ha", externalId="ai-đó-khác"))

    way(target)

    assert foreign.users()["ha"]["externalId"] == "ai-đó-khác"
    row = ProvisionedAccount.objects.get(user=ha)
    assert (row.remote_id, row.answer, row.is_on) == ("", "taken", False)
    assert row.answer_words == "tên tài khoản ở đó thuộc về tài khoản của người khác"


@pytest.mark.parametrize("way", [run, send_only], ids=["compared", "refused with 409"])
@pytest.mark.parametrize("write", [str.lower, str.upper, str.swapcase])
def test_a_system_that_spells_its_names_otherwise_is_understood(shelf, ha, way, write, queue):
    """RFC 7643 §2.1: the names of attributes are the same in whatever case."""

    def respelled(value):
        if isinstance(value, dict):
            return {write(name): respelled(one) for name, one in value.items()}
        return [respelled(one) for one in value] if isinstance(value, list) else value

    def odd(method, path, asked):
        if method == "POST" and asked["userName"] == "ha":
            return 409, {}, b""
        status, headers, answer = shelf.usual(method, path, asked)
        return status, headers, respelled(answer) if answer else b""

    shelf.users["k9"] = body("ha", id="k9", externalId=str(ha.subject), active=False)
    shelf.odd = odd

    way(target_at(shelf.server.address))

    assert states()["ha"] == "in_step"
    assert (shelf.users["k9"]["active"], shelf.users["k9"]["displayName"]) == (True, ha.full_name)


def test_account_that_was_deleted_there_is_made_again(target, foreign, ha):
    run(target)
    foreign.act("DELETE", f"/Users/{foreign.users()['ha']['id']}")
    ha.phone = "024 1"
    ha.save()

    send_only(target)

    assert foreign.users()["ha"]["phoneNumbers"][0]["value"] == "024 1"
    assert states()["ha"] == "in_step"


def test_account_that_was_deleted_there_need_not_be_switched_off(target, foreign, ha):
    run(target)
    foreign.act("DELETE", f"/Users/{foreign.users()['ha']['id']}")
    User.objects.filter(pk=ha.pk).update(is_active=False)

    send_only(target)

    assert "ha" not in states()
    assert "ha" not in foreign.users()
