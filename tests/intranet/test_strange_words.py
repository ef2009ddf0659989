"""Words that no database can hold find nothing, wherever somebody looks for people and things by typing."""

import pytest
from django.urls import reverse

from sso.api import Role
from tests.documents.factories import a_document
from tests.factories import person_of
from tests.tasks.factories import task_of_unit

pytestmark = pytest.mark.django_db
LISTS = {
    "account-delegation": "q",
    "account-delegation-people": "q",
    "audit": "person",
    "calendar:people": "people_typed",
    "documents:list": "q",
    "mail:people": "q",
    "people": "q",
    "search": "q",
    "systems": "q",
    "tasks:list": "q",
}
NUL = "an\0an"


@pytest.fixture(autouse=True)
def mail_server(settings):
    settings.MAIL_IMAP_URL = "imap://127.0.0.1:1"


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_asked_for_words_with_a_zero(signed_in, name):
    admin = person_of(role=Role.SYSTEM_ADMIN, username="quantri")

    answer = signed_in(admin).get(reverse(name), {LISTS[name]: NUL})

    assert answer.status_code in (200, 422)


@pytest.mark.parametrize("picker", ["lead", "cooperating"])
def test_the_giver_of_a_task_looks_for_words_with_a_zero(signed_in, picker):
    browser = signed_in(person_of(level="head"))

    found = browser.get(reverse("tasks:find"), {"picker": picker, f"{picker}-find": NUL})
    form = browser.post(reverse("tasks:new"), {"find": "1", f"{picker}-find": NUL, "title": "Việc"})

    assert (found.status_code, form.status_code) == (200, 422)


def test_who_hands_a_task_on_looks_for_words_with_a_zero(signed_in):
    head = person_of(level="head")
    task = task_of_unit(head.unit)

    found = signed_in(head).get(
        reverse("tasks:find_hand_on", args=[task.pk]), {"picker": "to", "to-find": NUL}
    )

    assert found.status_code == 200


def test_who_routes_a_document_looks_for_words_with_a_zero(signed_in):
    document = a_document()

    form = signed_in(document.created_by).post(
        reverse("documents:route", args=[document.pk]), {"find": NUL, "ask": "1"}
    )

    assert form.status_code == 200


@pytest.mark.parametrize("field", ["people_typed", "chair"])
def test_people_are_invited_by_words_with_a_zero(signed_in, field):
    form = signed_in(person_of()).post(reverse("calendar:new"), {field: NUL, "summary": "Họp"})

    assert form.status_code == 422
