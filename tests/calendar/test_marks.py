"""That an event is not certain yet is said in words wherever the event is shown."""

import pytest

from apps.calendar.models import Calendar, Event
from tests.calendar.factories import EventFactory, at, leaders_event, minister
from tests.factories import person_of

pytestmark = pytest.mark.django_db
TENTATIVE = {"summary": "Đi công tác", "status": Event.Status.TENTATIVE}
IN_WORDS = '<span class="calendar-mark">(dự kiến)</span>'


@pytest.mark.parametrize(
    ("address", "times"),
    [
        ("/calendar/leaders/?week=2026-W49", 2),  # the table, and day by day on a phone
        ("/calendar/leaders/?week=2026-W49&layout=list", 2),
        ("/", 2),
    ],
    ids=["table", "list", "home page"],
)
def test_in_the_leaders_calendar(signed_in, time_machine, address, times):
    time_machine.move_to(at("2026-11-30 07:00"))
    leaders_event(minister(), **TENTATIVE)

    page = signed_in(person_of()).get(address).content.decode()

    assert (page.count("Đi công tác"), page.count(IN_WORDS)) == (times, times)


@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_in_the_own_calendar(signed_in, view):
    person = person_of()
    EventFactory(calendar=Calendar.objects.of_user(person), starts_at=at("2026-11-30 08:00"), **TENTATIVE)

    page = signed_in(person).get(f"/calendar/?view={view}&day=2026-11-30").content.decode()

    assert IN_WORDS in page
