from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.utils import timezone

from intranet.models import Notification
from intranet.notifications import notify
from intranet.plugins import Named
from intranet.services import open_notice
from tests.factories import UserFactory, person_of
from tests.intranet.conftest import make_plugin

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def person():
    return person_of()


def tell(*people, title="Có việc mới", **fields):
    notify("note.told", to=people, title=title, **fields)


def test_everybody_is_told_once_and_those_who_left_not(person):
    gone = UserFactory(is_active=False)

    tell(person, person, gone)

    assert list(Notification.objects.values_list("to", "title")) == [(person.pk, "Có việc mới")]


def test_panel_shows_the_newest_with_the_words_of_their_kind(person, signed_in, monkeypatch):
    plugin = make_plugin(kinds=(Named(name="note.told", label="Được giao việc"),))
    monkeypatch.setattr("intranet.notifications.plugins", lambda: (plugin,))
    for number in range(12):
        tell(person, title=f"Việc {number}")

    answer = signed_in(person).get("/notices/", headers=HTMX)

    page = answer.content.decode()
    assert [notice.title for notice in answer.context["notices"]] == [f"Việc {n}" for n in range(11, 3, -1)]
    assert "Được giao việc" in page
    assert 'hx-swap-oob="true"' in page
    assert "<html" not in page


def test_opening_marks_read_and_leads_there(person, signed_in):
    tell(person, url="/people/")
    notice = Notification.objects.get()

    answer = signed_in(person).get(f"/notices/{notice.pk}/")

    notice.refresh_from_db()
    assert [answer["Location"], notice.read_at is not None] == ["/people/", True]


def test_notice_without_an_address_leads_to_the_list(person, signed_in):
    tell(person)

    assert signed_in(person).get(f"/notices/{Notification.objects.get().pk}/")["Location"] == "/notices/"


WHO = [("owner", True), ("stranger", False)]


@pytest.mark.parametrize(("who", "allowed"), WHO)
def test_notices_are_for_their_owner(person, signed_in, who, allowed):
    tell(person, title="Riêng tư")
    notice = Notification.objects.get()
    by = person if who == "owner" else person_of()
    browser = signed_in(by)

    page = browser.get("/notices/").content.decode()
    toast = browser.get("/notices/new/", {"id": notice.pk}).content.decode()
    opened = browser.get(f"/notices/{notice.pk}/").status_code

    assert ["Riêng tư" in page, "Riêng tư" in toast, opened] == [allowed, allowed, 302 if allowed else 404]
    if not allowed:
        with pytest.raises(PermissionDenied):
            open_notice(notice, by=by)
    notice.refresh_from_db()
    assert (notice.read_at is not None) == allowed


def test_mark_all_read_leaves_those_of_others(person, signed_in):
    other = person_of()
    tell(person, other)

    answer = signed_in(person).post("/notices/read/")

    unread = Notification.objects.unread().values_list("to", flat=True)
    assert [answer["Location"], list(unread)] == ["/notices/", [other.pk]]


def test_mark_all_read_in_the_panel_empties_the_bell(person, signed_in):
    tell(person)

    page = signed_in(person).post("/notices/read/", headers=HTMX).content.decode()

    assert '<b class="count" id="notice-count" hx-swap-oob="true"></b>' in page


@pytest.mark.parametrize("key", ["", "x", "-1", "9" * 40])
def test_garbage_notice_is_no_error(person, signed_in, key):
    assert signed_in(person).get("/notices/new/", {"id": key}).status_code == 200


@pytest.mark.parametrize("count", [1, 9])
def test_notices_ask_as_many_queries_for_any_number(
    person, signed_in, installed, django_assert_num_queries, count
):
    installed()
    for _number in range(count):
        tell(person)
    browser = signed_in(person)
    browser.get("/notices/")

    with django_assert_num_queries(6):
        browser.get("/notices/")


def test_old_notices_are_deleted(person):
    with time_machine.travel(timezone.now() - timedelta(days=91)):
        tell(person, title="Cũ")
    with time_machine.travel(timezone.now() - timedelta(days=89)):
        tell(person, title="Mới")

    call_command("delete_old_notices")
    call_command("delete_old_notices")

    assert list(Notification.objects.values_list("title", flat=True)) == ["Mới"]


def test_long_title_is_kept_as_far_as_it_fits(person):
    tell(person, title="dài " * 300)

    assert len(Notification.objects.get().title) == 500
