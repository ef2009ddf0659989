from datetime import timedelta

import pytest
from django.utils import timezone

from apps.documents import search, services
from apps.documents.models import Document, SearchEntry
from sso.api import Role
from tests.documents.factories import a_document, a_register, clerk_of, routed
from tests.factories import DelegationFactory, UnitFactory, UserFactory, person_of, system_admin

pytestmark = pytest.mark.django_db


def subjects(user, text, **options):
    keys = search.find(user, text, limit=50, **options)
    rows = dict(Document.objects.values_list("pk", "subject"))
    return [rows[key] for key in keys]


@pytest.mark.parametrize(
    "text", ["lập dự toán", "lap du toan", "LẬP DỰ TOÁN", "du toan lap", "dự to", "bo tai chinh"]
)
def test_text_is_found_with_and_without_accents(text):
    document = a_document(subject="V/v lập dự toán năm 2027", organisation="Bộ Tài chính")

    assert subjects(document.register.clerk, text) == [document.subject]


def test_what_agrees_with_the_accents_comes_first_then_the_newest():
    register = a_register()
    for subject in ("Báo cáo hoà giải", "Bao cao hoa giai", "Báo cáo hòa giải", "Hòa giải: báo cáo"):
        a_document(register, subject=subject)

    found = subjects(register.clerk, "báo cáo hòa giải")

    assert found == ["Báo cáo hòa giải", "Báo cáo hoà giải", "Bao cao hoa giai", "Hòa giải: báo cáo"]


def test_paging_shows_each_document_once_over_all_stages():
    register = a_register()
    for number in range(3):
        a_document(register, subject=f"Kế hoạch {number}")
        a_document(register, subject=f"Ke hoach {number}")
        a_document(register, subject=f"Hoạch định kế sách {number}")

    pages = [search.find(register.clerk, "kế hoạch", limit=2, offset=offset) for offset in range(0, 10, 2)]

    assert pages == [
        pages_all[:2]
        for pages_all in [search.find(register.clerk, "kế hoạch", limit=50)[n:] for n in range(0, 10, 2)]
    ]
    assert len({key for page in pages for key in page}) == 9


NUMBERS = [
    "12/QĐ-BTTTT",
    "12/qd-btttt",
    "12 QĐ BTTTT",
    "12 qd",
    "012/QĐ–BTTTT",
    "số 12/QĐ-BTTTT",
    "12 / QĐ - BTTTT",
]


@pytest.mark.parametrize("text", NUMBERS)
def test_number_forms(text):
    register = a_register()
    a_document(register, code_number="12", symbol="TB-BTTTT")
    wanted = a_document(register, code_number="12", symbol="QĐ-BTTTT")
    a_document(register, code_number="120", symbol="QĐ-BTTTT")

    assert list(search.find_by_number(register.clerk, text)) == [wanted]


def test_a_bare_number_is_that_of_the_document_or_of_the_arrival():
    register = a_register()
    first = a_document(register, code_number="2")
    second = a_document(register, code_number="77")
    a_document(register, code_number="20")

    assert list(search.find_by_number(register.clerk, "02")) == [second, first]


def test_an_equal_symbol_comes_before_a_longer_one():
    register = a_register()
    exact = a_document(register, code_number="30", symbol="2020/NĐ-CP")
    longer = a_document(register, code_number="30", symbol="2020/NĐ-CPX")

    assert list(search.find_by_number(register.clerk, "30/2020/NĐ-CP")) == [exact, longer]


@pytest.mark.parametrize(
    "text",
    [
        "Công văn số 12/BTC-HCSN ngày {:%d/%m/%Y} của Bộ Tài chính",
        "12/BTC-HCSN, ngày {0.day} tháng {0.month} năm {0.year}",
        "12 btc hcsn {:%d/%m/%Y}",
        "theo công văn 12/BTC-HCSN.",
    ],
)
def test_a_document_is_found_as_others_cite_it(text):
    register, day = a_register(), timezone.localdate() - timedelta(days=3)
    wanted = a_document(register, code_number="12", issued_on=day)
    if "{" in text:
        a_document(register, code_number="12", organisation="Bộ Công an", issued_on=day - timedelta(days=365))
    a_document(register, code_number="13", issued_on=day)

    assert list(search.find_by_number(register.clerk, text.format(day))) == [wanted]


def test_words_in_quotation_marks_stand_side_by_side():
    register = a_register()
    wanted = a_document(register, subject="Quy hoạch báo chí toàn quốc")
    a_document(register, subject="Báo cáo quy hoạch, gửi các cơ quan báo và tạp chí")

    found = [subjects(register.clerk, text) for text in ('"quy hoạch báo chí"', "“quy hoach bao chi”")]

    assert found == [[wanted.subject], [wanted.subject]]


@pytest.mark.parametrize(
    "text", ["{:%d/%m/%Y}", "{0.day}-{0.month}-{0.year}", "ngày {0:%d} tháng {0.month} năm {0.year}"]
)
def test_a_day_finds_documents_of_that_day(text):
    register, day = a_register(), timezone.localdate() - timedelta(days=3)
    wanted = a_document(register, issued_on=day)
    a_document(register)

    assert list(search.find_by_number(register.clerk, text.format(day))) == [wanted]


@pytest.mark.parametrize(
    "text", ["", " ", "Kế hoạch 12", "31/02/2026", "9" * 40, "'; DROP TABLE", "12'", '"', "*", "AND OR NOT"]
)
def test_what_is_no_number_is_no_number_and_harms_nothing(text):
    document = a_document()

    assert list(search.find_by_number(document.register.clerk, text)) == []
    assert isinstance(search.find(document.register.clerk, text, limit=5), list)


def everybody(unit, person, routed_unit):
    secretary = UserFactory()
    DelegationFactory(giver=person, receiver=secretary, apps=["documents"])
    mail_only = UserFactory()
    DelegationFactory(giver=person, receiver=mail_only, apps=["mail"])
    sub_unit = UnitFactory(parent=routed_unit)
    return [
        (clerk_of(unit), True),
        (person_of(unit, level="head"), True),
        (person_of(unit.parent, level="head"), True),
        (person, True),
        (secretary, True),
        (clerk_of(routed_unit), True),
        (person_of(routed_unit, level="deputy"), True),
        (person_of(routed_unit, role=Role.UNIT_ADMIN), True),
        (person_of(routed_unit), False),
        (person_of(sub_unit, level="head"), False),
        (person_of(unit, role=Role.UNIT_ADMIN), False),
        (person_of(unit), False),
        (mail_only, False),
        (clerk_of(UnitFactory()), False),
        (system_admin(), False),
        (UserFactory(is_superuser=True), False),
    ]


def test_search_and_the_database_agree_on_who_may_read():
    document = a_document(subject="Quy hoạch báo chí", code_number="345", symbol="BTC-VP")
    person, routed_unit = UserFactory(), UnitFactory()
    routed(document, person)
    routed(document, routed_unit, role="cooperating")
    a_document(subject="Quy hoạch khác")

    for reader, may_read in everybody(document.register.unit, person, routed_unit):
        wanted = [document.pk] if may_read else []
        own = search.find(reader, "quy hoạch báo", limit=9)
        assert own == wanted, reader
        assert [d.pk for d in search.find_by_number(reader, "345/BTC-VP")] == wanted
        assert (
            list(Document.objects.visible_to(reader).filter(pk=document.pk).values_list("pk", flat=True))
            == wanted
        )


def test_marks_narrow_the_list():
    register = a_register()
    urgent = a_document(register, urgency=3)
    a_document(register)

    found = search.find(register.clerk, marks=["incoming", "k3", f"y{timezone.localdate().year}"], limit=9)

    assert found == [urgent.pk]


def test_a_withdrawn_document_is_not_found_any_more():
    document, person = a_document(subject="Nhầm nơi nhận"), UserFactory()
    step = routed(document, person)
    assert subjects(person, "nhầm") == ["Nhầm nơi nhận"]

    services.withdraw_assignment(step, by=document.register.clerk)

    assert subjects(UserFactory._meta.model.objects.get(pk=person.pk), "nhầm") == []


def test_the_index_follows_corrections_and_deletion():
    document = a_document(subject="Bản cũ")
    clerk = document.register.clerk
    document.subject = "Bản mới"
    services.correct_document(document, by=clerk)

    assert (subjects(clerk, "bản cũ"), subjects(clerk, "bản mới")) == ([], ["Bản mới"])
    Document.objects.all().delete()
    assert (SearchEntry.objects.count(), search.find(clerk, "mới", limit=5)) == (0, [])


def test_the_newest_come_first_however_far_apart_they_are():
    """PostgreSQL is asked for the newest thousands of documents first, then for more."""
    register = a_register()
    keys = [1, 500, 1_700, 31_999, 33_000, 64_001, 65_002]
    for number, key in enumerate(keys, 1):
        a_document(register, pk=key, subject=f"Kế hoạch {number}")

    found = [search.find(register.clerk, "kế hoạch", limit=limit) for limit in (1, 3, 5, 9)]
    marked = search.find(register.clerk, marks=["incoming"], limit=4)

    assert found == [keys[::-1][:limit] for limit in (1, 3, 5, 9)]
    assert marked == keys[::-1][:4]


def test_words_side_by_side_come_first_even_when_they_are_old():
    register = a_register()
    for key, subject in enumerate(
        ["Thanh tra viễn thông", *["Thanh tra chuyên ngành viễn thông"] * 3, "Tra cứu thanh toán viễn thông"]
    ):
        a_document(register, pk=1 + key * 20_000, subject=subject)

    assert search.find(register.clerk, "thanh tra vien thong", limit=9) == [1, 80_001, 60_001, 40_001, 20_001]


def test_a_word_half_typed_does_not_meet_its_neighbours():
    register = a_register()
    document = a_document(register, subject="Chính phủ")

    assert search.find(register.clerk, "chinh ph", limit=9) == [document.pk]
    assert search.find(register.clerk, "chinh_ph", limit=9) == [document.pk]
    assert search.find(register.clerk, "_", limit=9) == []
