"""Lists and registers, on the screen and printed."""

import pytest
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
