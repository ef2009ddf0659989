"""Following the directory: units that are renamed, moved, merged, and what remains of what was."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command

from demo.directory import UNITS
from sso.api import Post, Unit
from tests.sso.conftest import unit_dn
from tests.sso.following import listening, person

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


def test_a_renamed_unit_keeps_its_people_and_its_past(ear, admin):
    unit, staff = Unit.objects.get(code="KHTC"), person("ha")
    yesterday = datetime.now(UTC).date() - timedelta(days=2)
    admin.set(unit_dn("KHTC", "BO"), intranetUnitName="Vụ Kế hoạch", intranetUnitCode="KH")

    ear.hear()

    after = Unit.objects.get(pk=unit.pk)
    assert (after.code, after.name_vi, after.name_on(yesterday)) == ("KH", "Vụ Kế hoạch", unit.name_vi)
    assert after.name_on(datetime.now(UTC).date() + timedelta(days=1)) == "Vụ Kế hoạch"
    assert (person("ha").unit, person("ha").security_epoch) == (unit, staff.security_epoch)
    call_command("sync_directory", verbosity=0)
    assert person("ha").unit == unit


def test_a_moved_unit_takes_along_what_is_below_it(ear, admin):
    top = f"ou=BO,{UNITS}"
    admin.add_unit("CUC", top)
    admin.add_unit("P1", f"ou=CUC,{top}")
    admin.add_unit("T1", f"ou=P1,ou=CUC,{top}")
    ear.hear()
    admin.rename(f"ou=CUC,{top}", "ou=CUC2", f"ou=KHTC,{top}")
    ear.hear()
    admin.add_unit("P2", f"ou=P1,ou=CUC2,ou=KHTC,{top}")

    ear.hear()

    above = dict(Unit.objects.values_list("code", "parent__code"))
    assert above == {"BO": None, "KHTC": "BO", "CUC": "KHTC", "P1": "CUC", "T1": "P1", "P2": "P1"}
    unit = Unit.objects.get(code="T1")
    assert [Unit.objects.get(pk=key).code for key in unit.path_ids] == ["BO", "KHTC", "CUC", "P1", "T1"]
    call_command("sync_directory", verbosity=0)
    assert dict(Unit.objects.values_list("code", "parent__code")) == above


def test_merged_units_leave_posts_in_the_one_and_a_past_in_the_other(ear, admin):
    top = f"ou=BO,{UNITS}"
    admin.add_unit("TCKT", top)
    admin.add_person("moi", unit="TCKT")
    ear.hear()
    merged = Unit.objects.get(code="TCKT")
    admin.person("moi", departmentNumber="KHTC")
    ear.hear()
    admin.delete(f"ou=TCKT,{top}")

    ear.hear()

    assert person("moi").unit.code == "KHTC"
    assert Unit.objects.filter(pk=merged.pk).exists()
    assert not Unit.objects.current().filter(pk=merged.pk).exists()


def test_people_wait_for_their_unit(ear, admin):
    admin.add_person("moi", unit="TCKT")
    ear.hear()
    assert person("moi").unit is None
    admin.add_unit("TCKT", f"ou=BO,{UNITS}")

    ear.hear()

    assert person("moi").unit.code == "TCKT"


def test_a_unit_made_anew_under_its_code_gets_its_people_back(ear, admin):
    top = f"ou=BO,{UNITS}"
    old = Unit.objects.get(code="KHTC")
    admin.delete(f"ou=KHTC,{top}")
    ear.hear()
    assert person("ha").unit is None
    admin.add_unit("KHTC", top, "Vụ Kế hoạch - Tài chính")

    ear.hear()

    assert (person("ha").unit.code, person("ha").unit == old) == ("KHTC", False)


def test_a_unit_without_one_above_is_left_out_and_the_rest_goes_on(ear, admin, slapd):
    admin.add_unit("LAC", f"ou=groups,{slapd.suffix}")
    ear.hear()
    admin.person("ha", mobile="0999")

    ear.hear()

    assert (person("ha").mobile, Unit.objects.filter(code="LAC").exists()) == ("0999", False)


# --- history --------------------------------------------------------------------------------------


def test_who_was_where_when(slapd, admin, db):
    start = datetime(2030, 3, 1, 3, tzinfo=UTC)
    with time_machine.travel(start), listening():
        admin.add_unit("VP", f"ou=BO,{UNITS}")
    with time_machine.travel(start + timedelta(days=9)), listening():
        admin.person("ha", intranetPost="VP$Chuyên viên$320$member", departmentNumber="VP")
    with time_machine.travel(start + timedelta(days=10)), listening():
        admin.set(f"ou=VP,ou=BO,{UNITS}", intranetUnitName="Văn phòng Bộ")
    with time_machine.travel(start + timedelta(days=20)), listening():
        posts = Post.objects.filter(user__username="ha").order_by("pk")
        unit = Unit.objects.get(code="VP")

        assert [(p.unit.code, str(p.valid_from), str(p.valid_to)) for p in posts] == [
            ("KHTC", "None", "2030-03-10"),
            ("VP", "2030-03-11", "None"),
        ]
        assert unit.name_on((start + timedelta(days=19)).date()) == "Đơn vị VP"
        assert unit.name_on((start + timedelta(days=20)).date()) == "Văn phòng Bộ"


def test_a_post_of_less_than_a_day_leaves_no_trace(ear, admin):
    admin.add_unit("VP", f"ou=BO,{UNITS}")
    ear.hear()
    for unit in ("VP", "KHTC"):
        admin.person("ha", intranetPost=f"{unit}$Chuyên viên$320$member", departmentNumber=unit)
        ear.hear()

    posts = Post.objects.filter(user__username="ha").order_by("pk")
    assert [(p.unit.code, p.valid_to is None) for p in posts] == [("KHTC", False), ("KHTC", True)]
    assert (posts[1].valid_from - posts[0].valid_to).days == 1
