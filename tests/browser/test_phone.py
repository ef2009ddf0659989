"""The same with one thumb."""

import pytest
from playwright.sync_api import expect

from demo.browser import PHONE


@pytest.fixture
def phone(page_of):
    return page_of("nhanvien", size=PHONE)


def test_the_apps_are_a_bar_at_the_bottom(phone):
    phone.goto("/")
    bar = phone.get_by_role("navigation", name="Ứng dụng")

    box = bar.bounding_box()
    places = [link.bounding_box() for link in bar.get_by_role("link").all() if link.is_visible()]
    assert (box["y"] + box["height"], box["width"]) == (PHONE["height"], PHONE["width"])
    assert len(places) == 5
    assert all(place["height"] >= 44 and place["width"] >= 44 for place in places)
    bar.get_by_role("link", name="Lịch").tap()
    expect(phone.locator("main h1")).to_be_visible()


def test_the_leaders_week_is_read_day_by_day(phone):
    phone.goto("/calendar/leaders/")

    expect(phone.get_by_role("table")).to_have_count(0)
    days = phone.locator(".calendar-days .calendar-day-title")
    expect(days).to_have_count(7)
    expect(days.first).to_contain_text("Thứ Hai")
    tops = [day.bounding_box()["y"] for day in days.all()]
    assert tops == sorted(tops)


def test_letters_are_read_one_after_the_other(phone):
    phone.goto("/mail/")
    expect(phone.locator("#mail-message")).to_be_hidden()
    rows = phone.locator(".mail-row a")
    rows.nth(1).tap()

    expect(phone.locator(".mail-message h2")).to_be_visible()
    expect(phone.locator(".mail-list")).to_be_hidden()
    phone.locator(".mail-back").tap()
    expect(rows.first).to_be_visible()
    expect(phone.locator("#mail-message")).to_be_hidden()
