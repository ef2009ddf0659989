import pytest

from tests.factories import PostFactory, UnitFactory, person_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in):
    return signed_in(person_of(full_name="Người Đọc", username="docgia"))


def names(answer):
    return [person.full_name for person in answer.context["page"].object_list]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("dang", ["Đặng Thị Đào"]),
        ("Đào đặng", ["Đặng Thị Đào"]),
        ("ĐẶNG", ["Đặng Thị Đào"]),
        ("0912", ["Lê Hòa"]),
        ("hoà", ["Lê Hòa"]),
        ("dangdao", ["Đặng Thị Đào"]),
        ("zzz", []),
    ],
)
def test_people_are_found_with_or_without_marks(browser, query, found):
    person_of(full_name="Đặng Thị Đào", username="dangdao")
    person_of(full_name="Lê Hòa", phone="0912")

    assert names(browser.get("/people/", {"q": query})) == found


def test_unit_lists_leaders_first_with_those_below(browser):
    unit = UnitFactory()
    section = UnitFactory(parent=unit)
    person_of(section, full_name="Lê An")
    PostFactory(unit=unit, level="deputy", user__full_name="Lê Phó")
    PostFactory(unit=unit, level="head", user__full_name="Lê Trưởng")

    assert names(browser.get("/people/", {"unit": unit.pk})) == ["Lê Trưởng", "Lê Phó", "Lê An"]


def test_those_who_left_are_not_there(browser):
    gone = person_of(full_name="Đã Nghỉ", username="danghi", is_active=False)

    assert names(browser.get("/people/", {"q": "nghi"})) == []
    assert browser.get(f"/people/{gone.username}/").status_code == 404


@pytest.mark.parametrize(
    "query", ["unit=x", "unit=999999", "page=x", "page=99", "q=%00", "q=" + "a" * 3000, "q=%25"]
)
def test_garbage_is_no_error(browser, query):
    assert browser.get(f"/people/?{query}").status_code == 200


def test_person_page_shows_posts_contact_and_superior(browser):
    boss = person_of(full_name="Trần Thị Trưởng", username="truong")
    person = person_of(username="an", phone="024 3943 5602", room="201", manager=boss)
    second = PostFactory(user=person, is_main=False, title_vi="Ủy viên").unit

    page = browser.get("/people/an/").content.decode()

    for words in ("024 3943 5602", "tel:02439435602", "201", "Trần Thị Trưởng", "mailto:an@mic.example"):
        assert words in page
    assert [str(second) in page, "kiêm nhiệm" in page] == [True, True]


@pytest.mark.parametrize("count", [1, 7])
def test_people_ask_as_many_queries_for_any_number(browser, installed, django_assert_num_queries, count):
    installed()
    for _number in range(count):
        person_of()
    browser.get("/people/")

    with django_assert_num_queries(8):
        browser.get("/people/")


@pytest.mark.parametrize("count", [1, 5])
def test_person_asks_as_many_queries_for_any_number_of_reports(
    browser, installed, django_assert_num_queries, count
):
    installed()
    boss = person_of(username="sep")
    for _number in range(count):
        person_of(manager=boss)
        PostFactory(user=boss, is_main=False)
    browser.get("/people/sep/")

    with django_assert_num_queries(9):
        browser.get("/people/sep/")


def test_tile_stands_beside_the_apps(browser):
    tiles = browser.get("/people/").context["shell"]["apps"]

    assert [(tile["url"], tile["is_here"]) for tile in tiles if tile["slug"] == "people"] == [
        ("/people/", True)
    ]
