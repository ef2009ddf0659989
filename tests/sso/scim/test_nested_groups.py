"""Where a target wants it, the group of a unit contains those of its own units (RFC 7643 §4.2)."""

import pytest
from django.urls import reverse

from sso.models import Post, ProvisionedGroup, ProvisioningTarget, Unit
from sso.services.provisioning.targets import approve_target
from sso.services.provisioning.working import bring_up_to_date, provision
from tests.factories import UnitFactory, ministry, person_of, system_admin
from tests.sso.scim.conftest import Foreign, serving, target_at
from tests.sso.scim.shelf import Shelf

pytestmark = pytest.mark.django_db
BELOW = ProvisioningTarget.Members.BELOW
NESTED = {"with_groups": True, "group_members": BELOW}
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
TOP, KHTC, ROOM = "Bộ", "Vụ Kế hoạch", "Phòng Kế toán"


@pytest.fixture
def units():
    """A ministry, a department in it and a division in that; only the division and the ministry have people."""
    top = ministry()
    Unit.objects.filter(pk=top.pk).update(name_vi=TOP)
    above = UnitFactory(code="KHTC", name_vi=KHTC)
    room = UnitFactory(code="KT", name_vi=ROOM, parent=above)
    person_of(room, username="ha")
    person_of(top, username="dung")
    return top, above, room


@pytest.fixture(params=["patch", "put"])
def kept(request, db, units):
    """A foreign system in step with groups in groups, that takes single changes, and one that does not."""
    with serving(Foreign(**({} if request.param == "patch" else {"patch": False}))) as server:
        target = target_at(server.address, **NESTED)
        bring_up_to_date(target)
        yield target, server


def test_a_group_contains_those_of_the_units_below(kept):
    target, server = kept
    assert server.groups() == {TOP: [f"[{KHTC}]", "dung"], KHTC: [f"[{ROOM}]"], ROOM: ["ha"]}
    types = [one.get("type") for group in server.all("Group") for one in group["members"]]
    assert types.count("Group") == 2
    row = ProvisionedGroup.objects.get(unit__code="BO")
    assert (len(row.members), len(row.below), row.due_at, row.answer) == (1, 1, None, "")
    server.writes()

    bring_up_to_date(target)

    assert server.writes() == []


def test_a_unit_that_moves_takes_its_group_along(kept, units):
    target, server = kept
    top, _above, room = units
    Unit.objects.filter(pk=room.pk).update(parent=top, path=f"{top.path}{room.pk}/")

    provision(target.pk, [])

    assert server.groups() == {TOP: [f"[{ROOM}]", f"[{KHTC}]", "dung"], KHTC: [], ROOM: ["ha"]}


def test_a_person_and_a_group_come_and_go_together(kept, units):
    target, server = kept
    top, _above, _room = units
    Post.objects.filter(user__username="dung").delete()
    new = person_of(UnitFactory(code="TCCB", name_vi="Vụ Tổ chức", parent=top), username="lan")
    person_of(top, username="an")

    provision(target.pk, None)

    groups = server.groups()
    assert groups[TOP] == [f"[{KHTC}]", "[Vụ Tổ chức]", "an"]
    assert groups["Vụ Tổ chức"] == [new.username]


def test_a_group_that_was_deleted_there_is_made_again_and_put_back(kept):
    target, server = kept
    key = next(row["id"] for row in server.all("Group") if row["displayName"] == ROOM)
    server.act("DELETE", f"/Groups/{key}")

    bring_up_to_date(target)

    assert server.groups() == {TOP: [f"[{KHTC}]", "dung"], KHTC: [f"[{ROOM}]"], ROOM: ["ha"]}


def test_what_its_own_admin_took_out_is_put_back_and_what_is_not_ours_stays(kept):
    target, server = kept
    own = server.act(
        "POST", "/Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "X"}
    )
    group = next(row for row in server.all("Group") if row["displayName"] == KHTC)
    members = [{"value": own["id"], "type": "Group"}]
    server.act("PUT", f"/Groups/{group['id']}", group | {"members": members})

    bring_up_to_date(target)

    assert server.groups()[KHTC] == [f"[{ROOM}]", "[X]"]


def test_switched_off_again_groups_hold_people_only(kept):
    target, server = kept
    ProvisioningTarget.objects.update(group_members="people")

    provision(target.pk, [])

    assert server.groups() == {TOP: ["dung"], KHTC: [], ROOM: ["ha"]}
    assert set(ProvisionedGroup.objects.values_list("remote_id", flat=True)) == {
        row["id"] for row in server.all("Group")
    }


def test_groups_that_its_own_admin_put_into_others_stay_when_only_people_are_ours(db, foreign, units):
    target = target_at(foreign.address, with_groups=True)
    bring_up_to_date(target)
    assert foreign.groups() == {TOP: ["dung"], ROOM: ["ha"]}
    top, room = (
        next(row for row in foreign.all("Group") if row["displayName"] == name) for name in (TOP, ROOM)
    )
    members = [*top["members"], {"value": room["id"], "type": "Group"}]
    foreign.act("PUT", f"/Groups/{top['id']}", top | {"members": members})

    bring_up_to_date(target)

    assert foreign.groups() == {TOP: [f"[{ROOM}]", "dung"], ROOM: ["ha"]}


@pytest.mark.parametrize("shows_type", [True, False])
def test_an_account_and_a_group_of_one_number_are_two(shelf, units, shows_type):
    """Where keys are numbers, a person must not stay in a group because a group of the same number does."""
    numbered = Numbered(shelf, shows_type)
    target = target_at(shelf.server.address, **NESTED)
    bring_up_to_date(target)
    top = numbered.groups["3"]
    assert [one["value"] for one in top["members"]] == ["2", "2"]

    Post.objects.filter(user__username="dung").delete()
    provision(target.pk, None)
    bring_up_to_date(target)

    assert [one["value"] for one in top["members"]] == ["2"]


@pytest.mark.parametrize("kind", ["Group", "User"])
def test_whichever_of_the_same_number_was_taken_out_there_is_put_back(shelf, units, kind):
    numbered = Numbered(shelf, shows_type=True)
    target = target_at(shelf.server.address, **NESTED)
    bring_up_to_date(target)
    top = numbered.groups["3"]
    top["members"] = [{"value": "2", "type": kind}]

    bring_up_to_date(target)

    assert sorted(one.get("type", "User") for one in top["members"]) == ["Group", "User"]


class Numbered:
    """A service whose accounts and groups are counted from 1, each on their own."""

    def __init__(self, shelf: Shelf, shows_type: bool):
        self.users, self.groups, self.shows_type = {}, {}, shows_type
        shelf.odd = self

    def __call__(self, method, path, body):
        kept = self.groups if path.startswith("/Groups") else self.users
        if path == "/ServiceProviderConfig":
            return None
        if method == "POST":
            key = str(len(kept) + 1)
            kept[key] = {"members": [], **body, "id": key}
            return 201, {}, kept[key]
        if method == "GET":
            return (
                200,
                {},
                {"totalResults": len(kept), "Resources": [self.shown(row) for row in kept.values()]},
            )
        for step in body["Operations"]:
            self.apply(kept[path.rpartition("/")[2]], step)
        return 204, {}, b""

    def shown(self, row: dict) -> dict:
        members = [one if self.shows_type else {"value": one["value"]} for one in row.get("members", [])]
        return row | {"members": members}

    def apply(self, row: dict, step: dict) -> None:
        if step["op"] == "remove":
            key = step["path"].split('"')[1]
            row["members"] = [one for one in row["members"] if one["value"] != key]
        elif step["path"] == "members":
            row["members"] += step["value"]
        else:
            row[step["path"]] = step["value"]


def test_a_system_that_knows_no_groups_in_groups_says_so_at_the_page(shelf, units, signed_in):
    def refuses(method, path, body):
        if path.startswith("/Groups") and method == "POST":
            if any(one.get("type") == "Group" for one in body.get("members", [])):
                return 400, {}, {"detail": "nested groups are not supported"}
            return 201, {}, body | {"id": body["externalId"]}
        return (200, {}, {"totalResults": 0, "Resources": []}) if path.startswith("/Groups") else None

    shelf.odd = refuses
    target = target_at(shelf.server.address, **NESTED)

    bring_up_to_date(target)

    refused = ProvisionedGroup.objects.exclude(answer="")
    assert {row.unit.name_vi: row.answer for row in refused} == {
        KHTC: "HTTP 400: nested groups are not supported",
    }
    assert ProvisionedGroup.objects.get(unit__code="KT").answer == ""
    page = signed_in(system_admin()).get(reverse("system-provisioning", args=[target.application_id]))
    assert "nested groups are not supported" in page.content.decode()


def test_choosing_it_waits_for_a_second_admin(signed_in, target, unit):
    browser = signed_in(system_admin())
    form = {"base_url": target.base_url, "user_name": "account", "with_groups": "on", "is_enabled": "on"}

    answer = browser.post(
        reverse("provisioning-edit", args=[target.application_id]), form | {"group_members": "below"}
    )

    target.refresh_from_db()
    assert (answer.status_code, target.group_members, target.is_approved) == (302, "below", False)
    approve_target(target, by=system_admin())
    assert ProvisioningTarget.objects.get().is_at_work
