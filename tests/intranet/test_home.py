from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from intranet.dashboard import SHOWN_DUTIES
from intranet.days import day_line, greeting, lunar_words
from intranet.plugins import Duty, Hit, Widget
from tests.factories import person_of
from tests.intranet.conftest import make_plugin

MONDAY = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)  # 09:30 in Hà Nội

pytestmark = pytest.mark.django_db


def widget(slug="mine", **fields):
    plain = {"title": "Một ô", "template": "ui/badge.html", "context": lambda place: {"label": "nội dung"}}
    return Widget(slug=slug, **{**plain, **fields})


def broken(*args):
    raise RuntimeError("broken on purpose")


# --- the words above ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hour", "words"),
    [(7, "Chào buổi sáng"), (12, "Chào buổi trưa"), (15, "Chào buổi chiều"), (19, "Chào buổi tối")],
)
def test_greeting_follows_the_hour(hour, words):
    assert greeting(datetime(2026, 11, 23, hour, tzinfo=UTC), "Minh Anh") == f"{words}, Minh Anh"


def test_day_line_names_the_day_by_sun_moon_and_week():
    assert day_line(date(2026, 11, 23)).replace("\xa0", " ") == (
        "Thứ Hai, 23/11/2026 · 15 tháng Mười âm lịch · tuần 48"
    )


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2007, 2, 17), "mồng 1 tháng Giêng âm lịch"),  # one day before the Chinese calendar
        (date(2030, 2, 2), "mồng 1 tháng Giêng âm lịch"),
        (date(2025, 7, 25), "mồng 1 tháng Sáu nhuận âm lịch"),
        (date(2026, 2, 16), "29 tháng Chạp âm lịch"),
        (date(2150, 1, 1), ""),
    ],
)
def test_lunar_day_is_the_vietnamese_one(day, words):
    assert lunar_words(day, "vi") == words


def test_page_speaks_english_too(client, signed_in):
    client.cookies["django_language"] = "en"
    with time_machine.travel(MONDAY, tick=False):
        page = signed_in(person_of(full_name="Trần Minh Anh")).get("/").content.decode()

    assert "Good morning, Minh Anh" in page
    assert "lunar 15/10" in page


# --- what I owe, my day ---------------------------------------------------------------------------


@time_machine.travel(MONDAY, tick=False)
def test_duties_of_all_apps_are_grouped_by_urgency(installed, signed_in):
    today = date(2026, 11, 23)
    one = [Duty(title="Trễ", url="/1/", due=today - timedelta(days=2)), Duty(title="Không hạn", url="/2/")]
    two = [
        Duty(title="Hôm nay", url="/3/", due=today, act_url="/3/done/", act_label="Xong"),
        Duty(title="Thứ Năm", url="/4/", due=today + timedelta(days=3)),
    ]
    installed(make_plugin("one", duties=lambda user: one), make_plugin("two", duties=lambda user: two))

    context = signed_in(person_of()).get("/").context

    groups = {g["title"]: [row.duty.title for row in g["rows"]] for g in context["duty_groups"]}
    assert groups == {
        "Quá hạn": ["Trễ"],
        "Hôm nay": ["Hôm nay"],
        "Tuần này": ["Thứ Năm"],
        "Sau đó": ["Không hạn"],
    }


@time_machine.travel(MONDAY, tick=False)
def test_what_only_waits_for_a_yes_stands_in_a_group_of_its_own_and_is_not_late(installed, signed_in):
    friday = date(2026, 11, 20)
    waiting = Duty(title="Xác nhận: Lập dự toán", url="/1/", waits_since=friday)
    installed(
        make_plugin(duties=lambda user: [waiting, Duty(title="Mai", url="/2/", due=date(2026, 11, 24))])
    )

    groups = signed_in(person_of()).get("/").context["duty_groups"]

    rows = [(g["title"], row.words, row.state) for g in groups for row in g["rows"]]
    assert rows == [
        ("Chờ bạn xác nhận", "từ 20/11", "is-waiting"),
        ("Tuần này", "ngày\N{NO-BREAK SPACE}mai", ""),
    ]


@time_machine.travel(MONDAY, tick=False)
def test_a_moment_that_has_come_is_late_today(installed, signed_in):
    due = MONDAY - timedelta(hours=1)
    installed(make_plugin(duties=lambda user: [Duty(title="Họp", url="/", due=due)]))

    groups = signed_in(person_of()).get("/").context["duty_groups"]

    assert [(g["title"], g["rows"][0].words) for g in groups] == [
        ("Quá hạn", "trễ từ\N{NO-BREAK SPACE}08:30")
    ]


def test_only_the_most_urgent_duties_are_shown_and_all_are_a_page_away(installed, signed_in):
    many = [Duty(title=f"Việc {number}", url="/") for number in range(30)]
    installed(make_plugin(duties=lambda user: many))
    browser = signed_in(person_of())

    home, page = browser.get("/").context, browser.get(reverse("duties")).context

    assert [len(home["duty_groups"][0]["rows"]), home["duty_rest"], home["duty_count"]] == [
        SHOWN_DUTIES,
        30 - SHOWN_DUTIES,
        30,
    ]
    assert len(page["duty_groups"][0]["rows"]) == 30


def test_duty_done_in_place_posts_to_its_app(installed, signed_in):
    duty = Duty(title="Xong ngay", url="/", act_url="/note/1/done/", act_label="Xong")
    installed(make_plugin(duties=lambda user: [duty]))

    page = signed_in(person_of()).get(reverse("duties"), headers={"HX-Request": "true"}).content.decode()

    assert 'action="/note/1/done/"' in page
    assert 'hx-post="/note/1/done/"' in page


@time_machine.travel(MONDAY, tick=False)
def test_agenda_merges_the_day_in_its_order(installed, signed_in):
    start = datetime(2026, 11, 22, 17, tzinfo=UTC)  # midnight in Hà Nội
    later = [
        Hit(title="Chiều", url="/", starts=start + timedelta(hours=14), ends=start + timedelta(hours=15))
    ]
    earlier = [
        Hit(title="Cả ngày", url="/", starts=start, ends=start + timedelta(days=1)),
        Hit(title="Đang họp", url="/", starts=start + timedelta(hours=9), ends=start + timedelta(hours=10)),
        Hit(title="Hạn", url="/", starts=start + timedelta(hours=17)),
    ]
    asked = []

    def agenda(user, begin, end):
        asked.append((begin, end))
        return earlier

    installed(make_plugin("one", agenda=lambda *args: later), make_plugin("two", agenda=agenda))

    rows = signed_in(person_of()).get("/").context["agenda"]

    assert [(row.title, row.starts, row.ends, row.state) for row in rows] == [
        ("Cả ngày", "Cả ngày", "", ""),
        ("Đang họp", "9h00", "10h00", "is-now"),
        ("Chiều", "14h00", "15h00", ""),
        ("Hạn", "17h00", "", "is-due"),
    ]
    assert asked == [(start, start + timedelta(days=1))]


# --- widgets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"context": broken},
        {"template": "does/not/exist.html"},
        {"context": lambda place: {"label": Unprintable()}},
    ],
    ids=["context", "template", "rendering"],
)
def test_broken_widget_leaves_an_explained_gap_and_a_log_line(installed, signed_in, caplog, fields):
    installed(make_plugin("one", widgets=(widget("bad", **fields), widget("good"))))

    response = signed_in(person_of()).get("/")

    page = response.content.decode()
    assert response.status_code == 200
    assert "Chưa xem được lúc này" in page or "Các phần khác của trang vẫn hoạt động" in page
    assert "nội dung" in page
    assert "Widget bad of one is broken." in caplog.text


class Unprintable:
    def __str__(self):
        raise RuntimeError("broken on purpose")


def test_app_broken_everywhere_does_not_break_the_page(installed, signed_in, caplog):
    parts = {"badge": broken, "duties": broken, "agenda": broken, "search": broken}
    installed(make_plugin("one", **parts, widgets=(widget(context=broken),)))
    browser = signed_in(person_of())

    home, found = browser.get("/"), browser.get("/search/?q=an")

    assert [home.status_code, found.status_code] == [200, 200]
    assert "Hiện chưa lấy được việc cần xử lý từ “One”." in home.content.decode()
    lines = [record.getMessage() for record in caplog.records if record.name == "intranet.guard"]
    parts = ["Agenda", "Badge", "Duties", "Search", "Widget mine"]
    assert sorted(set(lines)) == [f"{part} of one is broken." for part in parts]


def test_remote_widget_is_asked_after_the_page(installed, signed_in):
    asked = []

    def context(place):
        asked.append(place.user)
        return {"label": "từ xa"}

    installed(make_plugin("one", widgets=(widget("far", context=context, remote=True),)))
    person = person_of()
    browser = signed_in(person)

    page = browser.get("/").content.decode()
    before = list(asked)
    card = browser.get("/widgets/one/far/", headers={"HX-Request": "true"}).content.decode()

    assert before == []
    assert 'hx-get="/widgets/one/far/"' in page
    assert asked == [person]
    assert "từ xa" in card
    assert "<html" not in card


def test_widget_of_an_app_one_may_not_use_is_not_there(installed, signed_in):
    installed(make_plugin("one", widgets=(widget("far", remote=True),), may_use=lambda user: False))
    browser = signed_in(person_of())

    assert browser.get("/widgets/one/far/").status_code == 404
    assert "widget-one-far" not in browser.get("/").content.decode()


@pytest.mark.parametrize("unit", ["", "x", "99", "9" * 30, "-1"])
def test_widget_for_a_garbage_unit_is_not_there(installed, signed_in, unit):
    installed(make_plugin("one", widgets=(widget("far", remote=True, places=("unit",)),)))

    assert signed_in(person_of()).get(f"/widgets/one/far/?unit={unit}").status_code == 404


def test_remote_badge_is_asked_after_the_page(installed, signed_in):
    installed(make_plugin("one", badge=lambda user: 120, badge_is_remote=True), make_plugin("two"))
    browser = signed_in(person_of())

    assert 'hx-get="/badges/one/"' in browser.get("/").content.decode()
    assert browser.get("/badges/one/").content.decode() == "99+"
    assert browser.get("/badges/two/").status_code == 404


def test_remote_badge_comes_with_a_remote_card_of_its_app(installed, signed_in):
    cards = (widget("far", remote=True),)
    installed(make_plugin("one", widgets=cards, badge=lambda user: 120, badge_is_remote=True))
    browser = signed_in(person_of())
    htmx = {"HX-Request": "true"}

    loads = ['hx-trigger="load, notice' in browser.get(path).content.decode() for path in ("/", "/people/")]

    card = browser.get("/widgets/one/far/", headers=htmx).content.decode()
    assert loads == [False, True]
    assert '<b id="badge-one" hx-swap-oob="innerHTML">99+</b>' in card


@pytest.mark.parametrize("count", [1, 30])
def test_home_page_asks_as_many_queries_for_any_number_of_things(
    installed, signed_in, django_assert_num_queries, count
):
    duties = [Duty(title=f"Việc {number}", url="/", act_url="/x/") for number in range(count)]
    hits = [Hit(title="Họp", url="/", starts=datetime.now(UTC))] * count
    installed(make_plugin(duties=lambda user: duties, agenda=lambda *args: hits, widgets=(widget(),)))
    person = person_of()
    browser = signed_in(person)
    browser.get("/")

    with django_assert_num_queries(5):  # session with its person, posts, roles, layouts, unread notices
        browser.get("/")


def test_theme_is_kept_and_drawn_by_the_server(signed_in):
    browser = signed_in(person_of())

    response = browser.post("/theme/", {"theme": "dark", "next": "https://evil.example/"})

    assert response["Location"] == "/"
    with translation.override("vi"):
        assert 'data-bs-theme="dark"' in browser.get("/").content.decode()
