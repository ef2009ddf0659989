"""Routing a document, and what its holders do with it."""

import pytest
from django.urls import reverse

from apps.documents import services
from apps.documents.models import Assignment
from tests.documents.factories import a_document, clerk_of, routed
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


OVER = "Không thực hiện được nữa: bước này đã được xử lý."


@pytest.mark.parametrize("act", ["done", "return", "route"])
def test_who_comes_too_late_is_told_so(client, act):
    document, unit = a_document(), UnitFactory()
    head, clerk = person_of(unit, level="head"), clerk_of(unit)
    step = routed(document, unit)
    services.finish_assignment(step, by=clerk)
    client.force_login(head)
    url = reverse("documents:act", args=[document.pk, step.pk, act])
    if act == "route":
        url = reverse("documents:route", args=[document.pk]) + f"?from={step.pk}"

    answer = client.post(url, {f"return-{step.pk}-reason": "Nhầm"}, follow=True)

    step.refresh_from_db()
    assert (answer.status_code, OVER in answer.content.decode(), step.state) == (200, True, "done")


def test_who_sends_twice_has_done_it_once(client):
    document, person = a_document(), UserFactory()
    step = routed(document, person)
    client.force_login(person)
    url = reverse("documents:act", args=[document.pk, step.pk, "done"])

    answers = [client.post(url, {f"done-{step.pk}-report": "Xong"}, follow=True) for _time in range(2)]

    assert [OVER in answer.content.decode() for answer in answers] == [False, False]
    assert document.history.filter(act="done").count() == 1
