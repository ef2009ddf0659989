import pytest

from intranet.plugins import Hit
from tests.factories import UnitFactory, person_of
from tests.intranet.conftest import make_plugin

pytestmark = pytest.mark.django_db


def titles(answer):
    return {found.slug: [hit.title for hit in found.hits] for found in answer.context["answers"]}


def test_one_box_finds_people_units_and_what_apps_have(installed, signed_in):
    asked = []

    def search(user, query, limit):
        asked.append((user, query, limit))
        return [Hit(title="Công văn 12", url="/documents/12/")] * 99

    installed(make_plugin("documents", search=search), make_plugin("empty", search=lambda *args: []))
    person_of(full_name="Đặng Văn Công")
    UnitFactory(name_vi="Cục Công nghiệp", name_en="Agency")
    reader = person_of(full_name="Người Đọc")

    answer = signed_in(reader).get("/search/", {"q": "  cong "})

    assert titles(answer) == {
        "people": ["Đặng Văn Công"],
        "units": ["Cục Công nghiệp"],
        "documents": ["Công văn 12"] * 15,
    }
    assert asked == [(reader, "cong", 15)]


def test_exact_spelling_comes_first(signed_in):
    for name in ("Lê Hoa", "Lê Hóa", "Lê Hòa"):
        person_of(full_name=name)

    assert titles(signed_in(person_of()).get("/search/", {"q": "Hòa"}))["people"][0] == "Lê Hòa"


@pytest.mark.parametrize("query", ["Hòa", "hòa", "hoa"])
def test_people_of_that_name_come_before_all_whose_name_only_contains_it(signed_in, query):
    for number in range(20):
        person_of(full_name=f"Hoàng Văn An {number}")
    person_of(full_name="Lê Thị Hòa", username="le.hoa")

    found = titles(signed_in(person_of(full_name="Người Đọc")).get("/search/", {"q": query}))["people"]

    assert found[0] == "Lê Thị Hòa"


@pytest.mark.parametrize(("query", "first"), [("họp", "note"), ("hợp", "units"), ("hop", "units")])
def test_what_agrees_with_the_accents_that_were_typed_comes_first(installed, signed_in, query, first):
    installed(make_plugin(search=lambda user, query, limit: [Hit(title="Họp giao ban", url="/")]))
    UnitFactory(name_vi="Phòng Tổng hợp", name_en="General division")

    found = titles(signed_in(person_of(full_name="Người Đọc")).get("/search/", {"q": query}))

    assert [sorted(found), next(iter(found))] == [["note", "units"], first]


def test_panel_is_a_fragment_with_a_few_of_each(installed, signed_in):
    installed(make_plugin(search=lambda user, query, limit: [Hit(title="x", url="/")] * 50))

    answer = signed_in(person_of()).get("/search/", {"q": "zz"}, headers={"HX-Request": "true"})

    assert "<html" not in answer.content.decode()
    assert titles(answer) == {"note": ["x"] * 4}


def test_app_that_cannot_be_asked_is_named(installed, signed_in, caplog):
    def search(user, query, limit):
        raise RuntimeError("broken on purpose")

    installed(make_plugin("one", search=search))

    page = signed_in(person_of()).get("/search/", {"q": "zz"}).content.decode()

    assert "Hiện không tìm được trong ứng dụng này." in page
    assert "Search of one is broken." in caplog.text


@pytest.mark.parametrize("query", ["", " ", "\x00", "%", "_", "'", '"', "*", "̣", "(" * 300, "😀", "a" * 5000])
def test_garbage_is_no_error(signed_in, query):
    assert signed_in(person_of()).get("/search/", {"q": query}).status_code == 200


def test_what_was_typed_stays_and_is_no_markup(signed_in):
    page = signed_in(person_of()).get("/search/", {"q": "<b>x</b>"}).content.decode()

    assert 'value="&lt;b&gt;x&lt;/b&gt;"' in page
    assert "<b>x</b>" not in page


@pytest.mark.parametrize("count", [1, 4])
def test_search_asks_as_many_queries_for_any_number(signed_in, installed, django_assert_num_queries, count):
    installed()
    for number in range(count):
        person_of(full_name=f"Đỗ {number}", unit=UnitFactory(name_vi=f"Vụ Đỗ {number}"))
    browser = signed_in(person_of())
    browser.get("/search/", {"q": "do"})

    with django_assert_num_queries(7):
        browser.get("/search/", {"q": "do"})
