"""One's own devices: who sees and ends what. A stranger's look as if they were not there."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from sso.models import Session
from sso.services import sessions
from tests.factories import person_of, system_admin
from tests.sso.conftest import browser_of, is_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def test_own_devices_show_browser_address_and_times_this_one_first(person, colleague, mine):
    other, _somebody = browser_of(person), browser_of(colleague)
    Session.objects.filter(sid=other.session["sid"]).update(user_agent=FIREFOX, address="10.1.2.3")

    rows = mine.get(reverse("account-devices")).context["rows"]

    assert [(row["device"], row["is_this"]) for row in rows] == [
        ("Thiết bị không rõ", True),
        ("Firefox · Linux", False),
    ]
    page = mine.get(reverse("account-devices")).content.decode()
    assert "10.1.2.3" in page


def test_one_device_is_ended(person, mine):
    other = browser_of(person)
    row = Session.objects.get(sid=other.session["sid"])

    mine.post(reverse("account-device-end", args=[row.pk]))

    assert [is_in(mine), is_in(other)] == [True, False]


def test_the_own_device_is_ended_like_a_sign_out(mine):
    row = Session.objects.get()

    response = mine.post(reverse("account-device-end", args=[row.pk]))

    assert response["Location"] == reverse("account_login")
    assert not is_in(mine)


def test_all_others_of_the_person_are_ended(person, colleague, mine):
    others = [browser_of(person) for _ in range(3)]
    somebody = browser_of(colleague)

    page = mine.post(reverse("account-devices-others"), follow=True).content.decode()

    assert [is_in(one) for one in (mine, somebody, *others)] == [True, True, False, False, False]
    assert "3" in page


def test_everywhere_ends_this_one_too(person, mine):
    other = browser_of(person)

    response = mine.post(reverse("account-devices-everywhere"))

    assert response["Location"] == reverse("account_login")
    assert [is_in(mine), is_in(other)] == [False, False]


@pytest.mark.parametrize("who", ["colleague", "admin"])
def test_sessions_of_others_are_not_there(mine, who):
    stranger = browser_of(system_admin() if who == "admin" else person_of())
    row = Session.objects.get(sid=mine.session["sid"])

    assert stranger.post(reverse("account-device-end", args=[row.pk])).status_code == 404
    with pytest.raises(PermissionDenied):
        sessions.end_one(row, by=stranger.get(reverse("people")).wsgi_request.user)
    assert is_in(mine)


@pytest.mark.parametrize("act", ["others", "everywhere"])
def test_services_end_the_sessions_of_who_asks_only(person, mine, act):
    acts = {
        "others": lambda by: sessions.end_others(person, "", by=by),
        "everywhere": lambda by: sessions.end_everywhere(person, by=by),
    }

    with pytest.raises(PermissionDenied):
        acts[act](system_admin())

    assert is_in(mine)


@pytest.mark.parametrize(("who", "words"), [("admin", " "), ("person", "Mất máy"), ("colleague", "Mất máy")])
def test_all_access_is_ended_by_system_admins_who_say_why(person, colleague, mine, who, words):
    by = {"admin": system_admin, "person": lambda: person, "colleague": lambda: colleague}[who]()

    with pytest.raises(PermissionDenied):
        sessions.end_everything_of(person, words, by=by)

    assert is_in(mine)
