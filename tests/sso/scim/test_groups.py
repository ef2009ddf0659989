"""Units are groups of a system: who holds a post in one and has an account is a member."""

import pytest

from sso.models import Post, ProvisionedGroup, Unit, User
from sso.services.provisioning import groups
from sso.services.provisioning.working import bring_up_to_date, provision
from sso.services.rules import Way
from tests.factories import PostFactory, UnitFactory, person_of
from tests.sso.scim.conftest import Foreign, serving, states, target_at

pytestmark = pytest.mark.django_db
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
KHTC = "Vụ Kế hoạch - Tài chính"


@pytest.fixture
def unit():
    return UnitFactory(code="KHTC", name_vi=KHTC)


@pytest.fixture
def ha(unit):
    return person_of(unit, username="ha")


@pytest.fixture
def dung(unit):
    return person_of(unit, username="dung")


@pytest.fixture(params=["patch", "put"])
def kept(request, db, ha, dung):
    """A system with groups, in step, that takes single changes, and one that does not: (target, server)."""
    with serving(Foreign(**({} if request.param == "patch" else {"patch": False}))) as server:
        target = target_at(server.address, with_groups=True)
        bring_up_to_date(target)
        server.verb = request.param.upper()
        server.writes()
        yield target, server


def test_each_unit_with_members_is_a_group(kept):
    target, server = kept
    assert server.groups() == {KHTC: ["dung", "ha"]}
    row = ProvisionedGroup.objects.get()
    assert (row.remote_id, row.due_at, row.answer) == (server.all("Group")[0]["id"], None, "")

    bring_up_to_date(target)

    assert server.writes() == []


def test_members_come_and_go(kept, unit, ha):
    target, server = kept
    new = person_of(unit, username="lan")
    other = UnitFactory(code="TCCB", name_vi="Vụ Tổ chức cán bộ")
    Post.objects.filter(user=ha).update(unit=other)

    provision(target.pk, [ha.pk, new.pk])

    assert server.groups() == {KHTC: ["dung", "lan"], "Vụ Tổ chức cán bộ": ["ha"]}
    bring_up_to_date(target)
    server.writes()
    bring_up_to_date(target)
    assert server.writes() == []


def test_person_with_two_posts_is_in_both(kept, ha):
    target, server = kept
    PostFactory(user=ha, unit=UnitFactory(name_vi="Ban chỉ đạo"), is_main=False)

    provision(target.pk, [])

    assert server.groups() == {KHTC: ["dung", "ha"], "Ban chỉ đạo": ["ha"]}


def test_whoever_may_not_enter_is_no_member(kept, ha):
    target, server = kept
    User.objects.filter(pk=ha.pk).update(is_active=False)

    provision(target.pk, [ha.pk])

    assert server.groups() == {KHTC: ["dung"]}


def test_renamed_unit_is_a_renamed_group(kept, unit):
    target, server = kept
    Unit.objects.filter(pk=unit.pk).update(name_vi="Cục Tài chính")

    provision(target.pk, None)

    assert server.groups() == {"Cục Tài chính": ["dung", "ha"]}


def test_empty_unit_keeps_its_group(kept):
    target, server = kept
    Post.objects.all().delete()

    provision(target.pk, [])

    assert server.groups() == {KHTC: []}


def test_group_that_was_deleted_there_is_made_again(kept, unit):
    target, server = kept
    server.act("DELETE", f"/Groups/{server.all('Group')[0]['id']}")
    person_of(unit, username="lan")

    bring_up_to_date(target)

    assert server.groups() == {KHTC: ["dung", "ha", "lan"]}


def test_members_that_are_not_ours_are_left_alone(kept, unit):
    """And who was taken out or put in there is put back by the nightly comparison."""
    target, server = kept
    users = server.users()
    robot = server.act("POST", "/Users", {"schemas": [GROUP.replace("Group", "User")], "userName": "robot"})
    group = server.all("Group")[0]
    members = [{"value": robot["id"]}, {"value": users["ha"]["id"]}]
    server.act("PUT", f"/Groups/{group['id']}", group | {"members": members, "displayName": "Khác"})

    bring_up_to_date(target)

    assert server.groups() == {KHTC: ["dung", "ha", "robot"]}


def test_units_of_one_name_are_two_groups(db, foreign):
    for code, person in (("A", "an"), ("B", "binh")):
        above = UnitFactory(code=code, name_vi=f"Cục {code}")
        person_of(UnitFactory(code=f"{code}1", name_vi="Phòng Tổng hợp", parent=above), username=person)

    bring_up_to_date(target_at(foreign.address, with_groups=True))

    assert foreign.groups() == {"Phòng Tổng hợp – Cục A": ["an"], "Phòng Tổng hợp – Cục B": ["binh"]}


@pytest.mark.parametrize("external", ["", "của ai đó"])
def test_group_of_that_name_is_taken_over_when_it_is_nobodys(db, foreign, ha, external):
    there = {"schemas": [GROUP], "displayName": KHTC, **({"externalId": external} if external else {})}
    foreign.act("POST", "/Groups", there)
    target = target_at(foreign.address, with_groups=True)
    ProvisionedGroup.objects.create(target=target, unit=ha.unit, tries=1)  # tried before: so it is looked for

    bring_up_to_date(target)

    assert len(foreign.all("Group")) == (2 if external else 1)
    assert ProvisionedGroup.objects.get().answer == ""


def test_big_unit_is_sent_in_pieces(db, unit, monkeypatch):
    monkeypatch.setattr(groups, "AT_ONCE", 10)
    with serving(Foreign()) as server:
        target = target_at(server.address, with_groups=True)
        first = person_of(unit, username="first")
        bring_up_to_date(target)
        for number in range(23):
            person_of(unit, username=f"n{number}")
        bring_up_to_date(target)
        server.writes()
        User.objects.exclude(pk=first.pk).update(is_active=False)
        Post.objects.exclude(user=first).delete()

        provision(target.pk, [])

        assert server.groups() == {unit.name_vi: ["first"]}
        assert [method for method, path in server.writes() if path.startswith("/Groups")] == ["PATCH"] * 3


@pytest.mark.parametrize(
    "fields",
    [{"with_groups": False}, {"system": {"allowed_scopes": ["openid", "profile"]}}],
    ids=["not asked", "may not"],
)
def test_no_groups_where_they_are_not_wanted_or_not_allowed(db, foreign, ha, fields):
    bring_up_to_date(target_at(foreign.address, **({"with_groups": True} | fields)))

    assert foreign.groups() == {}


def test_rule_holds_for_groups_too(db, foreign, ha, dung):
    rule = {"ways": [Way(people=(ha.pk,)).kept()]}

    bring_up_to_date(target_at(foreign.address, with_groups=True, system={"rule": rule}))

    assert foreign.groups() == {KHTC: ["ha"]}
    assert states() == {"ha": "in_step"}
