"""One's own delegations: who gives, sees and ends them."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from intranet.models import Notification
from sso.api import Delegation, Post, acting_for
from sso.models import AuditEntry
from sso.services import delegations
from tests.factories import DelegationFactory, UserFactory, person_of, system_admin
from tests.sso.conftest import browser_of

pytestmark = pytest.mark.django_db


def form(receiver, **changes):
    today = timezone.localdate()
    values = {
        "receiver": receiver.pk,
        "apps": ["tasks"],
        "first": today.isoformat(),
        "last": (today + timedelta(days=3)).isoformat(),
    }
    return values | changes


def test_a_delegation_is_given_and_the_receiver_told(
    person, mine, colleague, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = mine.post(reverse("account-delegation"), form(colleague))

    assert response["Location"] == reverse("account-delegation")
    given = Delegation.objects.get()
    assert (given.giver, given.receiver, given.apps) == (person, colleague, ["tasks"])
    assert acting_for(colleague, "tasks") == [colleague, person]
    assert acting_for(colleague, "documents") == [colleague]
    last = timezone.localtime(given.ends_at - timedelta(seconds=1)).date()
    assert last == timezone.localdate() + timedelta(days=3)
    notice = Notification.objects.get()
    assert (notice.to, str(person) in notice.title, notice.url) == (
        colleague,
        True,
        reverse("account-delegation"),
    )
    entry = AuditEntry.objects.get(action="delegated")
    assert (entry.person_id, entry.by_id, entry.for_whom_id) == (colleague.pk, person.pk, person.pk)


@pytest.mark.parametrize("who", ["giver", "receiver"])
def test_giver_and_receiver_end_it_and_the_other_is_told(
    person, mine, colleague, who, django_capture_on_commit_callbacks
):
    given = DelegationFactory(giver=person, receiver=colleague)
    ender, other = (mine, colleague) if who == "giver" else (browser_of(colleague), person)

    with django_capture_on_commit_callbacks(execute=True):
        ender.post(reverse("account-delegation-end", args=[given.pk]))

    assert acting_for(colleague, "tasks") == [colleague]
    assert Notification.objects.get().to == other


def test_one_that_has_not_begun_goes_and_is_on_record(person, mine, colleague):
    later = timezone.now() + timedelta(days=1)
    given = DelegationFactory(giver=person, receiver=colleague, starts_at=later)

    mine.post(reverse("account-delegation-end", args=[given.pk]))

    assert not Delegation.objects.exists()
    assert AuditEntry.objects.get(action="delegation_ended").person_id == colleague.pk


@pytest.mark.parametrize("who", ["colleague", "admin"])
def test_delegations_of_others_are_not_there(person, colleague, who):
    given = DelegationFactory(giver=person, receiver=colleague)
    stranger = system_admin() if who == "admin" else person_of(person.unit)

    browser = browser_of(stranger)

    assert browser.post(reverse("account-delegation-end", args=[given.pk])).status_code == 404
    assert str(colleague) not in browser.get(reverse("account-delegation")).context["given"]
    with pytest.raises(PermissionDenied):
        delegations.end_delegation(given, by=stranger)
    assert Delegation.objects.current().count() == 1


def test_what_cannot_be_is_said_at_the_field_and_typed_values_stay(person, mine, colleague):
    today = timezone.localdate()
    wrong = {
        "receiver": [form(person), form(UserFactory(is_active=False))],
        "last": [
            form(colleague, last=(today - timedelta(days=1)).isoformat()),
            form(colleague, last=(today + timedelta(days=400)).isoformat()),
            form(colleague, last="never"),
        ],
        "first": [form(colleague, first="0001-01-01")],
        "apps": [form(colleague, apps=["mail"])],
    }

    for field, forms in wrong.items():
        for values in forms:
            response = mine.post(reverse("account-delegation"), values)
            assert response.status_code == 422
            assert list(response.context["form"].errors) == [field]
    assert not Delegation.objects.exists()


def test_a_day_at_the_end_of_the_calendar_is_no_day(mine, colleague):
    response = mine.post(
        reverse("account-delegation"), form(colleague, first="9999-12-31", last="9999-12-31")
    )

    assert (response.status_code, sorted(response.context["form"].errors)) == (422, ["first", "last"])


def test_the_service_refuses_what_the_form_does(person, colleague):
    now = timezone.now()
    day = timedelta(days=1)
    wrong = [
        (person, [], now, now + day),
        (UserFactory(is_active=False), [], now, now + day),
        (colleague, ["mail"], now, now + day),
        (colleague, [], now, now - day),
        (colleague, [], now - 3 * day, now - day),
        (colleague, [], now, now + 400 * day),
    ]

    for receiver, apps, starts, ends in wrong:
        with pytest.raises(PermissionDenied):
            delegations.give_delegation(receiver, apps, starts, ends, by=person)


def test_people_of_the_department_can_be_chosen_and_others_be_found(person, mine, colleague):
    other = person_of(full_name="Trần Đình Khuê")

    url = reverse("account-delegation-people")
    near = mine.get(reverse("account-delegation")).content.decode()
    typed = [mine.get(url, {"q": words}).json() for words in ("dinh khue", str(person), "", "\0")]
    found = mine.get(reverse("account-delegation"), {"q": "dinh khue"}).content.decode()
    sent = mine.post(reverse("account-delegation"), form(other))

    assert [str(one) in near for one in (colleague, other, person)] == [True, False, True]
    assert f'<option value="{other.pk}">' in found
    assert [[one["value"] for one in people] for people in typed] == [[other.pk], [], [], []]
    assert sent.status_code == 302


def test_a_person_without_post_can_look_for_people(client):
    browser = browser_of(UserFactory())

    assert browser.get(reverse("account-delegation")).status_code == 200
    assert not Post.objects.exists()
