"""From the real directory to a foreign system: each change arrives by the job it leaves behind."""

import pytest

from demo.directory import person_dn
from sso.models import User
from sso.services.provisioning.working import bring_up_to_date
from sso.services.rules import Way, as_rule
from tests.sso.conftest import unit_dn
from tests.sso.following import FOR_EVER
from tests.sso.scim.conftest import target_at

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def kept(ear, queue, foreign):
    """A system in step with the small directory, which is being followed."""
    target = target_at(foreign.address, with_groups=True)
    bring_up_to_date(target)
    foreign.writes()
    foreign.target = target

    def happens():
        ear.hear()
        while queue():
            pass

    foreign.happens = happens
    return foreign


def test_joiner_of_the_directory_arrives(kept, admin):
    admin.add_person("moi", "Lê Thị Mới")

    kept.happens()

    assert kept.users()["moi"]["displayName"] == "Lê Thị Mới"
    assert kept.groups()["Vụ Kế hoạch - Tài chính"] == ["dung", "ha", "moi"]


def test_change_in_the_directory_arrives(kept, admin):
    admin.person("ha", mail="thuha@mic.example.gov.vn")

    kept.happens()

    assert kept.users()["ha"]["emails"][0]["value"] == "thuha@mic.example.gov.vn"
    assert [method for method, _path in kept.writes()] == ["PATCH"]


def test_whoever_is_locked_is_switched_off_and_on_again(kept, admin):
    admin.person("ha", pwdAccountLockedTime=FOR_EVER)
    kept.happens()
    assert kept.users()["ha"]["active"] is False
    assert kept.groups()["Vụ Kế hoạch - Tài chính"] == ["dung"]

    admin.person("ha", pwdAccountLockedTime=None)
    kept.happens()

    assert kept.users()["ha"]["active"] is True


def test_whoever_leaves_is_switched_off_and_not_deleted(kept, admin):
    admin.delete(person_dn("ha"))

    kept.happens()

    assert kept.users()["ha"]["active"] is False
    assert "DELETE" not in {method for method, _path in kept.writes()}


def test_other_unit_takes_whoever_moves_out_of_a_system(kept, admin):
    """The rule asks for the unit: who is moved out of it is switched off there."""
    unit, tam = User.objects.get(username="ha").unit, User.objects.get(username="tam")
    kept.target.application.rule = as_rule([Way(units=(unit.pk,)), Way(people=(tam.pk,))])
    kept.target.application.save()
    bring_up_to_date(kept.target)
    assert kept.writes() == []

    admin.person("ha", intranetPost="BO$Chuyên viên$320$member", departmentNumber="BO")
    kept.happens()

    assert kept.users()["ha"]["active"] is False


def test_renamed_unit_arrives_with_all_its_people(kept, admin):
    unit = User.objects.get(username="ha").unit
    admin.set(f"ou=KHTC,{unit_dn('BO')}", intranetUnitName="Cục Tài chính")

    kept.happens()

    unit.refresh_from_db()
    extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    assert unit.name_vi == "Cục Tài chính"
    assert {kept.users()[name][extension]["department"] for name in ("ha", "dung")} == {"Cục Tài chính"}
    assert kept.groups()["Cục Tài chính"] == ["dung", "ha"]
