"""What system admins see of the directory: who is held back, whether it is followed, and the yes of a human."""

import re
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from demo.directory import person_dn
from intranet.models import Notification
from sso.models import AuditEntry, DirectoryEntry, DirectoryFollowed, Unit, User
from sso.services.audit import Action
from sso.services.health import CannotLetGo, health, let_go
from tests.conftest import record_sign_in
from tests.factories import RoleFactory, person_of, system_admin
from tests.sso.following import FOR_EVER, person

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
PAGE = "/directory/"
HELD, STOPPED = "account.directory_held", "account.directory_stopped"


@pytest.fixture
def boss():
    return system_admin(username="quantri", language="vi", origin=User.Origin.LOCAL, entry_uuid=None)


@pytest.fixture
def held(boss, admin, ear):
    """Three people are put out where one may be: one has left, two are locked; two of them are held."""
    for number in (1, 2, 3, 10, 20, 50):
        admin.add_person(f"nv{number:03}", f"Nguyễn Văn {number}")
    ear.hear()
    for number in (1, 2):
        admin.person(f"nv{number:03}", pwdAccountLockedTime=FOR_EVER)
        ear.hear()
    admin.delete(person_dn("nv003"))
    ear.hear()
    assert [row.dn.split(",")[0] for row in health().held] == ["uid=nv002", "uid=nv003"]
    return ear


def browser_of(person) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def yes(browser, **changes):
    form = {"seen": health().mark, "words": "Đã hỏi phòng Tổ chức"} | changes
    return browser.post(PAGE, form)


def tell() -> None:
    call_command("watch_directory", stdout=StringIO())


def told(kind: str) -> list[str]:
    notices = Notification.objects.filter(kind=kind).order_by("to__username")
    return list(notices.values_list("to__username", flat=True))


# --- the page -------------------------------------------------------------------------------------


def test_page_says_who_is_held_why_and_since_when(held, boss):
    held.follower.recovered("live")

    page = browser_of(boss).get(PAGE)

    text = re.sub(r"<[^>]+>|\s+", " ", page.content.decode())
    assert [(row["person"].username, row["why"]) for row in page.context["rows"]] == [
        ("nv002", "bị khóa trong danh bạ"),
        ("nv003", "không còn trong danh bạ"),
    ]
    assert "nhận từng thay đổi ngay lập tức" in text
    assert "đang theo dõi" in text


def test_without_trouble_the_page_says_how_it_stands(ear, boss, admin):
    admin.person("ha", mobile="0999")
    ear.hear()

    page = browser_of(boss).get(PAGE).content.decode()

    assert "tạm giữ" not in page
    assert re.search(r"Thời gian truyền</dt><dd>\d+,\d\d giây", page)


def test_only_system_admins_see_and_answer(held, boss):
    browsers = {
        "stranger": Client(),
        "officer": browser_of(person_of()),
        "unit admin": browser_of(person_of(role="unit_admin")),
        "system admin": browser_of(boss),
    }

    answers = {
        who: (browser.get(PAGE).status_code, yes(browser).status_code, DirectoryEntry.objects.held().count())
        for who, browser in browsers.items()
    }

    assert answers == {
        "stranger": (302, 302, 2),
        "officer": (404, 404, 2),
        "unit admin": (404, 404, 2),
        "system admin": (200, 302, 0),
    }


def test_the_service_asks_for_the_permission_itself(held):
    for by in (person_of(), person_of(role="unit_admin")):
        with pytest.raises(PermissionDenied):
            let_go(health().mark, "so", by=by)

    assert DirectoryEntry.objects.held().count() == 2


# --- the yes --------------------------------------------------------------------------------------


def test_a_yes_puts_out_those_who_were_shown_and_is_in_the_record(held, boss, admin):
    gone = browser_of(person("nv003"))
    assert gone.get("/people/").status_code == 200

    answer = yes(browser_of(boss))

    assert answer["Location"] == PAGE
    assert [person(f"nv{n:03}").is_active for n in (1, 2, 3, 10)] == [False, False, False, True]
    assert gone.get("/people/").status_code == 302
    entry = AuditEntry.objects.get(action=Action.HELD_LET_GO)
    assert (entry.by_id, entry.cause, entry.facts["count"]) == (boss.pk, "Đã hỏi phòng Tổ chức", 2)
    assert entry.facts["entries"] == [f"{person_dn('nv002')}", f"{person_dn('nv003')}"]
    disabled = AuditEntry.objects.filter(action=Action.PERSON_DISABLED)
    assert sorted(e.cause for e in disabled) == ["left", "locked", "locked"]
    admin.person("nv050", mobile="0999")
    held.hear()
    assert person("nv050").mobile == "0999"


def test_a_yes_is_about_nobody_who_was_not_shown(held, boss, admin):
    seen = health().mark
    admin.person("nv010", pwdAccountLockedTime=FOR_EVER)
    held.hear()
    browser = browser_of(boss)

    answer = yes(browser, seen=seen)

    assert answer.status_code == 422
    assert "Đã hỏi phòng Tổ chức" in answer.content.decode()
    assert (person("nv002").is_active, person("nv010").is_active) == (True, True)
    assert yes(browser).status_code == 302
    assert (person("nv002").is_active, person("nv010").is_active) == (False, False)


def test_whoever_came_back_meanwhile_stays(held, boss, admin):
    seen = health().mark
    admin.person("nv002", pwdAccountLockedTime=None)
    held.hear()

    answer = yes(browser_of(boss), seen=seen)

    assert (answer.status_code, person("nv002").is_active) == (422, True)
    assert [row.dn for row in health().held] == [person_dn("nv003")]


def test_a_yes_needs_a_reason(held, boss):
    answer = yes(browser_of(boss), words=" ")

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"words"}
    assert person("nv002").is_active


def test_a_yes_needs_the_person_themselves(held, boss):
    browser = Client()
    browser.force_login(boss)
    record_sign_in(browser, boss, age=3600)

    answer = yes(browser)

    assert answer.status_code == 401
    assert "Đã hỏi phòng Tổ chức" in answer.content.decode()
    assert DirectoryEntry.objects.held().count() == 2


def test_what_may_be_old_is_not_carried_out(held, boss):
    DirectoryFollowed.objects.update(fault="The directory does not answer.", fault_since=timezone.now())

    with pytest.raises(CannotLetGo):
        let_go(health().mark, "so", by=boss)

    page = browser_of(boss).get(PAGE).content.decode()
    assert 'name="words"' not in page
    assert "The directory does not answer." in page


def test_a_lock_on_an_entry_that_cannot_be_read_is_carried_out_too(held, boss, admin):
    admin.person("nv020", mobile="0" * 41, pwdAccountLockedTime=FOR_EVER)
    held.hear()
    assert person_dn("nv020") in [row.dn for row in health().held]

    assert yes(browser_of(boss)).status_code == 302

    assert (person("nv020").is_active, DirectoryEntry.objects.held().count()) == (False, 0)


def test_units_are_held_and_let_go_too(ear, boss, admin, slapd):
    ministry = f"ou=BO,ou=units,{slapd.suffix}"
    for number in range(25):
        admin.add_unit(f"DV{number:02}", ministry)
    ear.hear()
    for number in range(25):
        admin.delete(f"ou=DV{number:02},{ministry}")
    ear.hear()
    waiting = len(health().held)
    assert waiting >= 5
    assert Unit.objects.current().count() == 2 + waiting

    page = browser_of(boss).get(PAGE)
    assert page.context["rows"][0]["unit"].code.startswith("DV")
    assert yes(browser_of(boss)).status_code == 302

    assert (Unit.objects.current().count(), len(health().held)) == (2, 0)


def test_many_are_shown_page_by_page_with_as_many_queries(ear, boss, admin, django_assert_max_num_queries):
    for number in range(60):
        admin.add_person(f"nv{number:03}", f"Nguyễn Văn {number}")
    ear.hear()
    for number in range(55):
        admin.delete(person_dn(f"nv{number:03}"))
    ear.hear()
    browser = browser_of(boss)
    browser.get(PAGE)

    with django_assert_max_num_queries(20):
        page = browser.get(PAGE, {"page": 2})

    assert len(page.context["rows"]) == len(health().held) - 50


# --- notices --------------------------------------------------------------------------------------


def test_system_admins_are_told_once_and_it_is_taken_back(held, boss, admin):
    other = system_admin(username="quantri2", language="en")
    RoleFactory(user=other, name="unit_admin")  # a second role makes no second notice
    person_of(username="donvi", role="unit_admin")
    tell()
    tell()
    assert told(HELD) == ["quantri", "quantri2", "tam"]
    titles = dict(Notification.objects.values_list("to__username", "title"))
    assert titles["quantri2"].startswith("The directory wants many people")
    assert titles["quantri"].startswith("Danh bạ yêu cầu")
    Notification.objects.update(read_at=timezone.now())
    tell()
    assert Notification.objects.unread().count() == 0

    yes(browser_of(boss))
    tell()

    assert Notification.objects.count() == 0


def test_who_becomes_system_admin_meanwhile_is_told_too(held, boss):
    tell()
    system_admin(username="moi")

    tell()

    assert told(HELD) == ["moi", "quantri", "tam"]


def test_a_follower_that_has_stopped_is_told_after_a_while_and_its_return_takes_it_back(ear, boss):
    stopped = timezone.now()
    with time_machine.travel(stopped + timedelta(seconds=90), tick=False):
        tell()
        assert told(STOPPED) == []
        with pytest.raises(CommandError, match="Nobody follows"):
            call_command("follow_directory", "--status", stdout=StringIO())
    with time_machine.travel(stopped + timedelta(seconds=180), tick=False):
        tell()
        tell()
        assert told(STOPPED) == ["quantri", "tam"]
        assert "không theo dõi được" in browser_of(boss).get(PAGE).content.decode()
    ear.follower.recovered("live")

    tell()

    assert told(STOPPED) == []


def test_a_fault_that_lasts_is_told(ear, boss):
    ear.follower.trouble("The directory does not answer.")
    tell()
    assert told(STOPPED) == []
    DirectoryFollowed.objects.update(fault_since=timezone.now() - timedelta(minutes=3))

    tell()

    assert told(STOPPED) == ["quantri", "tam"]
    assert User.objects.active().count() == 4


def test_a_directory_that_was_never_followed_is_no_alarm(boss):
    tell()

    assert Notification.objects.count() == 0
    page = browser_of(boss).get(PAGE).content.decode()
    assert "chưa từng theo dõi" in page
    assert "<dt>" not in page


def test_status_names_who_is_held(held):
    out = StringIO()

    with pytest.raises(CommandError, match="2 people or units wait for a yes"):
        call_command("follow_directory", "--status", stdout=out)

    assert f"sync_directory --yes): {person_dn('nv002')}" in out.getvalue()
