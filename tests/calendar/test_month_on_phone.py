"""The month on a phone: a list below it, in which what is over is folded away."""

import re

import pytest

from apps.calendar.models import Calendar
from intranet.api import WEEKDAYS
from tests.calendar.factories import EventFactory, at
from tests.factories import UnitFactory, person_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(signed_in):
    """Somebody with something on three days of November and one of October; signs in when it is asked for a page."""
    person = person_of(UnitFactory())
    for day in ("2026-10-20", "2026-11-03", "2026-11-10", "2026-11-25"):
        EventFactory(
            calendar=Calendar.objects.of_user(person),
            starts_at=at(f"{day} 08:00"),
            ends_at=at(f"{day} 09:00"),
        )
    return lambda address: signed_in(person).get(address)


def folded_and_shown(page) -> tuple[list[str], list[str]]:
    """Return the days of the list below the month, those that are folded away and the others."""
    text = page.content.decode().partition('class="calendar-days on-phone"')[2]
    folded, _end, shown = text.rpartition("</details>")
    assert re.findall("<details([^>]*)>", text) == ([' class="more"'] if folded else [])
    return tuple(re.findall(r'calendar-day-title">[^,]+, ([\d/]+)<', part) for part in (folded, shown))


@pytest.mark.parametrize(
    ("now", "folded", "shown"),
    [
        ("2026-11-01", [], ["03/11", "10/11", "25/11"]),
        ("2026-11-10", ["03/11"], ["10/11", "25/11"]),
        ("2026-11-30", ["03/11", "10/11", "25/11"], []),
    ],
)
def test_the_month_on_a_phone_begins_with_today(busy, time_machine, now, folded, shown):
    time_machine.move_to(at(f"{now} 10:00"))

    page = busy("/calendar/?view=month")

    assert folded_and_shown(page) == (folded, shown)
    assert ("Trong tháng không còn lịch nào nữa." in page.content.decode()) == (shown == [])


def test_another_month_on_a_phone_is_shown_whole(busy, time_machine):
    time_machine.move_to(at("2026-12-05 10:00"))

    page = busy("/calendar/?view=month&day=2026-11-15")

    assert folded_and_shown(page) == ([], ["03/11", "10/11", "25/11"])


def test_the_columns_are_read_out_by_their_whole_names(busy):
    heads = re.findall(r"<th scope=.*?</th>", busy("/calendar/?view=month").content.decode())

    heard = [re.findall(r'class="visually-hidden">([^<]+)<', head) for head in heads]
    assert heard == [[str(day)] for day in WEEKDAYS]
