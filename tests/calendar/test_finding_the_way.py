"""Where one is, and how one gets to another week."""

import re

import pytest
from django.urls import reverse

from tests.factories import UnitFactory, person_of

pytestmark = pytest.mark.django_db


def test_the_calendar_of_a_unit_is_in_the_calendar_not_among_the_people(signed_in):
    unit = UnitFactory()
    page = signed_in(person_of(unit)).get(reverse("calendar:unit", args=[unit.pk])).content.decode()

    here = re.findall(r'<a class="rail-item is-here" href="([^"]+)"', page)

    assert here == [reverse("calendar:mine")]


def test_a_week_is_chosen_by_its_days_in_the_reader_s_words(signed_in):
    page = signed_in(person_of(UnitFactory())).get("/calendar/leaders/?week=2026-W48").content.decode()

    weeks = re.findall(r'<option value="(\S+)"( selected)?>([^<]+)</option>', page)

    assert [len(weeks), weeks[0], weeks[8], weeks[13]] == [
        17,
        ("2026-W40", "", "Tuần 40, 28/09 – 04/10/2026"),
        ("2026-W48", " selected", "Tuần 48, 23/11 – 29/11/2026"),
        ("2026-W53", "", "Tuần 53, 28/12 – 03/01/2027"),
    ]
