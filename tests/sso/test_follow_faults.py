"""Faults of one entry are of that entry only, whether the directory tells its changes or is read as a whole; and nobody
is let in again because something is hidden or old.
"""

import time
import uuid

import ldap
import pytest
from django.core.management import call_command
from django.db import InternalError, connection

from demo.directory import GROUPS, PEOPLE, person_dn
from demo.servers.slapd import Slapd
from sso.api import Role, Unit, User
from sso.directory import DirectoryIncomplete
from sso.models import DirectoryFollowed
from sso.services import following
from sso.services.following import Follower
from tests.sso.conftest import PASSWORD, SMALL, connect, unit_dn
from tests.sso.following import FOR_EVER, Admin, lines, listening, person

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


@pytest.fixture
def heard_anew(slapd, admin, db, caplog):
    """Return a function that reads all of the directory anew, and what is in the log then."""
    with listening():
        pass

    def hear() -> str:
        DirectoryFollowed.objects.update(cookie="")
        with listening():
            return lines(caplog)

    return hear


def test_two_entries_of_one_uid_keep_nobody_elses_lock_out(heard_anew, admin, slapd):
    ha = person("ha")
    admin.add(f"ou=old,{slapd.suffix}", ["organizationalUnit"], ou="old")
    twin = f"uid=ha,ou=old,{slapd.suffix}"
    admin.add(twin, ["inetOrgPerson"], uid="ha", cn="Phạm Văn Khác", sn="Phạm")
    admin.person("dung", pwdAccountLockedTime=FOR_EVER)

    told = heard_anew()

    assert f"{twin}: another entry has the uid 'ha'" in told
    assert (person("ha").entry_uuid, person("ha").full_name) == (ha.entry_uuid, ha.full_name)
    assert (person("dung").is_active, User.objects.count()) == (False, 3)


def test_two_units_of_one_code_and_one_without_a_place_keep_nobody_elses_lock_out(heard_anew, admin, slapd):
    khtc = Unit.objects.get(code="KHTC")
    top = unit_dn("BO")
    admin.add(f"ou=A,{top}", ["organizationalUnit", "intranetUnit"], ou="A",
              intranetUnitCode="KHTC", intranetUnitName="Vụ khác")  # fmt: skip
    admin.add_unit("LAC", f"ou=groups,{slapd.suffix}")
    admin.add_unit("LAC.1", f"ou=LAC,ou=groups,{slapd.suffix}")
    admin.person("dung", pwdAccountLockedTime=FOR_EVER)

    told = heard_anew()

    assert "another unit has the code 'KHTC'" in told
    assert "ou=lac,ou=groups,dc=mic,dc=example,dc=gov,dc=vn: there is no unit above it" in told
    assert Unit.objects.get(code="KHTC").pk == khtc.pk
    assert set(Unit.objects.values_list("code", flat=True)) == {"BO", "KHTC"}
    assert not person("dung").is_active


def test_a_lock_counts_on_an_entry_whose_name_another_one_has(ear, admin):
    admin.rename(person_dn("dung"), "uid=ha+cn=Dũng")
    admin.set(f"uid=ha+cn=Dũng,{PEOPLE}", pwdAccountLockedTime=FOR_EVER)

    ear.hear()

    assert (person("ha").is_active, person("dung").is_active) == (True, False)


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_a_lock_heard_while_another_postgresql_takes_over_is_not_left_out(slapd, admin, caplog):
    with listening() as ear:
        admin.person("dung", pwdAccountLockedTime=FOR_EVER)
        changes = ear.feed.next(5)
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")

        with pytest.raises(InternalError, match="read-only"):
            ear.follower.take(changes)

        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
        ear.follower.take(changes)
    assert "Left out" not in lines(caplog)
    assert not person("dung").is_active


def test_who_stands_too_deep_in_the_tree_stays(heard_anew, admin, slapd):
    above = f"ou=people,{slapd.suffix}"
    for number in range(3):
        deep = "a" * 200 + str(number)
        above = f"ou={deep},{above}"
        admin.add(above, ["organizationalUnit"], ou=deep)
    admin.rename(person_dn("ha"), "uid=ha", above)

    told = heard_anew()

    assert "DN is longer than 600 characters" in told
    assert person("ha").is_active


def test_the_account_is_the_uid_that_names_the_entry(ear, admin):
    admin.set(person_dn("ha"), uid=["thuha", "ha"])

    ear.hear()

    assert person("ha").full_name == "Nguyễn Thị Thu Hà"


# --- hidden or old --------------------------------------------------------------------------------


def opened_anew(slapd) -> Admin:
    server = ldap.initialize(slapd.url)
    server.simple_bind_s(slapd.admin_dn, slapd.admin_password)
    return Admin(server)


def start_anew(slapd, config: str) -> None:
    slapd.stop()
    slapd.config = lambda: config
    slapd.start()


def with_hidden_times(config: str) -> str:
    hidden = "access to attrs=pwdAccountLockedTime,pwdChangedTime\n    by * none\n"
    return config.replace("access to attrs=pwdHistory", f"{hidden}access to attrs=pwdHistory")


@pytest.mark.parametrize("is_whole", [False, True])
def test_a_lock_that_is_hidden_from_us_is_kept_and_named(slapd, admin, db, caplog, is_whole):
    admin.server.passwd_s(person_dn("dung"), None, f"{PASSWORD} mới")
    admin.person("dung", pwdAccountLockedTime=FOR_EVER)
    with listening():
        pass
    shown = slapd.config()
    start_anew(slapd, with_hidden_times(shown))
    opened_anew(slapd).person("dung", mobile="0999")
    if is_whole:
        DirectoryFollowed.objects.update(cookie="")

    with listening():
        assert (person("dung").mobile, person("dung").is_active) == ("0999", False)

    assert f"lock kept: {person_dn('dung')}" in lines(caplog)
    start_anew(slapd, shown)
    opened_anew(slapd).person("dung", pwdAccountLockedTime=None)
    with listening():
        assert person("dung").is_active


def test_posts_that_are_hidden_of_most_people_end_for_nobody(slapd, admin, db):
    with listening():
        before = [(one.pk, one.unit, one.security_epoch) for one in User.objects.order_by("pk")]
    whose = f'access to dn.regex="^uid=(ha|dung),{PEOPLE}$"'
    hidden = f"{whose} attrs=intranetPost,departmentNumber,title\n    by * none\n"
    start_anew(
        slapd, slapd.config().replace("access to attrs=pwdHistory", f"{hidden}access to attrs=pwdHistory")
    )
    DirectoryFollowed.objects.update(cookie="")

    with pytest.raises(DirectoryIncomplete, match="2 of 3 people have no post any more"), listening():
        pass

    assert [(one.pk, one.unit, one.security_epoch) for one in User.objects.order_by("pk")] == before


def test_times_of_passwords_that_were_hidden_for_a_while_sign_nobody_out(slapd, admin, db):
    admin.server.passwd_s(person_dn("ha"), None, f"{PASSWORD} mới")
    with listening():
        before = person("ha")
    shown = slapd.config()

    for config in (with_hidden_times(shown), shown):
        start_anew(slapd, config)
        DirectoryFollowed.objects.update(cookie="")
        with listening():
            pass

    after = person("ha")
    assert after.password_changed_at == before.password_changed_at is not None
    assert after.security_epoch == before.security_epoch


def test_a_copy_that_lags_behind_lets_nobody_in_again(slapd_folder, settings, slapd, admin, caplog, db):
    slapd.stop()
    with Slapd(slapd_folder / uuid.uuid4().hex, ldif=SMALL) as copy:
        slapd.start()
        with listening():
            pass
        opened_anew(slapd).person("dung", pwdAccountLockedTime=FOR_EVER)
        with listening():
            assert not person("dung").is_active
        slapd.stop()
        connect(settings, copy)
        DirectoryFollowed.objects.update(cookie="")

        with listening():
            assert not person("dung").is_active

        assert f"lock kept: {person_dn('dung')}" in lines(caplog)
        call_command("sync_directory", "--yes", verbosity=0)
        assert person("dung").is_active


def test_a_directory_in_reserve_is_followed_for_a_while_only(settings, slapd, monkeypatch, db):
    monkeypatch.setattr(following, "AVOID_SECONDS", 0.1)
    connect(settings, slapd, "ldap://127.0.0.1:1", slapd.url)

    Follower().listen()

    assert DirectoryFollowed.load().mode == "live"


def test_a_directory_without_changes_is_asked_again_whether_it_tells_them(settings, slapd, db):
    settings.DIRECTORY_SECONDS = 0
    telling = slapd.config()
    begin, end = telling.index("overlay syncprov"), telling.index("overlay ppolicy")
    start_anew(slapd, telling[:begin] + telling[end:])
    follower = Follower()
    follower.listen()
    assert DirectoryFollowed.load().mode == "periodic"
    start_anew(slapd, telling)
    follower.go_on = lambda server, feed: None  # it would not come back

    follower.listen()

    assert DirectoryFollowed.load().mode == "live"


def test_a_group_of_twenty_thousand_keeps_nobody_in_for_long(ear, admin):
    members = [f"uid=nv{number},{PEOPLE}".encode() for number in range(20_000)]
    entry = {"objectClass": [b"groupOfNames", b"intranetRole"], "cn": [b"all"], "intranetRoleName": [b"clerk"],
             "intranetUnitCode": [b"KHTC"], "member": [*members, person_dn("ha").encode()]}  # fmt: skip
    admin.server.add_s(f"cn=all,{GROUPS}", [*entry.items()])
    ear.hear()
    assert person("ha").has_role(Role.CLERK)
    admin.delete(person_dn("ha"))
    began = time.process_time()

    ear.hear()

    assert not person("ha").is_active
    assert time.process_time() - began < 0.6  # 0.1, and 1.2 where each member is looked for again
