"""What the directory changes without telling anybody who follows it is found by comparing all of it, once a day."""

import pytest
from django.core.management import CommandError, call_command

from demo.directory import person_dn
from sso.api import Role, User
from sso.directory.entries import canonical
from sso.models import DirectoryEntry, DirectoryFollowed
from sso.services.sync import comparing
from sso.services.sync.comparing import compare_directory
from tests.sso.following import FOR_EVER, listening, person
from tests.sso.test_follow_faults import opened_anew, start_anew

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
READ = "access to *\n    by dn.exact"


def roles() -> list[tuple]:
    return sorted(Role.objects.values_list("user__username", "name"))


def hiding(config: str, what: str) -> str:
    """The rights in ``config`` without those to ``what``."""
    return config.replace(READ, f"access to {what}\n    by * none\n{READ}")


def test_nothing_is_changed_when_all_was_told(ear, admin):
    admin.person("ha", mobile="0912")
    ear.hear()

    assert compare_directory().lines == []


def test_a_renamed_container_is_noticed(ear, admin):
    """Roles go by DNs: whoever had one keeps it, and who is given one in the new place is found there."""
    above = person_dn("ha").partition(",")[2]
    admin.rename(above, "ou=persons")
    members = [f"uid={uid},ou=persons,{above.partition(',')[2]}" for uid in ("ha", "dung")]

    compare_directory()
    kept = roles()
    admin.set(f"cn=unit-admin.KHTC,ou=groups,{above.partition(',')[2]}", member=members)
    ear.hear()

    assert (kept, roles()) == (
        [("ha", "unit_admin"), ("tam", "system_admin")],
        [("dung", "unit_admin"), *kept],
    )
    moved = canonical(f"uid=ha,ou=persons,{above.partition(',')[2]}")
    assert list(DirectoryEntry.objects.filter(dn=moved).values_list("gone_at", flat=True)) == [None]
    assert User.objects.filter(is_active=False).count() == 0
    assert compare_directory().lines == []


def test_what_is_hidden_now_leaves_and_what_is_shown_again_comes_back(slapd, ear):
    config = slapd.config()
    start_anew(slapd, hiding(config, f'dn.exact="{person_dn("dung")}"'))
    compare_directory()
    hidden = person("dung").is_active
    start_anew(slapd, config)
    compare_directory()

    assert (hidden, person("dung").is_active) == (False, True)


def test_an_attribute_that_is_hidden_is_known_no_more(slapd, ear):
    start_anew(slapd, hiding(slapd.config(), "attrs=mobile"))

    compare_directory()

    assert person("ha").mobile == ""


def test_lost_rights_put_nobody_out(slapd, ear):
    start_anew(slapd, hiding(slapd.config(), "filter=(objectClass=inetOrgPerson)"))

    with pytest.raises(
        CommandError, match=r"Nothing was changed\. The directory shows \d units and 0 people"
    ):
        call_command("compare_directory")

    assert User.objects.filter(is_active=False).count() == 0


def test_many_who_are_hidden_wait_for_a_yes(slapd, ear, admin):
    for number in range(40):
        admin.add_person(f"nv{number:03}", f"Nguyễn Văn {number}")
    ear.hear()
    start_anew(slapd, hiding(slapd.config(), 'dn.regex="^uid=nv00.,.*"'))

    compare_directory()

    assert User.objects.filter(is_active=False).count() <= 1
    assert DirectoryEntry.objects.held().count() >= 9


def test_what_a_directory_in_reserve_does_not_know_yet_is_left_alone(ear, admin):
    """It lags behind: neither does a lock go, nor whoever is new."""
    row = DirectoryEntry.objects.get(dn=canonical(person_dn("ha")))
    admin.person("dung", pwdAccountLockedTime=FOR_EVER)
    ear.hear()
    later = "20990101000000.000000Z#000000#000#000000"
    DirectoryEntry.objects.filter(pk=row.pk).update(csn=later, facts=row.facts | {"mobile": ["0999"]})

    compare_directory()

    assert DirectoryEntry.objects.get(pk=row.pk).facts["mobile"] == ["0999"]
    assert not person("dung").is_active


def test_what_the_follower_brought_in_meanwhile_is_not_read_again(ear, admin, monkeypatch):
    """As at a first start, when the follower is at all of it: whoever waits for it must not read all once more."""
    admin.person("ha", mobile="0912")
    monkeypatch.setattr(comparing, "one_writer", ear.hear)  # the lock is had when the follower has done
    monkeypatch.setattr(comparing, "read_entries", None)

    assert compare_directory().lines == []
    assert person("ha").mobile == "0912"


def test_the_follower_goes_on_from_where_it_was(slapd, ear, admin):
    cookie = DirectoryFollowed.load().cookie
    admin.rename(person_dn("ha").partition(",")[2], "ou=persons")
    compare_directory()
    assert DirectoryFollowed.load().cookie == cookie

    opened_anew(slapd).set(f"uid=ha,ou=persons,{person_dn('ha').split(',', 2)[2]}", mobile="0977")
    with listening():
        pass

    assert person("ha").mobile == "0977"
