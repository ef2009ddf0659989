"""The home page of a person who has much to do, with all apps: as many queries for 10 objects as for 10,000."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.calendar.models import Attendance, Calendar, Event
from apps.documents.models import Assignment, Document, DocumentType
from apps.tasks.models import Task
from intranet.models import Notification
from tests.documents.factories import a_register
from tests.factories import UnitFactory, person_of
from tests.news.factories import NewsPageFactory

pytestmark = [pytest.mark.slow, pytest.mark.any_database, pytest.mark.django_db]
MOST_QUERIES = 15


def fill(person, count):
    """Give ``person`` that many tasks, documents, invitations and notices, due around today."""
    today, now = timezone.localdate(), timezone.now()
    boss = person_of(person.unit, level="head")
    days = [today + timedelta(days=number % 40 - 5) for number in range(count)]
    Task.objects.bulk_create(
        Task(
            title=f"Việc {number}",
            creator=boss,
            assignee=person,
            unit=person.unit,
            due=day,
            state=Task.State.IN_PROGRESS,
        )
        for number, day in enumerate(days)
    )
    register, kind = a_register(), DocumentType.objects.first()
    documents = Document.objects.bulk_create(
        Document(
            register=register,
            number=number + 1,
            subject=f"V/v việc {number}",
            organisation="Bộ Tài chính",
            type=kind,
            issued_on=today,
            created_by=boss,
        )
        for number in range(count)
    )
    Assignment.objects.bulk_create(
        Assignment(document=document, person=person, given_by=boss, due_on=day, given_at=now)
        for document, day in zip(documents, days, strict=True)
    )
    calendar = Calendar.objects.of_user(boss)
    events = Event.objects.bulk_create(
        Event(
            calendar=calendar,
            uid=f"{number}@mic.example",
            summary=f"Họp {number}",
            starts_at=now + timedelta(hours=number),
            ends_at=now + timedelta(hours=number + 1),
            last_at=now + timedelta(hours=number + 1),
            organizer=boss,
        )
        for number in range(count)
    )
    Attendance.objects.bulk_create(Attendance(event=event, user=person) for event in events)
    Notification.objects.bulk_create(
        Notification(to=person, kind="tasks.assigned", title="Việc") for _day in days
    )


def test_home_page_asks_as_many_queries_for_any_number(signed_in, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr("intranet.frame.SYSTEMS_SECONDS", 600)
    asked = []
    for count in (10, 10_000):
        person = person_of(UnitFactory())
        for _number in range(4):
            NewsPageFactory(unit=person.unit)
        fill(person, count)
        client = signed_in(person)
        client.get("/")  # what is the same for everybody is kept from here on

        with django_assert_max_num_queries(MOST_QUERIES) as found:
            text = client.get("/").content.decode()

        assert [word for word in ("Việc 0", "V/v việc ", "Tin số") if word not in text] == []
        asked.append(len(found))
    assert asked[0] == asked[1]
