"""A directory that was loaded anew: everybody in it is called as before and has another key."""

import re

import ldap
import pytest
from django.core.management import CommandError, call_command

from demo.directory import PEOPLE, person_dn
from sso.api import Role, Unit, User
from sso.directory import DirectoryIncomplete
from sso.models import DirectoryEntry, DirectoryFollowed
from sso.services.health import health, let_go
from tests.sso.conftest import SMALL
from tests.sso.following import FOR_EVER, listening, person

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


def load_anew(slapd) -> None:
    """Load what the directory was made from, with other keys."""
    slapd.stop()
    slapd.ldif = re.sub(r"(?m)^entryUUID: .*\n", "", SMALL)
    (slapd.folder / "data" / "loaded").unlink()
    slapd.start()


def accounts() -> list:
    return list(User.objects.order_by("pk").values_list("pk", "username", "is_active", "subject"))


@pytest.fixture
def anew(slapd, admin, db):
    """The directory was followed, ha is locked, and it was loaded anew."""
    admin.server.passwd_s(person_dn("dung"), None, "Mật khẩu khác 2026")
    admin.person("dung", pwdAccountLockedTime=FOR_EVER)
    with listening():
        pass
    load_anew(slapd)
    return slapd


@pytest.mark.parametrize("cookie", ["kept", ""])
def test_a_directory_with_other_keys_changes_nothing_and_says_why(anew, cookie):
    before = accounts()
    if not cookie:
        DirectoryFollowed.objects.update(cookie="")

    with pytest.raises(DirectoryIncomplete, match="have other keys"), listening():
        pass
    with pytest.raises(CommandError, match="--same-people"):
        call_command("sync_directory", "--yes", verbosity=0)

    assert accounts() == before


def test_a_human_may_say_that_they_are_the_same_people(anew):
    before, keys = accounts(), set(User.objects.values_list("entry_uuid", flat=True))
    roles = set(Role.objects.values_list("pk", flat=True))
    units = set(Unit.objects.values_list("pk", "valid_to"))

    call_command("sync_directory", "--same-people", "--dry-run", verbosity=0)
    assert set(User.objects.values_list("entry_uuid", flat=True)) == keys
    call_command("sync_directory", "--same-people", verbosity=0)

    assert accounts() == before  # dung is locked as before
    assert not keys & set(User.objects.values_list("entry_uuid", flat=True))
    assert set(Role.objects.values_list("pk", flat=True)) == roles
    assert set(Unit.objects.values_list("pk", "valid_to")) == units
    with listening():
        assert accounts() == before


def test_whoever_is_called_otherwise_is_not_the_same(anew):
    User.objects.filter(username="ha").update(full_name="Phạm Văn Khác")
    row = DirectoryEntry.objects.get(dn=person_dn("ha"))
    row.facts["cn"] = ["Phạm Văn Khác"]
    row.save()

    with pytest.raises(CommandError, match="would be put out"):
        call_command("sync_directory", "--same-people", verbosity=0)


def test_who_is_held_keeps_the_account_name_until_somebody_says_yes(ear, admin):
    """As when a program deletes everybody and adds them again."""
    before = person("ha"), person("tam")
    for uid in ("dung", "ha", "tam"):
        admin.delete(person_dn(uid))
    for uid in ("ha", "tam"):
        admin.add_person(uid, "Phạm Văn Khác")

    ear.hear()

    assert (person("ha"), person("tam")) == before
    assert set(DirectoryEntry.objects.held().values_list("dn", flat=True)) >= {person_dn("ha")}
    call_command("sync_directory", "--yes", verbosity=0)
    assert person("ha") != before[0]
    assert (person("ha").full_name, person("ha").is_active) == ("Phạm Văn Khác", True)


def test_a_program_that_deletes_everybody_and_adds_them_again_can_be_answered_so(ear, admin, slapd):
    before = accounts()
    found = admin.server.search_s(PEOPLE, ldap.SCOPE_ONELEVEL)
    for dn, _values in found:
        admin.delete(dn)
    for dn, values in found:
        admin.server.add_s(dn, [*values.items()])
    ear.hear()

    call_command("sync_directory", "--same-people", verbosity=0)

    out = [uid for _pk, uid, is_active, _subject in accounts() if not is_active]
    assert [account for account in accounts() if account[1] not in out] == [
        account for account in before if account[1] not in out
    ]
    assert not DirectoryEntry.objects.held().exists()


def test_names_of_who_was_let_go_are_given_at_once(ear, admin):
    old = person("ha")
    admin.delete(person_dn("dung"))
    admin.delete(person_dn("ha"))
    admin.add_person("ha", "Phạm Văn Khác")
    ear.hear()
    assert person("ha") == old

    let_go(health().mark, "đã xem", by=person("tam"))

    assert (person("ha").full_name, User.objects.get(pk=old.pk).is_active) == ("Phạm Văn Khác", False)
