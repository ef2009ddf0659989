"""Lists and registers, on the screen and printed."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.documents.models import Document, Register
from tests.documents.factories import a_document, a_register, clerk_of, routed
from tests.factories import UnitFactory, person_of

pytestmark = pytest.mark.django_db


def test_a_clerk_without_a_register_is_led_to_open_one(client):
    clerk = clerk_of(UnitFactory())
    client.force_login(clerk)
    year = timezone.localdate().year

    page = client.get(reverse("documents:new"))
    opened = {"unit": clerk.unit.pk, "direction": "incoming", "year": year, "name": "Sổ văn bản đến"}
    client.post(reverse("documents:open_register"), opened)

    assert reverse("documents:registers") in page.content.decode()
    assert str(Register.objects.get()) == f"Sổ văn bản đến {year}"


@pytest.mark.parametrize("language", ["vi", "en"])
@time_machine.travel("2026-11-23T09:00+07:00", tick=False)
def test_a_register_without_a_name_bears_that_of_the_law(client, language):
    clerk = clerk_of(UnitFactory())
    client.force_login(clerk)
    client.cookies["django_language"] = language

    for direction in ("incoming", "outgoing"):
        opened = {"unit": clerk.unit.pk, "direction": direction, "year": 2026, "name": ""}
        client.post(reverse("documents:open_register"), opened)

    names = dict(Register.objects.values_list("direction", "name"))
    assert names == {"incoming": "Sổ đăng ký văn bản đến", "outgoing": "Sổ đăng ký văn bản đi"}


@pytest.mark.parametrize(("day", "is_led"), [("2026-12-31", False), ("2027-01-01", True)])
def test_on_the_first_of_january_the_clerk_is_led_to_open_the_new_register(client, day, is_led):
    with time_machine.travel(f"{day}T09:00+07:00", tick=False):
        register = a_register(year=2026)
        client.force_login(register.clerk)

        page = client.get(reverse("documents:new")).content.decode()

    assert ("Hãy mở sổ của năm nay trước" in page) is is_led


@time_machine.travel("2026-11-23T09:00+07:00", tick=False)
def test_the_printed_register_says_from_which_day_to_which(client):
    register = a_register()
    today = timezone.localdate()
    days = [today - timedelta(days=number) for number in (1, 2, 0, 1)]
    for day in days:
        a_document(register, entered_on=day, issued_on=days[1])
    client.force_login(register.clerk)

    page = client.get(reverse("documents:print", args=[register.pk])).content.decode()

    assert f"Từ ngày {days[1]:%d/%m/%Y} đến ngày {today:%d/%m/%Y}" in page


LISTS = [
    ("list", {}),
    ("list", {"box": "outgoing"}),
    ("list", {"box": "waiting"}),
    ("list", {"q": "dự toán"}),
    ("list", {"q": "12"}),
    ("registers", {}),
]


@pytest.mark.parametrize(("name", "asked"), LISTS)
def test_lists_ask_as_many_queries_for_any_length(client, django_assert_max_num_queries, name, asked):
    def queries():
        client.get(reverse(f"documents:{name}"), asked)
        with django_assert_max_num_queries(25) as captured:
            client.get(reverse(f"documents:{name}"), asked)
        return len(captured)

    incoming, unit = a_register(), UnitFactory()
    clerk = incoming.clerk
    outgoing = a_register(incoming.unit, direction="outgoing", clerk=clerk)
    client.force_login(clerk)

    def one_more():
        number = {"code_number": "12", "symbol": f"A{Document.objects.count()}"}
        document = a_document(incoming, **number)
        routed(document, clerk)
        routed(document, unit, role="cooperating")
        a_document(outgoing, symbol="QĐ-BTTTT")

    one_more()
    with_one = queries()
    for _each in range(5):
        one_more()

    assert queries() == with_one


@pytest.mark.parametrize(
    "asked",
    [
        {"page": "0"}, {"page": "-1"}, {"page": "x"}, {"page": "999999999999"}, {"box": "x"}, {"year": "x"},
        {"type": "x"}, {"register": "9" * 30}, {"urgency": "9"}, {"state": "x"}, {"q": "\x00"}, {"q": "a" * 500},
        {"q": '" OR 1'}, {"page": "80", "q": "a"},
    ],
)  # fmt: skip
def test_garbage_in_the_address_is_as_if_not_asked(client, asked):
    document = a_document()
    client.force_login(document.created_by)

    assert client.get(reverse("documents:list"), asked).status_code == 200


PRESCRIBED = {
    "incoming": "Ngày đến,Số đến,Tác giả,Số, ký hiệu văn bản,Ngày tháng văn bản,"
    "Tên loại và trích yếu nội dung văn bản,Đơn vị hoặc người nhận,Ngày chuyển,Ký nhận,Ghi chú",
    "outgoing": "Số, ký hiệu văn bản,Ngày tháng văn bản,Tên loại và trích yếu nội dung văn bản,Người ký,"
    "Nơi nhận văn bản,Đơn vị, người nhận bản lưu,Số lượng bản,Ngày chuyển,Ký nhận,Ghi chú",
}


@pytest.mark.parametrize("direction", PRESCRIBED)
def test_the_printed_register_has_the_prescribed_columns(client, direction):
    register = a_register(direction=direction)
    a_document(register, subject="V/v kiểm kê")
    client.force_login(register.clerk)

    page = client.get(reverse("documents:print", args=[register.pk])).content.decode()

    heads = [part.split("</th>")[0] for part in page.split("<th>")[1:]]
    assert ",".join(heads) == PRESCRIBED[direction]
    assert "V/v kiểm kê" in page


def test_the_printed_register_is_vietnamese_for_english_readers_too(client):
    register = a_register()
    routed(a_document(register), UnitFactory(name_vi="Vụ Pháp chế", name_en="Department of Legal Affairs"))
    client.force_login(register.clerk)
    client.cookies["django_language"] = "en"

    page = client.get(reverse("documents:print", args=[register.pk])).content.decode()

    sheet = page.partition("<article")[2].partition("</article>")[0]
    assert '<html lang="en"' in page
    assert "<td>Vụ Pháp chế</td>" in sheet
    assert "Department of Legal Affairs" not in sheet


def test_the_printed_register_asks_as_many_queries_for_any_length(client, django_assert_max_num_queries):
    register = a_register()
    client.force_login(register.clerk)
    routed(a_document(register), UnitFactory())
    url = reverse("documents:print", args=[register.pk])
    client.get(url)
    with django_assert_max_num_queries(25) as with_one:
        client.get(url)
    for _each in range(5):
        routed(a_document(register), person_of())

    with django_assert_max_num_queries(25) as with_more:
        client.get(url)

    assert len(with_more) == len(with_one)
