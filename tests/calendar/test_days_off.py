"""Holidays, and Saturdays that are worked in their place, have their names in every view."""

import pytest
from django.urls import reverse

from tests.calendar.factories import at, deputy_minister, leaders_event
from tests.calendar.test_views import words
from tests.factories import UnitFactory, person_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("view", ["day", "week", "month"])
@pytest.mark.parametrize(("day", "name"), [("2026-08-22", "Ngày làm bù"), ("2026-09-02", "Quốc khánh")])
def test_own_calendar_names_the_day(signed_in, view, day, name):
    page = signed_in(person_of(UnitFactory())).get(reverse("calendar:mine"), {"day": day, "view": view})

    assert name in words(page)


@pytest.mark.parametrize("layout", ["table", "list"])
@pytest.mark.parametrize("is_filled", [True, False])
def test_leaders_week_names_the_day(signed_in, layout, is_filled):
    day = 22 if is_filled else 21
    leaders_event(deputy_minister(), starts_at=at(f"2026-08-{day} 08:00"), ends_at=at(f"2026-08-{day} 09:00"))
    query = {"week": "2026-W34", "layout": layout}

    page = signed_in(person_of(UnitFactory())).get(reverse("calendar:leaders"), query)

    assert "Ngày làm bù" in words(page)
