"""Following the directory: what happens to people in a real slapd is here at once."""

import time
import uuid
from datetime import UTC, datetime, timedelta, timezone

import ldap
import pytest
import time_machine
from django.core.management import call_command

from demo.directory import UNITS, person_dn
from sso.api import Role, User
from sso.directory import Snapshot
from sso.directory.entries import read
from sso.models import AuditEntry, DirectoryEntry, DirectoryFollowed
from sso.services.audit import Action
from sso.services.sync import apply
from sso.services.sync.mirror import entry_of
from sso.services.tokens import mail_token
from tests.factories import UserFactory
from tests.sso.following import FOR_EVER, listening, person

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


def test_users_exist_before_their_first_sign_in(ear, admin):
    assert User.objects.count() == 3
    admin.add_person("moi", mobile="0901")

    ear.hear()

    new = person("moi")
    assert (new.full_name, new.mobile, new.is_active, new.unit.code) == ("Lê Thị Mới", "0901", True, "KHTC")
    assert DirectoryFollowed.load().lag_seconds < 5
    assert AuditEntry.objects.get(action=Action.PERSON_ADDED).person_id == new.pk


def test_locked_for_ever_is_out_until_unlocked(ear, admin, client):
    ha = person("ha")
    mail_token(ha)
    client.force_login(ha)
    admin.person("ha", pwdAccountLockedTime=FOR_EVER)

    ear.hear()

    locked = person("ha")
    assert (locked.is_active, locked.security_epoch) == (False, ha.security_epoch + 1)
    assert client.get("/account/").status_code == 302
    admin.person("ha", pwdAccountLockedTime=None)
    ear.hear()
    assert person("ha").is_active
    assert person("ha").security_epoch == locked.security_epoch
    assert client.get("/account/").status_code == 302


def test_wrong_passwords_lock_the_password_and_throw_nobody_out(ear, slapd):
    before = person("ha")
    for _try in range(10):
        with pytest.raises(ldap.INVALID_CREDENTIALS):
            ldap.initialize(slapd.url).simple_bind_s(person_dn("ha"), "wrong")

    ear.hear()

    after = person("ha")
    assert after.locked_at is not None
    assert (after.is_active, after.security_epoch) == (True, before.security_epoch)


def test_p37_failed_binds_write_nothing_and_ask_little(ear, slapd, django_assert_max_num_queries):
    for _try in range(9):
        with pytest.raises(ldap.INVALID_CREDENTIALS):
            ldap.initialize(slapd.url).simple_bind_s(person_dn("ha"), "wrong")
    before = list(DirectoryEntry.objects.values())

    with django_assert_max_num_queries(60):
        ear.hear()

    assert list(DirectoryEntry.objects.values()) == before


def test_expiry_comes_by_the_clock(ear, admin):
    soon = datetime.now(UTC) + timedelta(hours=1)
    admin.person("ha", pwdEndTime=f"{soon:%Y%m%d%H%M%SZ}")
    ear.hear()
    assert person("ha").is_active

    with time_machine.travel(soon + timedelta(seconds=1)):
        apply(Snapshot())

        assert not person("ha").is_active
    admin.person("ha", pwdEndTime=None)
    ear.hear()
    assert person("ha").is_active


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("20260101120000Z", "2026-01-01T12:00:00Z"),
        ("20260101120000+0700", "2026-01-01T05:00:00Z"),
        ("202601011200+07", "2026-01-01T05:00:00Z"),
        ("20260101120000,5-0330", "2026-01-01T15:30:00.5Z"),
        ("2026010112.5Z", "2026-01-01T12:30:00Z"),
        ("202601011230.5Z", "2026-01-01T12:30:30Z"),
    ],
)
def test_an_end_is_read_in_every_form_of_a_time(ear, admin, written, meant):
    admin.person("ha", pwdEndTime=written)

    ear.hear()

    row = DirectoryEntry.objects.get(dn=person_dn("ha"))
    assert entry_of(row).ends_at == datetime.fromisoformat(meant)


def test_an_end_in_the_time_of_hanoi_is_not_seven_hours_late(ear, admin):
    hanoi = timezone(timedelta(hours=7))
    admin.person("ha", pwdEndTime=f"{datetime.now(hanoi) - timedelta(minutes=1):%Y%m%d%H%M%S%z}")

    ear.hear()

    assert not person("ha").is_active


def test_an_account_that_begins_later_is_closed_until_then(ear, admin):
    begin = datetime.now(UTC) + timedelta(hours=1)
    admin.person("ha", pwdStartTime=f"{begin:%Y%m%d%H%M%SZ}")
    ear.hear()
    assert not person("ha").is_active

    with time_machine.travel(begin + timedelta(seconds=1)):
        apply(Snapshot())

        assert person("ha").is_active


def test_deleted_is_disabled_and_keeps_the_row(ear, admin):
    ha = person("ha")
    admin.delete(person_dn("ha"))

    ear.hear()

    gone = User.objects.get(pk=ha.pk)
    assert (gone.is_active, gone.security_epoch) == (False, ha.security_epoch + 1)
    assert not gone.posts.current().exists()
    assert not gone.roles.exists()
    causes = AuditEntry.objects.filter(person_id=ha.pk, action=Action.PERSON_DISABLED)
    assert [entry.cause for entry in causes] == ["left"]


def test_a_person_in_another_unit_signs_in_again(ear, admin):
    before = person("ha")
    admin.add_unit("VP", f"ou=BO,{UNITS}")
    ear.hear()
    admin.person("ha", intranetPost="VP$Chuyên viên$320$member", departmentNumber="VP")

    ear.hear()

    after = person("ha")
    assert (after.unit.code, after.security_epoch) == ("VP", before.security_epoch + 1)


def test_another_title_in_the_same_unit_ends_nothing(ear, admin):
    before = person("ha")
    admin.person("ha", intranetPost="KHTC$Chuyên viên chính$310$member", title="Chuyên viên chính")

    ear.hear()

    after = person("ha")
    assert (after.main_post.title, after.security_epoch) == ("Chuyên viên chính", before.security_epoch)


@pytest.mark.parametrize("times", [1, 2])
def test_each_new_password_ends_access_even_within_one_second(ear, admin_of, times):
    before = person("ha").security_epoch
    for number in range(times):
        while time.time() % 1 > 0.5:  # so that two changes fall into one second
            time.sleep(0.01)
        admin_of.passwd_s(person_dn("ha"), None, f"Another#2026{number}")
        ear.hear()

    assert person("ha").security_epoch == before + times


@pytest.mark.parametrize(
    ("made_at", "hints"),
    [("08.999999", True), ("09.015000", True), ("09.100000", False), ("07.999999", False)],
)
def test_a_second_that_the_directory_begins_late_hides_no_password(made_at, hints):
    raw = {"objectClass": ["inetOrgPerson"], "uid": ["ha"], "cn": ["Hà"], "pwdChangedTime": ["20261122203508Z"],
           "entryCSN": [f"202611222035{made_at}Z#000000#000#000000"]}  # fmt: skip

    entry = read(person_dn("ha"), {name: [text.encode() for text in texts] for name, texts in raw.items()},
                 uuid.uuid4())  # fmt: skip

    assert entry.hints_at_password is hints


def test_a_password_changed_on_our_page_keeps_the_session(ear, admin_of):
    """The page writes down the time of the change in the transaction in which it makes it."""
    ha = person("ha")
    admin_of.passwd_s(person_dn("ha"), None, "Another#2026")
    ((_dn, entry),) = admin_of.search_s(person_dn("ha"), ldap.SCOPE_BASE, attrlist=["pwdChangedTime"])
    text = entry["pwdChangedTime"][0].decode()
    ha.password_changed_at = datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    ha.save(update_fields=["password_changed_at"])

    ear.hear()

    assert person("ha").security_epoch == ha.security_epoch


# --- names ----------------------------------------------------------------------------------------


def test_p28_a_renamed_person_is_the_same(ear, admin):
    before = person("ha")
    admin.rename(person_dn("ha"), "uid=thuha")

    ear.hear()

    after = person("thuha")
    assert (after.pk, after.subject, after.security_epoch) == (
        before.pk,
        before.subject,
        before.security_epoch,
    )
    assert after.has_role(Role.UNIT_ADMIN)


def test_p28_a_freed_name_inherits_neither_rights_nor_roles(ear, admin):
    old = person("ha")
    Role.objects.create(user=old, unit=None, name=Role.CLERK)
    admin.delete(person_dn("ha"))
    ear.hear()
    admin.add_person("ha", "Phạm Văn Khác")

    ear.hear()

    new = person("ha")
    assert (new.pk == old.pk, new.full_name, new.is_active) == (False, "Phạm Văn Khác", True)
    assert not new.roles.exists()
    call_command("sync_directory", "--yes", verbosity=0)
    assert not person("ha").roles.exists()
    assert User.objects.get(pk=old.pk).username.startswith("ha~")


def test_p28_names_swapped_in_one_go(slapd, admin, db):
    with listening():
        ha, dung = person("ha"), person("dung")
    admin.rename(person_dn("ha"), "uid=cu")
    admin.rename(person_dn("dung"), "uid=ha")
    admin.rename(person_dn("cu"), "uid=dung")

    with listening():
        assert (person("ha").pk, person("dung").pk) == (dung.pk, ha.pk)


def test_a_second_entry_with_the_same_uid_is_left_out_and_named(ear, admin, slapd):
    before = person("ha")
    admin.add(f"cn=other,ou=people,{slapd.suffix}", ["inetOrgPerson"], cn="other", sn="o", uid="ha")

    ear.hear()

    assert (person("ha").pk, User.objects.count()) == (before.pk, 3)


def test_a_local_account_is_not_taken_over(ear, admin):
    local = UserFactory(username="khach", origin=User.Origin.LOCAL, entry_uuid=None)
    admin.add_person("khach")

    ear.hear()

    assert (person("khach").pk, User.objects.count()) == (local.pk, 4)


def test_roles_come_and_go_with_their_groups(ear, admin, slapd):
    group = f"cn=unit-admin.KHTC,ou=groups,{slapd.suffix}"
    admin.set(group, member=[person_dn("ha"), person_dn("dung")])
    ear.hear()
    assert person("dung").has_role(Role.UNIT_ADMIN)

    admin.delete(group)
    ear.hear()

    assert list(Role.objects.values_list("user__username", "name")) == [("tam", "system_admin")]
    taken = AuditEntry.objects.filter(action=Action.ROLE_TAKEN)
    assert {entry.person_id for entry in taken} == {person("ha").pk, person("dung").pk}
