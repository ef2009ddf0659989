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


@pytest.mark.parametrize(
    "size", [{"width": 320, "height": 200}, {"width": 844, "height": 390}], ids=["400 % zoom", "on its side"]
)
def test_in_a_low_window_nothing_stands_before_what_is_read(page_of, size):
    page = page_of("nhanvien", size=size)
    page.goto("/tasks/")

    page.evaluate("scrollTo(0, 600)")

    bars = [
        page.locator(".bar").bounding_box(),
        page.get_by_role("navigation", name="Ứng dụng").bounding_box(),
    ]
    assert [bar["y"] + bar["height"] <= 0 for bar in bars] == [True, True]
    page.evaluate("scrollTo(0, 0)")
    page.locator("[data-search]").fill("nguyen")
    panel, field = page.locator("#search-panel"), page.locator("[data-search]")
    expect(panel.locator("a").first).to_be_visible()
    assert field.bounding_box()["y"] + field.bounding_box()["height"] <= panel.bounding_box()["y"]


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


def test_what_is_found_stands_above_the_keyboard(phone):
    phone.goto("/")
    panel = phone.locator("#search-panel")

    for words in ("zzqqxx", "nguyen"):
        phone.locator("[data-search]").fill(words)
        expect(panel.locator(".search-note" if words == "zzqqxx" else "a").first).to_be_visible()
        box, field = panel.bounding_box(), phone.locator("[data-search]").bounding_box()
        assert field["y"] + field["height"] <= box["y"] < 100
        assert box["y"] + box["height"] <= PHONE["height"] * 0.61  # below it a keyboard covers the window


def test_days_and_events_are_large_enough_for_a_thumb(phone):
    small = """(links) => links.filter((link) => link.checkVisibility()).filter((link) => {
        link.scrollIntoView({ block: "center" });
        const { left, top, width, height } = (link.closest(".calendar-line") ?? link).getBoundingClientRect();
        const x = left + width / 2, y = top + height / 2;
        return [[x, y - 20], [x, y + 20]].some(([x, y]) => !link.contains(document.elementFromPoint(x, y)));
    }).map((link) => link.textContent.trim())"""

    for view, links in (("month", ".calendar-number"), ("week", ".calendar-week-day h3 a, .calendar-line a")):
        phone.goto(f"/calendar/?view={view}")
        expect(phone.locator(links).first).to_be_visible()
        assert (view, phone.locator(links).evaluate_all(small)) == (view, [])


def test_a_long_address_makes_no_page_wider_than_the_phone(phone):
    address = "rat.dai.mot.dia.chi.thu.dien.tu.khong.the.tin.duoc@mic.example.gov.vn"
    phone.goto(f"/mail/compose/?to={address}")
    expect(phone.locator(".ts-control .item").first).to_have_text(address)

    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("size", [PHONE, {"width": 1440, "height": 900}], ids=["phone", "desk"])
def test_a_tile_breaks_a_name_without_spaces(page_of, size):
    page = page_of("nhanvien", size=size)
    page.goto("/")
    page.locator(".launcher summary").click()
    words = page.locator(".launcher .tiles-wide .tile span").first
    words.evaluate("(words) => { words.textContent = 'CSDL_QUOC_GIA_VE_DOANH_NGHIEP_VIEN_THONG'.repeat(3); }")

    tile, text = page.locator(".launcher .tiles-wide .tile").first.bounding_box(), words.bounding_box()
    assert text["x"] + text["width"] <= tile["x"] + tile["width"]


def test_a_card_breaks_a_title_without_spaces(page_of):
    page = page_of("quantri", size=PHONE)
    page.goto("/systems/")
    page.locator("tbody a").first.evaluate("(link) => { link.textContent = 'CSDL_QUOC_GIA_'.repeat(9); }")
    assert (
        page.locator("tbody a").first.evaluate("(link) => link.getBoundingClientRect().right")
        < PHONE["width"]
    )

    page.goto("/access/nhanvien/systems/")
    page.locator("h2.card-title").first.evaluate(
        "(title) => { title.textContent = 'CSDL_QUOC_GIA_'.repeat(9); }"
    )
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_bar_at_the_bottom_covers_no_field_in_use(page_of):
    page = page_of("vanthu", size=PHONE)
    page.goto("/documents/new/")
    top = page.get_by_role("navigation", name="Ứng dụng").bounding_box()["y"]

    covered = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name, bottom = page.evaluate("""() => {
            const here = document.activeElement;
            const { top, height } = here.getBoundingClientRect();
            return [here.closest("main") ? here.name : "", top + Math.min(height, 44)]; // of a large one its first line
        }""")
        if name and bottom > top:
            covered.append(name)

    assert covered == []
