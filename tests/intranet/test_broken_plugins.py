"""A plug-in that breaks, lies about its types, hangs or leads nowhere: the rest is whole, and the log names it."""

import logging
import re
import time
from datetime import date, datetime, timedelta
from importlib import import_module

import pytest
from django.utils import timezone
from django.utils.functional import lazystr

from intranet import dashboard
from intranet.models import UnitPage
from intranet.plugins import Duty, Hit, Widget
from intranet.services import ensure_unit_pages
from sso.api import Unit
from tests.factories import UnitFactory, person_of
from tests.intranet.conftest import make_plugin

pytestmark = pytest.mark.django_db
GAP = ("Chưa xem được lúc này", "Các phần khác của trang vẫn hoạt động")


def widget(slug="mine", **fields):
    plain = {"title": "Một ô", "template": "ui/badge.html", "context": lambda place: {"label": "nội dung"}}
    return Widget(slug=slug, **{**plain, **fields})


def broken(*args):
    raise RuntimeError("broken on purpose")


GOOD = make_plugin(
    "good", badge=lambda user: 7, widgets=(widget("fine", places=("home", "unit")),),
    duties=lambda user: [Duty(title="Việc lành", url="/people/", due=timezone.localdate())],
    agenda=lambda user, start, end: [Hit(title="Họp lành", url="/people/", starts=start + timedelta(hours=9))],
    search=lambda user, query, limit: [Hit(title="Thấy lành", url="/people/")],
)  # fmt: skip


@pytest.fixture(autouse=True)
def nobody_was_slow(monkeypatch):
    # It takes the list of plug-ins by name: not while another one is installed.
    import_module("intranet.middleware")
    monkeypatch.setattr(dashboard, "slow_until", {})


@pytest.fixture
def visit(installed, signed_in):
    """Return a function: the answer to an address with a good plug-in and the one under test installed."""

    def visit(path: str, **parts):
        bad = make_plugin("bad", **parts)
        installed(bad, GOOD)
        return signed_in(person_of()).get(path)

    return visit


def said(caplog) -> list[str]:
    """What the log says of plug-ins, without the traces."""
    ours = {"intranet.guard", "intranet.dashboard"}
    return [record.getMessage() for record in caplog.records if record.name in ours]


# --- the home page --------------------------------------------------------------------------------

NAIVE = datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001 (what a careless plug-in says)
WIDGETS = {
    "raises": {"context": broken},
    "recurses": {"context": lambda place: WIDGETS["recurses"]["context"](place)},
    "gives a list": {"context": lambda place: ["nội dung"]},
    "gives nothing": {"context": lambda place: None},
    "gives a number": {"context": lambda place: 3},
    "takes no place": {"context": lambda: {}},
    "has no template": {"template": "bad/nowhere.html"},
    "cannot be drawn": {"context": lambda place: {"label": lazystr(Unprintable())}},
}


class Unprintable:
    __str__ = broken


@pytest.mark.parametrize("how", WIDGETS)
def test_a_broken_widget_is_a_gap_with_one_line(visit, caplog, how):
    answer = visit("/", widgets=(widget("odd", **WIDGETS[how]), widget("even")))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert card(page, "bad-odd") not in ("", card(page, "bad-even"))
    assert any(words in card(page, "bad-odd") for words in GAP)
    for whole in (card(page, "bad-even"), card(page, "good-fine")):
        assert "nội dung" in whole
    assert "Việc lành" in page
    assert "Họp lành" in page
    assert said(caplog) == ["Widget odd of bad is broken."]


def card(page: str, name: str) -> str:
    """The text of a card of the page."""
    found = re.search(rf'<section class="card widget" id="widget-{name}".*?</section>', page, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", found.group()) if found else ""


OTHERS = {
    "duties raise": ({"duties": broken}, "Duties"),
    "duties are none": ({"duties": lambda user: None}, "Duties"),
    "duties are texts": ({"duties": lambda user: ["việc"]}, "Duties"),
    "a duty's day is a text": ({"duties": lambda user: [Duty(title="x", url="/", due="mai")]}, "Duties"),
    "a duty's moment is naive": ({"duties": lambda user: [Duty(title="x", url="/", due=NAIVE)]}, "Duties"),
    "duties break off": ({"duties": lambda user: (broken() for _ in range(2))}, "Duties"),
    "agenda raises": ({"agenda": broken}, "Agenda"),
    "agenda has no time": ({"agenda": lambda *span: [Hit(title="x", url="/")]}, "Agenda"),
    "agenda is naive": ({"agenda": lambda *span: [Hit(title="x", url="/", starts=NAIVE)]}, "Agenda"),
    "agenda has a day": ({"agenda": lambda *span: [Hit(title="x", url="/", starts=date.today())]}, "Agenda"),  # noqa: DTZ011
    "badge raises": ({"badge": broken}, "Badge"),
    "badge is a word": ({"badge": lambda user: "nhiều"}, "Badge"),
    "badge is a list": ({"badge": lambda user: [1, 2]}, "Badge"),
    "tile leads nowhere": ({"home": "bad:nowhere"}, "Tile"),
    "door cannot tell": ({"may_use": broken}, "Door"),
    "card's link leads nowhere": ({"widgets": (widget("odd", more="bad:nowhere"),)}, "Link"),
}


@pytest.mark.parametrize("how", OTHERS)
def test_whatever_else_is_broken_leaves_the_home_page_whole(visit, caplog, how):
    parts, named = OTHERS[how]

    answer = visit("/", **parts)

    page = answer.content.decode()
    assert answer.status_code == 200
    for whole in ("Việc lành", "Họp lành", "nội dung"):
        assert whole in page
    assert set(said(caplog)) == {f"{named} of bad is broken."}


def test_a_number_that_is_none_is_none(visit, caplog):
    for value in (None, 0, -3, False):
        answer = visit("/people/", badge=lambda user, value=value: value)
        assert answer.context["shell"]["apps"][0]["badge"] == 0

    assert said(caplog) == []


def test_a_stylesheet_that_is_not_there_is_left_out(visit, caplog, settings):
    """In production the names of collected files carry a hash, and one that was not collected is an error."""
    manifest = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": manifest}}
    sheets = dashboard.stylesheets_of(slots_with(widget("odd", css="bad/nowhere.css"), widget("even")))

    assert sheets == []
    assert said(caplog) == ["Stylesheet of bad is broken."]


def slots_with(*widgets):
    from intranet.layouts import Slot

    plugin = make_plugin("bad", widgets=widgets)
    return [Slot(plugin=plugin, widget=one) for one in widgets]


# --- slow -----------------------------------------------------------------------------------------


def test_a_slow_widget_comes_after_the_page_from_then_on(installed, signed_in, caplog, monkeypatch):
    monkeypatch.setattr(dashboard, "SLOW_SECONDS", 0.05)
    drawn = []

    def slow(place):
        drawn.append(place)
        end = time.perf_counter() + 0.1
        while time.perf_counter() < end:
            sum(range(1000))
        return {"label": "đến muộn"}

    installed(make_plugin("bad", widgets=(widget("slow", context=slow),)), GOOD)
    browser = signed_in(person_of())

    first, second = browser.get("/").content.decode(), browser.get("/").content.decode()

    assert "đến muộn" in first
    assert (len(drawn), "đến muộn" in second, "nội dung" in second) == (1, False, True)
    assert 'hx-get="/widgets/bad/slow/"' in second
    fragment = browser.get("/widgets/bad/slow/", headers={"HX-Request": "true"}).content.decode()
    assert "đến muộn" in fragment
    assert [re.sub(r"\d+\.\d", "N", line) for line in said(caplog)] == [
        "Widget slow of bad took N s; for ten minutes it comes after the page."
    ]
    dashboard.slow_until.clear()  # ten minutes later
    assert "đến muộn" in browser.get("/").content.decode()


def test_quick_widgets_stay_on_the_page(visit, caplog):
    visit("/", widgets=(widget(),))

    assert (dashboard.slow_until, said(caplog)) == ({}, [])


# --- elsewhere ------------------------------------------------------------------------------------

SEARCHES = {
    "raises": broken,
    "finds none": lambda *asked: None,
    "finds texts": lambda *asked: ["một", "hai"],
    "breaks off": lambda *asked: (broken() for _ in range(2)),
    "takes too little": lambda user: [],
}


@pytest.mark.parametrize("how", SEARCHES)
def test_a_broken_search_leaves_what_others_find(visit, caplog, how):
    answer = visit("/search/?q=an", search=SEARCHES[how])

    assert answer.status_code == 200
    assert "Thấy lành" in answer.content.decode()
    assert said(caplog) == ["Search of bad is broken."]


@pytest.mark.parametrize("how", ["badge raises", "badge is a word", "tile leads nowhere", "door cannot tell"])
def test_every_page_has_its_launcher(visit, caplog, how):
    parts, named = OTHERS[how]

    answer = visit("/people/", **parts)

    assert answer.status_code == 200
    tiles = {app["slug"]: app["badge"] for app in answer.context["shell"]["apps"]}
    expected = {"good": 7, "people": 0} | ({"bad": 0} if named == "Badge" else {})
    assert tiles == expected
    assert set(said(caplog)) == {f"{named} of bad is broken."}


@pytest.mark.parametrize("value", [broken, lambda user: "nhiều", lambda user: None])
def test_a_number_that_comes_after_the_page_is_nothing(visit, value):
    answer = visit("/badges/bad/", badge=value, badge_is_remote=True)

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("how", WIDGETS)
def test_a_page_of_one_broken_widget_says_so(visit, caplog, how):
    answer = visit("/widgets/bad/odd/", widgets=(widget("odd", **WIDGETS[how]),))

    assert answer.status_code == 200
    assert any(words in answer.content.decode() for words in GAP)
    assert said(caplog) == ["Widget odd of bad is broken."]


def test_a_broken_widget_on_a_units_page_is_a_gap(visit, caplog):
    unit = UnitFactory(code="KHTC")
    ensure_unit_pages()
    address = f"/units/{UnitPage.objects.get(unit=unit).slug}/"

    answer = visit(address, widgets=(widget("odd", places=("unit",), context=broken, more="bad:nowhere"),))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert any(words in card(page, "bad-odd") for words in GAP)
    assert "nội dung" in card(page, "good-fine")
    assert Unit.objects.get(pk=unit.pk).name in page
    assert said(caplog) == ["Link of bad is broken.", "Widget odd of bad is broken."]


def test_a_closed_door_stays_closed_when_it_cannot_tell(installed, signed_in, caplog, settings):
    """An app of ours whose question fails lets in nobody, and everything else goes on."""
    from dataclasses import replace

    from intranet.plugins import plugins

    whole = plugins()
    installed(*(replace(one, may_use=broken) if one.slug == "tasks" else one for one in whole))
    caplog.set_level(logging.ERROR)
    browser = signed_in(person_of())

    assert (browser.get("/people/").status_code, browser.get("/news/").status_code) == (200, 200)
    assert "Door of tasks is broken." in said(caplog)


@pytest.mark.parametrize("command", ["no_such_command"])
def test_a_broken_timer_is_named(caplog, command):
    from intranet import clock
    from intranet.plugins import Timer

    clock.ring(Timer(command=command, every=timedelta(seconds=1)))

    told = f"The timer {command} failed: Unknown command: '{command}'"
    assert [r.getMessage() for r in caplog.records] == [told]
