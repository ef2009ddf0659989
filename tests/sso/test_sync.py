"""Bringing the directory in, from a real slapd."""

import time
import uuid
from dataclasses import replace

import ldap
import pytest
from django.core.management import CommandError, call_command

from demo.directory import person_dn
from demo.servers.slapd import Slapd
from sso.api import Post, Role, Unit, User
from sso.directory import (
    DirectoryIncomplete,
    DirectoryUnavailable,
    Snapshot,
    canonical,
    post_of,
    read_directory,
)
from sso.models import AccessToken
from sso.services.sync import NeedsConfirmation, sync
from sso.services.tokens import mail_token
from tests.factories import UserFactory
from tests.sso.conftest import connect, unit_dn

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


def again(**options):
    return sync(read_directory(), tell=lambda line: None, **options)


def set_to(admin, uid: str, **values: str) -> None:
    changes = [(ldap.MOD_REPLACE, name, [value.encode()]) for name, value in values.items()]
    admin.modify_s(person_dn(uid), changes)


def test_sync_brings_units_people_posts_and_roles(synced):
    ha = User.objects.get(username="ha")

    units = Unit.objects.get(code="BO"), Unit.objects.get(code="KHTC")
    assert [unit.path for unit in units] == [f"/{units[0].pk}/", f"/{units[0].pk}/{units[1].pk}/"]
    assert (ha.full_name, ha.email, ha.mobile) == ("Nguyễn Thị Thu Hà", "ha@mic.example.gov.vn", "0900000001")
    assert (ha.origin, ha.unit, ha.main_post.title, ha.main_post.rank) == (
        "directory",
        units[1],
        "Chuyên viên",
        320,
    )
    dung = Post.objects.get(user__username="dung")
    assert (dung.level, str(dung.valid_from)) == ("head", "2019-03-01")
    assert sorted(Role.objects.values_list("user__username", "name", "unit__code")) == [
        ("ha", "unit_admin", "KHTC"),
        ("tam", "system_admin", None),
    ]


def test_sync_again_changes_nothing(synced):
    assert (again().lines, again().counts) == ([], {})


def test_dry_run_says_and_does_nothing(slapd):
    report = again(dry_run=True)

    assert report.counts == {"unit added": 2, "person added": 3, "post added": 3, "role given": 2}
    assert (User.objects.count(), Unit.objects.count()) == (0, 0)


def test_changes_come_in_by_entry_uuid(synced, admin_of):
    before = User.objects.get(username="ha")
    admin_of.rename_s(person_dn("ha"), "uid=thuha", delold=1)
    set_to(admin_of, "thuha", mobile="0911", intranetPost="BO$Chuyên viên chính$310$member")

    report = again()

    after = User.objects.get(pk=before.pk)
    assert (after.username, after.subject, after.mobile) == ("thuha", before.subject, "0911")
    assert report.counts["person changed"] == 1
    posts = Post.objects.filter(user=after)
    assert [post.title_vi for post in posts.current()] == ["Chuyên viên chính"]
    assert posts.count() == 2


def test_p28_a_freed_name_inherits_nothing(synced, admin_of):
    old = User.objects.get(username="ha")
    Role.objects.create(user=old, unit=None, name=Role.CLERK)
    mail_token(old)
    admin_of.rename_s(person_dn("ha"), "uid=cu", delold=1)
    admin_of.rename_s(person_dn("dung"), "uid=ha", delold=1)
    admin_of.rename_s(person_dn("cu"), "uid=dung", delold=1)

    again()

    new = User.objects.get(username="ha")
    assert (new.full_name, new.pk == old.pk) == ("Trần Anh Dũng", False)
    assert User.objects.get(pk=old.pk).username == "dung"
    assert (new.has_role(Role.CLERK), AccessToken.objects.get().user_id) == (False, old.pk)


def test_who_left_is_disabled_and_loses_everything_but_the_row(synced, admin_of, client):
    ha = User.objects.get(username="ha")
    mail_token(ha)
    client.force_login(ha)
    admin_of.delete_s(person_dn("ha"))

    with pytest.raises(NeedsConfirmation):
        again()
    assert User.objects.get(pk=ha.pk).is_active
    report = again(confirmed=True)

    gone = User.objects.get(pk=ha.pk)
    assert (gone.is_active, gone.security_epoch) == (False, ha.security_epoch + 1)
    assert report.counts["person disabled"] == 1
    assert AccessToken.objects.count() == 0
    assert client.get("/").status_code == 302
    assert again().lines == []


def test_who_comes_back_is_the_same_person(synced, admin_of):
    ha = User.objects.get(username="ha")
    User.objects.filter(pk=ha.pk).update(is_active=False)

    again()

    assert User.objects.get(pk=ha.pk).is_active


def test_roles_given_here_are_kept(synced, admin_of):
    tam, unit = User.objects.get(username="tam"), Unit.objects.get(code="KHTC")
    Role.objects.create(user=tam, unit=unit, name=Role.CLERK)
    dn = f"cn=unit-admin.KHTC,ou=groups,{synced.suffix}"
    admin_of.modify_s(dn, [(ldap.MOD_REPLACE, "member", [person_dn("tam").encode()])])

    report = again()

    assert report.counts == {"role given": 1, "role taken back": 1}
    assert sorted(Role.objects.values_list("user__username", "name")) == [
        ("tam", "clerk"),
        ("tam", "system_admin"),
        ("tam", "unit_admin"),
    ]


def test_password_changed_elsewhere_ends_sessions(synced, admin_of):
    ha = User.objects.get(username="ha")
    admin_of.passwd_s(person_dn("ha"), None, "Another#2026")
    again()
    first = User.objects.get(pk=ha.pk)
    time.sleep(1.1)
    admin_of.passwd_s(person_dn("ha"), None, "Third#2026")

    again()

    assert User.objects.get(pk=ha.pk).security_epoch == first.security_epoch + 1


def test_a_local_account_is_not_taken_over(slapd):
    local = UserFactory(username="ha", origin=User.Origin.LOCAL, entry_uuid=None)

    report = again()

    assert report.counts["entry left out"] == 1
    assert (User.objects.get(username="ha").pk, User.objects.count()) == (local.pk, 3)


# --- refusing ------------------------------------------------------------------------------------


def test_empty_directory_is_refused(synced, admin_of):
    with pytest.raises(DirectoryIncomplete):
        sync(Snapshot())

    assert User.objects.active().count() == 3


def test_wrong_base_is_refused(synced, settings):
    settings.LDAP_BASE = f"ou=nowhere,{synced.suffix}"

    with pytest.raises(CommandError, match="INTRANET_LDAP_BASE"):
        call_command("sync_directory", "--yes", verbosity=0)


def test_lost_rights_are_refused(synced, settings):
    settings.AUTH_LDAP_BIND_DN, settings.AUTH_LDAP_BIND_PASSWORD = person_dn("ha"), "Mật khẩu dài 2026"

    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("sync_directory", "--yes", verbosity=0)

    assert User.objects.active().count() == 3


def test_half_a_tree_is_refused(synced):
    snapshot = read_directory()
    half = next(unit for unit in snapshot.units if unit.code == "KHTC")
    snapshot.units = [half, replace(half, key=uuid.uuid4(), code="X", dn=canonical(unit_dn("X")))]

    with pytest.raises(DirectoryIncomplete, match="above all"):
        sync(snapshot)


def test_stopped_directory_is_an_outage(synced):
    synced.stop()

    with pytest.raises(DirectoryUnavailable):
        read_directory()


@pytest.mark.parametrize(
    "text",
    ["", "KHTC", "KHTC$Vụ trưởng$x$head", "KHTC$Vụ trưởng$1$boss", "$a$1$head", "K$a$1$head$2019-13-01"],
)
def test_a_post_that_cannot_be_read_is_named(text):
    with pytest.raises(ValueError, match="cannot be read"):
        post_of(text)


def test_whole_ministry_comes_in_within_seconds(slapd_folder, settings, db, django_assert_max_num_queries):
    with Slapd(slapd_folder / uuid.uuid4().hex) as server:
        connect(settings, server)
        snapshot = read_directory()
        began = time.process_time()
        report = sync(snapshot, tell=lambda line: None)
        assert time.process_time() - began < 10
        with django_assert_max_num_queries(30):
            assert sync(read_directory(), tell=lambda line: None).lines == []

    assert (report.counts["person added"], len(snapshot.complaints)) == (1700, 0)
