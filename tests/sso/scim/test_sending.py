"""Joiners, changes and leavers arrive in a system that keeps accounts of its own."""

import pytest

from sso.models import Application, ProvisionedAccount, ProvisioningTarget, User
from sso.scim.representation import ENTERPRISE
from tests.factories import person_of
from tests.sso.scim.conftest import Foreign, body, run, serving, states, target_at

pytestmark = pytest.mark.django_db


def without_server_made(resource: dict) -> dict:
    return {
        name: value for name, value in resource.items() if name not in {"id", "meta"} and value is not None
    }


# --- what is sent ----------------------------------------------------------------------------------


def test_joiner_gets_an_account_with_what_the_system_may_learn(target, foreign, head, ha):
    run(target)

    superior = foreign.users()["dung"]["id"]
    assert without_server_made(foreign.users()["ha"]) == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": str(ha.subject),
        "userName": "ha",
        "active": True,
        "name": {
            "formatted": "Nguyễn Thị Thu Hà", "familyName": "Nguyễn", "middleName": "Thị Thu", "givenName": "Hà",
        },
        "displayName": "Nguyễn Thị Thu Hà",
        "locale": "vi-VN",
        "emails": [{"value": "ha@mic.example", "type": "work", "primary": True}],
        "phoneNumbers": [{"value": "024 3943 0001", "type": "work"}],
        "title": "Chuyên viên",
        ENTERPRISE: {
            "department": "Vụ Kế hoạch - Tài chính",
            "manager": {"value": superior, "$ref": f"{foreign.address}/Users/{superior}"},
        },
    }  # fmt: skip
    row = ProvisionedAccount.objects.get(user=ha)
    assert (row.remote_id, row.is_on, row.due_at, row.answer) == (foreign.users()["ha"]["id"], True, None, "")
    assert row.sent_at is not None
    assert foreign.writes() == [("POST", "/Users"), ("POST", "/Users")]


@pytest.mark.parametrize(
    ("scopes", "names"),
    [
        (["openid"], set()),
        (["openid", "profile"], {"name", "displayName", "locale"}),
        (["openid", "email"], {"emails"}),
        (["openid", "phone"], {"phoneNumbers"}),
        (["openid", "organization"], {"title", ENTERPRISE}),
    ],
)
def test_system_is_sent_only_what_it_may_learn(foreign, ha, scopes, names):
    run(target_at(foreign.address, system={"allowed_scopes": scopes}))

    sent = set(without_server_made(foreign.users()["ha"])) - {"schemas", "externalId", "userName", "active"}
    assert sent == names


def test_system_may_want_the_mail_address_as_account_name(foreign, head, ha):
    User.objects.filter(pk=head.pk).update(email="")
    target = target_at(foreign.address, user_name="mail")

    run(target)

    assert {name: row["externalId"] for name, row in foreign.users().items()} == {
        "ha@mic.example": str(ha.subject),
        "dung": str(head.subject),
    }


def test_account_name_follows_what_is_chosen_and_what_may_be_learnt(foreign, ha, head):
    target = target_at(foreign.address)
    run(target)
    keys = {row["id"] for row in foreign.all()}
    foreign.writes()

    ProvisioningTarget.objects.update(user_name="mail")
    run(target)
    by_mail, writes = set(foreign.users()), {method for method, _path in foreign.writes()}
    Application.objects.update(allowed_scopes=["openid", "profile"])
    run(target)

    assert (by_mail, writes) == ({"ha@mic.example", "dung@mic.example"}, {"PATCH"})
    assert set(foreign.users()) == {"ha", "dung"}
    assert {row["id"] for row in foreign.all()} == keys


def test_account_that_is_there_under_the_mail_address_is_taken_over(foreign, ha):
    foreign.act("POST", "/Users", body("HA@mic.example"))

    run(target_at(foreign.address, user_name="mail"))

    assert {row["userName"].lower(): row["externalId"] for row in foreign.all()} == {
        "ha@mic.example": str(ha.subject),
        "dung@mic.example": str(ha.manager.subject),
    }


def test_system_of_a_group_knows_people_by_the_name_of_that_group(foreign, ha):
    target = target_at(foreign.address, system={"subject_group": "kho"})

    run(target)

    known = foreign.users()["ha"]["externalId"]
    assert known != str(ha.subject)
    assert len(known) == 36


def test_second_run_sends_nothing(target, foreign, head, ha):
    run(target)
    foreign.writes()

    run(target)

    assert foreign.writes() == []
    assert states() == {"dung": "in_step", "ha": "in_step"}


def test_initial_load_names_each_superior_at_once(target, foreign):
    """Superiors come first, however the rows lie; a circle of superiors ends too."""
    last = person_of(username="a1")
    middle = person_of(username="a2")
    first = person_of(username="a3")
    User.objects.filter(pk=last.pk).update(manager=middle)
    User.objects.filter(pk=middle.pk).update(manager=first)
    one, other = person_of(username="b1"), person_of(username="b2")
    User.objects.filter(pk=one.pk).update(manager=other)
    User.objects.filter(pk=other.pk).update(manager=one)

    run(target)

    users = foreign.users()
    named = {name: (user[ENTERPRISE].get("manager") or {}).get("value") for name, user in users.items()}
    assert named == {
        "a1": users["a2"]["id"], "a2": users["a3"]["id"], "a3": None, "b1": users["b2"]["id"], "b2": users["b1"]["id"],
    }  # fmt: skip
    assert [method for method, _path in foreign.writes()] == ["POST"] * 5 + ["PATCH"]  # the circle


# --- changes ---------------------------------------------------------------------------------------


@pytest.fixture(params=["patch", "put"])
def kept(request, db, head, ha):
    """A system in step that takes single changes, and one that does not: (target, server)."""
    with serving(Foreign(**({} if request.param == "patch" else {"patch": False}))) as server:
        target = target_at(server.address)
        run(target)
        server.verb = request.param.upper()
        server.writes()
        yield target, server


def test_change_is_sent_alone(kept, ha):
    target, server = kept
    server.set("ha", nickName="Hà kho")
    before = server.users()["ha"]
    ha.full_name, ha.phone = "Nguyễn Thị Hà", ""
    ha.save()

    run(target)

    after = server.users()["ha"]
    assert {name for name in before if before[name] != after.get(name)} == {
        "name", "displayName", "phoneNumbers", "meta",
    }  # fmt: skip
    assert (after["displayName"], after.get("phoneNumbers")) == ("Nguyễn Thị Hà", None)
    assert server.writes() == [(server.verb, f"/Users/{after['id']}")]
    assert states() == {"dung": "in_step", "ha": "in_step"}


def test_other_superior_is_named(kept, ha, head):
    target, server = kept
    other = person_of(username="lan")
    User.objects.filter(pk=ha.pk).update(manager=other)

    run(target)

    assert server.users()["ha"][ENTERPRISE]["manager"]["value"] == server.users()["lan"]["id"]


def test_whoever_leaves_is_switched_off_and_comes_back_to_the_same_account(kept, ha):
    target, server = kept
    before = server.users()["ha"]
    User.objects.filter(pk=ha.pk).update(is_active=False, full_name="Không ai được biết")

    run(target)

    after = server.users()["ha"]
    assert (after["active"], after["displayName"], after["id"]) == (
        False,
        before["displayName"],
        before["id"],
    )
    assert states() == {"dung": "in_step", "ha": "off"}
    User.objects.filter(pk=ha.pk).update(is_active=True)
    run(target)
    assert (server.users()["ha"]["active"], server.users()["ha"]["displayName"]) == (
        True,
        "Không ai được biết",
    )
    assert server.users()["ha"]["id"] == before["id"]
