"""Routing a document, and what its holders do with it."""

import pytest
from django.urls import reverse

from apps.documents.models import Assignment
from tests.documents.factories import a_document, routed
from tests.factories import UnitFactory, UserFactory, person_of

pytestmark = pytest.mark.django_db


def test_routing_without_scripts(client):
    document, officer, unit = a_document(), person_of(full_name="Đỗ Thuỳ Dương"), UnitFactory()
    client.force_login(document.created_by)
    url = reverse("documents:route", args=[document.pk])

    asked = client.post(
        url, {"find": "do thuy", f"role_u{unit.pk}": "cooperating", "instruction": "Xử lý", "ask": "1"}
    )
    sent = {f"role_p{officer.pk}": "lead", f"role_u{unit.pk}": "cooperating", "instruction": "Xử lý"}
    answer = client.post(url, {**sent, "due_on": "2099-01-02"})

    page = asked.content.decode()
    assert f'name="role_p{officer.pk}"' in page
    assert 'value="cooperating" selected' in page
    assert "Xử lý" in page
    assert answer.status_code == 302
    found = Assignment.objects.order_by("pk").values_list(
        "person", "unit", "role", "instruction", "due_on__year"
    )
    assert list(found) == [
        (None, unit.pk, "cooperating", "Xử lý", 2099),
        (officer.pk, None, "lead", "Xử lý", 2099),
    ]


def test_candidates_come_as_a_fragment(client):
    document, officer = a_document(), person_of(full_name="Đỗ Thuỳ Dương")
    client.force_login(document.created_by)

    answer = client.post(
        reverse("documents:route", args=[document.pk]), {"find": "duong"}, headers={"HX-Request": "true"}
    )

    assert f"role_p{officer.pk}" in answer.content.decode()
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"due_on": "31/02/2026", "role_p1": "lead"},
        {"role_pabc": "lead"},
        {"role_u999": "lead"},
        {"role_p1": "boss"},
    ],
)
def test_bad_routing_is_explained_and_keeps_what_was_typed(client, sent):
    document = a_document()
    client.force_login(document.created_by)

    answer = client.post(reverse("documents:route", args=[document.pk]), {"instruction": "Giữ lại", **sent})

    assert (answer.status_code, Assignment.objects.count()) == (422, 0)
    assert "Giữ lại" in answer.content.decode()


@pytest.mark.parametrize("key", ["abc", "0", "9" * 30, "-1"])
def test_garbage_keys_are_not_found(client, key):
    document = a_document()
    client.force_login(document.created_by)

    assert client.get(reverse("documents:route", args=[document.pk]), {"from": key}).status_code == 404


def test_returning_needs_a_reason(client):
    document, person = a_document(), UserFactory()
    step = routed(document, person)
    client.force_login(person)

    answer = client.post(
        reverse("documents:act", args=[document.pk, step.pk, "return"]), {f"return-{step.pk}-reason": " "}
    )

    step.refresh_from_db()
    assert (answer.status_code, step.state) == (422, "waiting")


@pytest.mark.parametrize(
    ("act", "sent", "state"),
    [
        ("done", {"report": "Đã trả lời", "reply_number": "9/BTTTT"}, "done"),
        ("return", {"reason": "Nhầm"}, "returned"),
    ],
)
def test_acts_of_the_holder(client, act, sent, state):
    document, person = a_document(), UserFactory()
    step = routed(document, person)
    client.force_login(person)

    client.post(
        reverse("documents:act", args=[document.pk, step.pk, act]),
        {f"{act}-{step.pk}-{name}": value for name, value in sent.items()},
    )

    step.refresh_from_db()
    assert (step.state, step.report) == (state, sent.get("report") or sent["reason"])
