"""Following the directory: what must not happen, whatever it says and however it breaks."""

import uuid

import ldap
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.directory import person_dn
from demo.servers.slapd import Slapd
from sso.api import Unit, User
from sso.directory import DirectoryIncomplete, DirectoryUnavailable, Snapshot
from sso.directory.entries import ATTRIBUTES
from sso.directory.following import Changes, CookieRefused
from sso.models import DirectoryEntry, DirectoryFollowed
from sso.services import following
from sso.services.following import applied
from sso.services.sync import apply
from tests.sso.conftest import PASSWORD, SMALL, connect, person_ldif
from tests.sso.following import FOR_EVER, Admin, lines, listening, person

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


# --- too many at once -----------------------------------------------------------------------------


@pytest.fixture
def staff(admin):
    """A hundred more people, so that two of them are 2 %."""
    for number in range(100):
        admin.add_person(f"nv{number:03}", f"Nguyễn Văn {number}")


def test_p37_a_burst_is_held_until_somebody_says_yes(staff, ear, admin, caplog):
    for number in range(4):
        admin.delete(person_dn(f"nv{number:03}"))
    ear.hear()
    out = User.objects.filter(is_active=False).count()
    assert out <= 2
    assert "sync_directory --dry-run" in lines(caplog)
    assert DirectoryEntry.objects.held().count() == 4 - out

    admin.person("nv050", mobile="0999")
    ear.hear()
    assert person("nv050").mobile == "0999"
    with pytest.raises(CommandError, match="would be put out"):
        call_command("sync_directory", verbosity=0)

    call_command("sync_directory", "--yes", verbosity=0)
    assert (User.objects.filter(is_active=False).count(), DirectoryEntry.objects.held().count()) == (4, 0)
    admin.person("nv060", pwdAccountLockedTime=FOR_EVER)
    ear.hear()
    assert not person("nv060").is_active


def test_p37_one_after_the_other_is_a_burst_too(staff, ear, admin):
    for number in range(4):
        admin.person(f"nv{number:03}", pwdAccountLockedTime=FOR_EVER)
        ear.hear()

    assert User.objects.filter(is_active=False).count() == 2
    assert DirectoryEntry.objects.held().count() == 2


def test_p37_who_is_held_and_comes_back_is_held_no_more(staff, ear, admin):
    for number in range(4):
        admin.person(f"nv{number:03}", pwdAccountLockedTime=FOR_EVER)
    ear.hear()
    for number in range(4):
        admin.person(f"nv{number:03}", pwdAccountLockedTime=None)

    ear.hear()

    assert User.objects.filter(is_active=False).count() == 0
    assert DirectoryEntry.objects.held().count() == 0


def test_p37_what_was_missed_is_held_too(staff, slapd, admin, db):
    with listening():
        pass
    for number in range(50):
        admin.delete(person_dn(f"nv{number:03}"))

    with listening() as ear:
        assert User.objects.filter(is_active=False).count() == 0
        admin.person("nv060", pwdAccountLockedTime=FOR_EVER)
        ear.hear()

    assert not person("nv060").is_active


def test_p37_an_emptied_directory_changes_nothing(slapd, admin, db):
    with listening():
        pass
    for uid in ("ha", "dung", "tam"):
        admin.delete(person_dn(uid))
    DirectoryFollowed.objects.update(cookie="")

    with pytest.raises(DirectoryIncomplete), listening():
        pass

    assert User.objects.active().count() == 3


def test_p37_a_wrong_base_changes_nothing(slapd, settings, db):
    with listening():
        pass
    settings.LDAP_BASE = f"ou=nowhere,{slapd.suffix}"

    with pytest.raises(DirectoryIncomplete, match="INTRANET_LDAP_BASE"), listening():
        pass

    assert User.objects.active().count() == 3


@pytest.mark.parametrize("cookie", ["kept", ""])
def test_p37_lost_rights_change_nothing(slapd, settings, db, cookie):
    with listening():
        pass
    settings.AUTH_LDAP_BIND_DN, settings.AUTH_LDAP_BIND_PASSWORD = person_dn("ha"), PASSWORD
    if not cookie:
        DirectoryFollowed.objects.update(cookie="")

    with pytest.raises(DirectoryIncomplete), listening():
        pass

    assert (User.objects.active().count(), Unit.objects.current().count()) == (3, 2)


@pytest.mark.parametrize("kept", ["person", "unit"])
def test_p37_all_people_or_all_units_missing_after_an_interruption_change_nothing(ear, kept):
    present = set(DirectoryEntry.objects.filter(kind=kept).values_list("key", flat=True))

    with pytest.raises(DirectoryIncomplete):
        applied(Changes(present=present, cookie="later"))

    assert (User.objects.active().count(), DirectoryFollowed.load().cookie == "later") == (3, False)


def test_p31_a_directory_with_a_wrong_certificate_is_an_outage(slapd_folder, settings, synced):
    with type(synced)(slapd_folder / uuid.uuid4().hex, ldif="", tls=True) as stranger:
        connect(settings, synced, stranger.tls_url)

        with pytest.raises(DirectoryUnavailable), listening():
            pass

    assert User.objects.active().count() == 3


# --- going on -------------------------------------------------------------------------------------


def test_what_was_missed_is_made_up_for(slapd, admin, db):
    with listening():
        ha = person("ha")
    cookie = DirectoryFollowed.load().cookie
    admin.person("ha", pwdAccountLockedTime=FOR_EVER)
    admin.add_person("moi")

    with listening():
        assert (User.objects.get(pk=ha.pk).is_active, person("moi").is_active) == (False, True)
    assert DirectoryFollowed.load().cookie != cookie


def test_a_lost_cookie_costs_a_whole_reading(slapd, admin, db):
    with listening():
        pass
    admin.delete(person_dn("ha"))
    admin.person("dung", mobile="0999")
    DirectoryFollowed.objects.update(cookie="")

    with listening():
        assert (person("dung").mobile, person("ha").is_active) == ("0999", False)


def test_a_cookie_of_the_future_is_refused(slapd, db):
    """As after the directory was restored from a backup."""
    with listening():
        pass
    DirectoryFollowed.objects.update(cookie="rid=000,csn=20990101000000.000000Z#000000#000#000000")

    with pytest.raises(CookieRefused, match="newer than provider"), listening():
        pass


def test_the_same_news_twice_changes_nothing(ear, slapd, admin):
    admin.person("ha", mobile="0999")
    changes = ear.feed.next(5)
    assert applied(changes).lines

    assert applied(changes).lines == []


def test_news_older_than_what_is_known_is_ignored(ear, admin):
    admin.person("ha", mobile="0901")
    old = ear.feed.next(5)
    admin.person("ha", mobile="0902")
    new = ear.feed.next(5)

    applied(new)
    applied(old)

    assert person("ha").mobile == "0902"


def test_a_lock_counts_after_the_clock_of_the_directory_went_back(slapd_folder, settings, db):
    ahead = person_ldif("som", "Lê Thị Sớm", entryCSN="20990101000000.000000Z#000000#000#000000")
    with Slapd(slapd_folder / uuid.uuid4().hex, ldif=f"{SMALL}\n{ahead}") as slapd:
        connect(settings, slapd)
        server = ldap.initialize(slapd.url)
        server.simple_bind_s(slapd.admin_dn, slapd.admin_password)
        admin = Admin(server)
        with listening() as ear:
            admin.person("som", pwdAccountLockedTime=FOR_EVER)
            ear.hear()
            is_out = not person("som").is_active
            admin.person("som", pwdAccountLockedTime=None)
            ear.hear()

    assert (is_out, person("som").is_active) == (True, True)


def test_what_cannot_be_applied_is_left_out_and_the_rest_is_not(ear, admin, monkeypatch, caplog):
    admin.person("ha", mobile="0901")
    changes = ear.feed.next(5)
    admin.person("dung", mobile="0902")
    changes.said.people += ear.feed.next(5).said.people

    def refuses_dung(said, *args, **options):
        if any(entry.uid == "dung" for entry in said.people):
            raise ValueError("no")
        return apply(said, *args, **options)

    monkeypatch.setattr(following, "apply", refuses_dung)

    ear.follower.take(changes)

    assert (person("ha").mobile, person("dung").mobile) == ("0901", "")
    assert "Left out, because it could not be applied: uid=dung" in lines(caplog)


# --- every entry ----------------------------------------------------------------------------------

texts = st.text(max_size=60) | st.sampled_from(["\0", "ha", "KHTC", "x" * 700, "99999999999999999999", "-1"])
values = st.lists(
    texts.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=20), max_size=3
)
names = st.sampled_from(sorted({name for names in ATTRIBUTES.values() for name in names}))
classes = st.sampled_from([b"inetOrgPerson", b"intranetUnit", b"intranetRole", b"device"])


@given(st.lists(st.tuples(classes, st.dictionaries(names, values, max_size=8)), max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_entry_stops_the_follower(synced, found):
    """Whatever an entry holds, it is applied, or left out and named; those who are there stay there."""
    said = Snapshot()
    for number, (kind, raw) in enumerate(found):
        base = {"objectClass": [kind], "uid": [b"fuzz%d" % number], "cn": [b"Fuzz"], "ou": [b"F%d" % number]}
        said.add(f"uid=fuzz{number},ou=people,dc=x", base | raw, uuid.uuid4())

    with transaction.atomic():
        report = apply(said)
        transaction.set_rollback(True)

    read = {entry.dn for entry in said.entries() if not getattr(entry, "complaint", "")}
    assert len(read) + len(said.complaints) == len(found)
    assert report.counts["person disabled"] == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"mobile": "0" * 41}, "mobile"),
        ({"displayName": "x" * 201}, "displayName"),
        ({"pwdEndTime": "99991231235959Z"}, "out of range"),
    ],
)
def test_an_entry_that_cannot_be_kept_is_named_and_its_person_stays(ear, admin, caplog, change, why):
    admin.person("ha", **change)

    ear.hear()

    assert person("ha").is_active
    assert why in lines(caplog)


def test_posts_that_cannot_be_read_leave_the_others_as_they_are(ear, admin, caplog):
    before = person("ha")
    admin.person("ha", intranetPost="KHTC$Vụ trưởng$x$boss", mobile="0999")

    ear.hear()

    after = person("ha")
    assert (after.mobile, after.unit, after.security_epoch) == ("0999", before.unit, before.security_epoch)
    assert "cannot be read" in lines(caplog)


def test_a_lock_counts_even_on_an_entry_that_cannot_be_read(ear, admin):
    admin.person("ha", mobile="0" * 41, pwdAccountLockedTime=FOR_EVER)

    ear.hear()

    assert not person("ha").is_active


def test_a_referral_is_not_followed(slapd, admin, db):
    elsewhere = f"ou=elsewhere,ou=people,{slapd.suffix}"
    admin.add(
        elsewhere, ["referral", "extensibleObject"], ou="elsewhere", ref="ldap://127.0.0.1:1/dc=elsewhere"
    )

    with listening() as ear:
        admin.person("ha", mobile="0999")
        ear.hear()

    assert (person("ha").mobile, User.objects.count()) == ("0999", 3)
    call_command("sync_directory", verbosity=0)
