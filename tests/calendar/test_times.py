"""Times of day are written in 24 hours, whatever the browser speaks."""

import pytest

from apps.calendar.models import Event
from tests.calendar.factories import at
from tests.factories import person_of

pytestmark = pytest.mark.django_db


def form_data(**changed) -> dict:
    data = {"summary": "Họp tổ công tác", "start_day": "2026-11-30", "start_time": "08:00", "kind": "meeting"}
    return {**data, **changed}


@pytest.mark.parametrize("typed", ["14:30", "14h30", "1430", "14.30", " 14:30 ", "14:30:00"])
def test_times_are_typed_in_24_hours_in_every_language(signed_in, typed):
    browser = signed_in(person_of())
    browser.cookies["django_language"] = "en"

    browser.post("/calendar/events/new/", form_data(start_time=typed))

    assert Event.objects.get().starts_at == at("2026-11-30 14:30")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_times_are_text_that_no_browser_writes_with_am_or_pm(signed_in, language):
    browser = signed_in(person_of())
    browser.cookies["django_language"] = language

    page = browser.get("/calendar/events/new/").content.decode()

    assert f'<html lang="{language}"' in page
    assert 'type="time"' not in page
    assert 'name="start_time" value="08:00"' in page
