"""Whoever may write a little in the directory gets no more here by it, and keeps nobody out."""

import pytest
from django.test import Client
from django.urls import reverse

from demo.directory import GROUPS, person_dn
from sso.api import Role, User
from sso.directory.entries import canonical
from tests.factories import UserFactory
from tests.sso.conftest import sign_in
from tests.sso.following import person

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


@pytest.mark.parametrize("claim", [{"mail": "tam"}, {"uid": ["dung", "tam"]}], ids=["address", "second uid"])
def test_whoever_takes_anothers_account_name_as_well_shuts_nobody_out(ear, admin, claim):
    admin.set(person_dn("dung"), **claim)
    ear.hear()
    browser = Client()

    assert sign_in(browser, "tam").status_code == 302
    assert browser.session["_auth_user_id"] == str(person("tam").pk)


def test_an_address_that_two_have_lets_neither_in(ear, admin):
    admin.person("dung", mail="tam@mic.example.gov.vn")
    ear.hear()

    assert sign_in(Client(), "tam@mic.example.gov.vn").status_code == 422


@pytest.mark.parametrize(
    ("role", "unit"), [("unit-admin", {}), ("clerk", {}), ("system-admin", {"intranetUnitCode": "KHTC"})]
)
def test_a_group_that_says_another_extent_than_its_role_has_gives_nothing(ear, admin, role, unit):
    before = set(Role.objects.values_list("user__username", "name"))
    about = {"cn": "slip", "intranetRoleName": role, "member": person_dn("dung")}
    admin.add(f"cn=slip,{GROUPS}", ["groupOfNames", "intranetRole"], **about, **unit)

    ear.hear()

    assert set(Role.objects.values_list("user__username", "name")) == before


def test_a_group_whose_unit_is_taken_out_gives_no_rights_in_the_whole_ministry(ear, admin):
    admin.set(f"cn=unit-admin.KHTC,{GROUPS}", intranetUnitCode=None)

    ear.hear()

    assert list(Role.objects.values_list("user__username", "name")) == [("tam", "system_admin")]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Trần  Anh \n Dũng ", "Trần Anh Dũng"),
        ("Tra\u0302\u0300n Anh Du\u0303ng", "Trần Anh Dũng"),
        ("Trần Anh \u202egnũD\u2066\x1b[2J", "Trần Anh gnũD[2J"),
        ("Dũng 👩‍💻", "Dũng 👩‍💻"),
    ],
)
def test_a_name_is_one_line_that_turns_no_other(ear, admin, name, shown):
    admin.person("dung", displayName=name)

    ear.hear()

    assert person("dung").full_name == shown


@pytest.mark.parametrize(
    "mail", ["dung@mic.example\nBcc: all@mic.example", "dung@mic.example, ha@mic.example", "<dung@x>", "dung"]
)
def test_what_is_no_address_is_none(ear, admin, mail):
    admin.person("dung", mail=mail)

    ear.hear()

    assert person("dung").email == ""


def test_a_name_in_the_tree_has_one_spelling():
    assert canonical("UID=Ha,OU=Phòng  Một,dc=x") == canonical("uid=ha, ou=pho\u0300ng một,dc=x")


@pytest.mark.parametrize("twin", ["du\u200eng", "dung\u202c", "d\x01ung"])
def test_an_account_name_that_looks_like_anothers_is_none(ear, admin, twin):
    admin.add(
        person_dn(twin), ["inetOrgPerson", "intranetPerson"],
        uid=twin, cn="Kẻ Mạo Danh", sn="Kẻ", departmentNumber="KHTC", title="Chuyên viên",
    )  # fmt: skip
    admin.add(
        f"cn=twin,{GROUPS}", ["groupOfNames", "intranetRole"],
        cn="twin", intranetRoleName="system-admin", member=person_dn(twin),
    )  # fmt: skip
    before = person("dung").entry_uuid

    ear.hear()

    assert [user.entry_uuid for user in User.objects.filter(username__contains="dung")] == [before]
    assert not User.objects.filter(full_name="Kẻ Mạo Danh").exists()
    assert not Role.objects.filter(user=person("dung"), name=Role.SYSTEM_ADMIN).exists()


def test_names_in_the_tree_that_the_directory_tells_apart_stay_two():
    assert canonical("uid=ta\u200em,dc=x") != canonical("uid=tam,dc=x")
    with pytest.raises(ValueError, match="NUL"):
        canonical("uid=ta\\00m,dc=x")


def test_whoever_lost_the_account_name_breaks_no_page(ear, admin):
    """Somebody is renamed to what a local account is called, and another gets the name that was theirs."""
    UserFactory(username="khach.lan", origin=User.Origin.LOCAL, entry_uuid=None)
    before = person("dung").pk
    admin.rename(person_dn("dung"), "uid=khach.lan")
    admin.add_person("dung", "Trần Anh Dũng Em")
    ear.hear()
    browser = Client()
    sign_in(browser, "tam")
    name = User.objects.get(pk=before).username
    pages = [reverse("people"), *(reverse(page, args=[name]) for page in ("person", "access"))]

    assert [name, person("dung").full_name] == [f"dung~{before}", "Trần Anh Dũng Em"]
    assert [browser.get(page).status_code for page in pages] == [200] * 3
