"""Every main page: reachable for everybody, true to the content policy, and not wider than a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from demo.browser import DESK, PAGES, PHONE, find_pages

pytestmark = pytest.mark.slow
NAMES = ["sign-in", *PAGES]
NARROW = {"width": 320, "height": 640}
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}


@pytest.fixture(scope="package")
def addresses():
    return {"sign-in": "/sign-in/"}


@pytest.fixture
def show(page_of, addresses):
    """Return a function that opens a main page by its name: ``show("tasks", size=PHONE)``."""

    def show(name, **more):
        if name not in addresses:
            addresses.update(find_pages(page_of("nhanvien")))
        page = page_of(None if name == "sign-in" else "nhanvien", **more)
        page.goto(addresses[name])
        page.wait_for_load_state("networkidle")
        return page

    return show


def serious(results):
    """The violations that keep somebody from using the page, each with the places it is at."""
    return [
        f"{found['id']}: {place['target']} {place['failureSummary']}"
        for found in results.response["violations"]
        if found["impact"] in ("serious", "critical")
        for place in found["nodes"]
    ]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_no_serious_fault(show, name, size):
    page = show(name, size=size, bypass_csp=True)

    assert serious(Axe().run(page)) == []
    page.emulate_media(color_scheme="dark")
    assert serious(Axe().run(page, options=CONTRAST)) == []


def test_a_link_in_grey_words_is_more_than_a_colour(page_of):
    page = page_of("vanthu", bypass_csp=True)
    page.goto("/documents/")
    page.locator(".documents-subject").first.click()

    expect(page.get_by_role("link", name="Chuyển ngay")).to_be_visible()
    assert serious(Axe().run(page)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_page_keeps_the_content_policy_and_fits_every_window(show, name):
    page = show(name, is_mobile=False)  # its console is listened to, see page_of

    expect(page.locator("h1").first).to_be_visible()
    for size in (DESK, PHONE, NARROW):
        page.set_viewport_size(size)
        assert (size["width"], wider_than_the_window(page)) == (size["width"], [])


def wider_than_the_window(page):
    """What makes the page scroll sideways."""
    return page.evaluate("""() => {
        const width = document.documentElement.clientWidth;
        const needed = document.documentElement.scrollWidth;
        if (needed <= width) return [];
        const guilty = [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > width + 1)
            .map((one) => `${one.tagName}.${one.className} ${Math.round(one.getBoundingClientRect().right)}`);
        return [needed, ...guilty];
    }""")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_buttons_of_plain_pages_are_as_wide_as_their_card(page_of, size):
    page = page_of("nhanvien", size=size)
    for path in ("/sign-out/", "/sign-in/again/?need=act", "/device/"):
        page.goto(path)
        widths = page.evaluate("""() => [...document.querySelectorAll(".plain .btn")].map((button) => {
            const card = button.closest(".card"), style = getComputedStyle(card);
            return card.clientWidth - parseFloat(style.paddingLeft) * 2 - button.offsetWidth;
        })""")
        assert (path, bool(widths), [gap for gap in widths if abs(gap) > 1]) == (path, True, [])


def test_the_printed_week_of_the_leaders_cuts_nothing_off(page_of):
    page = page_of("nhanvien")
    page.goto("/calendar/leaders/")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1050, "height": 740})  # A4, landscape

    cut = page.evaluate("""() => [...document.querySelectorAll("main .clamp, main .truncate")]
        .filter((words) => words.checkVisibility())
        .filter((words) => words.scrollHeight > words.clientHeight + 1 || words.scrollWidth > words.clientWidth + 1)
        .map((words) => words.textContent)""")

    assert page.locator("main .clamp:visible").count() > 5
    assert cut == []


def test_what_is_for_paper_has_a_button_that_prints(page_of):
    clerk = page_of("vanthu")
    clerk.goto("/documents/registers/")
    register = clerk.locator("main a[href$='/print/']").first.get_attribute("href")

    for address in ("/calendar/leaders/", register):
        clerk.goto(address)
        clerk.evaluate("window.print = () => { document.title = 'printed'; }")
        clerk.get_by_role("button", name="In", exact=True).click()
        expect(clerk).to_have_title("printed")
