"""Calendars and events for the tests, in a week that is always the same."""

from datetime import datetime, timedelta

import factory
from django.utils import timezone

from apps.calendar.models import Attendance, Calendar, Event
from apps.calendar.occurrences import last_moment
from sso.api import Post, Role, Unit, User
from tests.factories import PostFactory, UnitFactory, UserFactory, ministry, person_of

MONDAY = "2026-11-30"


def at(text: str) -> datetime:
    """Return the moment of "2026-11-30 08:00" in the ministry's time zone."""
    return timezone.make_aware(datetime.fromisoformat(text))


class EventFactory(factory.django.DjangoModelFactory):
    """A meeting on Monday from 8h00 to 9h00 in a person's own calendar."""

    class Meta:
        model = Event
        skip_postgeneration_save = True

    calendar = factory.LazyFunction(lambda: Calendar.objects.of_user(UserFactory()))
    uid = factory.Sequence(lambda number: f"{number}@mic.example")
    summary = factory.Sequence(lambda number: f"Cuộc họp số {number}")
    starts_at = factory.LazyFunction(lambda: at(f"{MONDAY} 08:00"))
    ends_at = factory.LazyAttribute(lambda event: event.starts_at + timedelta(hours=1))

    @classmethod
    def _create(cls, model, *args, **fields):
        event = model(**fields)
        event.last_at = last_moment(event)
        event.derive_search_key()
        event.save()
        return event


class AttendanceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Attendance

    event = factory.SubFactory(EventFactory)
    user = factory.SubFactory(UserFactory)


def minister(**fields) -> User:
    return PostFactory(
        user=UserFactory(**fields), unit=ministry(), level=Post.Level.HEAD, title_vi="Bộ trưởng", rank=10
    ).user


def deputy_minister(**fields) -> User:
    return PostFactory(
        user=UserFactory(**fields), unit=ministry(), level=Post.Level.DEPUTY, title_vi="Thứ trưởng", rank=20
    ).user


def office() -> Unit:
    return UnitFactory(code="VP", name_vi="Văn phòng Bộ")


def office_clerk() -> User:
    return person_of(office(), role=Role.CLERK)


def leaders_event(*leaders: User, **fields) -> Event:
    """Return an item of the leaders' calendar in the columns of ``leaders``."""
    event = EventFactory(calendar=Calendar.objects.of_leaders(), **fields)
    for leader in leaders:
        AttendanceFactory(event=event, user=leader, is_leader=True, answer=Attendance.Answer.ACCEPTED)
    return event
