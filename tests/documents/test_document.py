"""The page of a document and its files: who sees them, and what they show."""

import re

import pytest
from django.db import connection
from django.urls import reverse

from apps.documents import pdf_text, services
from apps.documents.models import Assignment
from tests.documents.factories import a_document, clerk_of, pdf_bytes, pdf_file, routed
from tests.factories import UnitFactory, UserFactory, person_of

pytestmark = pytest.mark.django_db
URLS = ["detail", "edit", "route"]


@pytest.mark.parametrize("name", URLS)
def test_a_stranger_finds_nothing(client, name):
    document = a_document()
    client.force_login(clerk_of(UnitFactory()))

    there = client.get(reverse(f"documents:{name}", args=[document.pk]))
    absent = client.get(reverse(f"documents:{name}", args=[document.pk + 1]))

    assert (there.status_code, absent.status_code) == (404, 404)


def test_nobody_waits_for_the_database_while_a_file_is_looked_into(client, monkeypatch):
    document, seen = a_document(), []
    client.force_login(document.register.clerk)
    count = pdf_text.count_pages
    monkeypatch.setattr(
        pdf_text, "count_pages", lambda content: seen.append([*connection.savepoint_ids]) or count(content)
    )

    client.post(
        reverse("documents:add_file", args=[document.pk]), {"file": pdf_file(), "is_not_secret": "on"}
    )

    assert (document.attachments.count(), seen) == (1, [[]])


def test_the_stamp_says_whom_the_document_was_given_to(client):
    document = a_document(recipients="")
    client.force_login(document.register.clerk)
    leader, officer = person_of(document.register.unit, level="head"), person_of(document.register.unit)
    step = routed(document, leader)
    routed(document, officer, by=leader, parent=step)

    page = client.get(document.get_absolute_url()).content.decode()

    assert re.search(r'class="documents-stamp".*?</section>', page, re.DOTALL)[0].count("<dd") == 3
    assert f"<dd>{leader}</dd></dl>" in page


def test_a_stranger_gets_no_file_and_does_no_act(client):
    document = a_document()
    clerk = document.created_by
    upload = services.attach_file(document, services.keep_upload(pdf_file(), by=clerk), by=clerk)
    step = routed(document, UserFactory())
    client.force_login(UserFactory())

    answers = [
        client.get(upload.get_absolute_url()),
        client.post(reverse("documents:add_file", args=[document.pk]), {"file": pdf_file()}),
        client.post(reverse("documents:remove_file", args=[document.pk, upload.pk])),
        client.get(reverse("documents:print", args=[document.register.pk])),
        client.get(reverse("documents:route", args=[document.pk]), {"from": step.pk}),
        *(
            client.post(reverse("documents:act", args=[document.pk, step.pk, act]))
            for act in ("done", "return", "withdraw")
        ),
    ]

    assert [answer.status_code for answer in answers] == [404] * 8
    assert (document.attachments.count(), Assignment.objects.get().state) == (1, "waiting")


def test_who_was_given_a_document_is_offered_and_does_what_is_theirs_only(client):
    document, officer = a_document(), UserFactory()
    clerk = document.created_by
    upload = services.attach_file(document, services.keep_upload(pdf_file(), by=clerk), by=clerk)
    step = routed(document, officer)
    theirs = [reverse("documents:act", args=[document.pk, step.pk, act]) for act in ("done", "return")]
    others = [
        reverse("documents:edit", args=[document.pk]),
        reverse("documents:add_file", args=[document.pk]),
        reverse("documents:remove_file", args=[document.pk, upload.pk]),
        reverse("documents:act", args=[document.pk, step.pk, "withdraw"]),
    ]
    offered = {}
    for who in (clerk, officer):
        client.force_login(who)
        page = client.get(document.get_absolute_url()).content.decode()
        offered[who] = [url for url in theirs + others if f'"{url}"' in page]

    assert offered == {clerk: others, officer: theirs}
    assert client.get(others[0]).status_code == 403
    assert [client.post(url, {"file": pdf_file()}).status_code for url in others] == [403] * 4
    assert document.attachments.count() == 1


def test_a_file_belongs_to_its_document_only(client):
    first, second = a_document(), a_document()
    clerk = first.created_by
    upload = services.attach_file(first, services.keep_upload(pdf_file(), by=clerk), by=clerk)
    client.force_login(second.created_by)

    assert client.get(reverse("documents:file", args=[second.pk, upload.pk])).status_code == 404


def test_a_file_is_shown_in_the_browser_and_remembered(client):
    document = a_document()
    clerk = document.created_by
    upload = services.attach_file(document, services.keep_upload(pdf_file(), by=clerk), by=clerk)
    client.force_login(clerk)

    answer = client.get(upload.get_absolute_url())

    assert b"".join(answer.streaming_content) == pdf_bytes()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("inline")
    assert "script" not in answer["Content-Security-Policy"]
    assert document.history.first().act == "opened"


def test_a_lost_file_is_not_found(client):
    document = a_document()
    clerk = document.created_by
    upload = services.attach_file(document, services.keep_upload(pdf_file(), by=clerk), by=clerk)
    upload.file.storage.delete(upload.file.name)
    client.force_login(clerk)

    assert client.get(upload.get_absolute_url()).status_code == 404


def test_the_page_says_why_it_is_seen_and_that_it_was_seen(client):
    document, person = a_document(), UserFactory()
    step = routed(document, person, instruction="Dự thảo trả lời")
    client.force_login(person)

    page = client.get(document.get_absolute_url())

    step.refresh_from_db()
    assert page.context["reasons"] == ["văn bản được chuyển đến đích danh (chủ trì)"]
    assert "Dự thảo trả lời" in page.content.decode()
    assert step.seen_at is not None
    assert [entry.act for entry in page.context["history"]] == ["routed", "registered"]


def test_who_looked_is_shown_to_those_who_keep_the_register(client):
    document, person = a_document(), UserFactory()
    routed(document, person)
    client.force_login(person)
    client.get(document.get_absolute_url())
    client.force_login(document.created_by)

    page = client.get(document.get_absolute_url())

    assert [(entry.act, entry.by) for entry in page.context["history"]][:2] == [
        ("viewed", document.created_by),
        ("viewed", person),
    ]


def test_a_document_asks_as_many_queries_for_any_routing(client, django_assert_max_num_queries):
    document = a_document()
    client.force_login(document.created_by)
    routed(document, person_of(), role="cooperating")
    client.get(document.get_absolute_url())
    with django_assert_max_num_queries(40) as with_one:
        client.get(document.get_absolute_url())
    for _each in range(5):
        routed(document, person_of(), role="cooperating")
        routed(document, UnitFactory(), role="information")

    with django_assert_max_num_queries(40) as with_more:
        client.get(document.get_absolute_url())

    assert len(with_more) == len(with_one)
