from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone, translation

from apps.documents import services
from apps.documents.models import Assignment, Attachment, Document, DocumentType, Register
from tests.documents.factories import a_document, a_register, clerk_of, pdf_bytes, pdf_file, routed
from tests.factories import UnitFactory, UserFactory, person_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private_files(settings, tmp_path):
    """Keep the files of a test in its own folder."""
    options = {"location": tmp_path, "base_url": None}
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "private": {"BACKEND": backend, "OPTIONS": options}}
    storage = storages["private"]
    field = Attachment._meta.get_field("file")
    kept, field.storage = field.storage, storage
    yield
    field.storage = kept


def typed(register, /, **changed):
    """Return what a clerk types into the registration form."""
    today = timezone.localdate()
    return {
        "register": register.pk,
        "entered_on": today.isoformat(),
        "organisation": "Bộ Tài chính",
        "code_number": "345",
        "symbol": "BTC-HCSN",
        "issued_on": (today - timedelta(days=2)).isoformat(),
        "type": DocumentType.objects.get(key="cong_van").pk,
        "subject": "V/v lập dự toán",
        "urgency": "1",
        "language": "vi",
        "is_not_secret": "on",
        **changed,
    }


def test_registering_a_document_with_its_file(client):
    register = a_register()
    client.force_login(register.clerk)

    answer = client.post(reverse("documents:new"), {**typed(register), "file": pdf_file()})

    document = Document.objects.get()
    assert answer.url == reverse("documents:route", args=[document.pk])
    assert (document.number, document.code, document.attachments.get().name) == (
        1,
        "345/BTC-HCSN",
        "cong-van.pdf",
    )


BAD_FIELDS = {
    "entered_on": ["31/02/2026", "hôm qua", "2020-01-01", "9999-12-31"],
    "issued_on": ["", "abc", "2999-01-01"],
    "subject": ["", "a" * 1001],
    "organisation": ["", "a" * 201],
    "symbol": ["a" * 61],
    "code_number": ["1" * 21],
    "signer_name": ["a" * 300],
    "type": ["", "999999", "x"],
    "urgency": ["9", "khẩn"],
    "pages": ["0", "-1", "nhiều"],
    "due_on": ["2001-01-01"],
    "register": ["", "999999", "x"],
    "is_not_secret": [""],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD_FIELDS.items() for value in values]
)
def test_bad_registration_names_the_field_and_keeps_what_was_typed(client, name, value):
    register = a_register()
    client.force_login(register.clerk)

    answer = client.post(
        reverse("documents:new"), typed(register, **{name: value, "note": "Ghi chú của tôi"})
    )

    form = answer.context["form"]
    assert (answer.status_code, list(form.errors), Document.objects.count()) == (422, [name], 0)
    assert "Ghi chú của tôi" in answer.content.decode()
    assert form[name].value() in (value, False)


BAD_FILES = {
    "no PDF": (b"xin chao", "Đây không phải tệp PDF"),
    "damaged": (b"%PDF-1.7\n", "Tệp PDF bị hỏng"),
    "30 MB": (b"%PDF-1.7\n" + b"0" * 30 * 1024 * 1024, "chỉ cho phép tối đa"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_explained_at_its_field(client, kind):
    register = a_register()
    client.force_login(register.clerk)
    content, words = BAD_FILES[kind]

    answer = client.post(reverse("documents:new"), {**typed(register), "file": pdf_file(content=content)})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["file"])
    assert words in answer.context["form"].errors["file"][0]
    assert Attachment.objects.count() == 0


def test_messages_are_in_the_language_of_the_page(client):
    register = a_register()
    client.force_login(register.clerk)
    client.cookies["django_language"] = "en"

    with translation.override("vi"):
        answer = client.post(reverse("documents:new"), {**typed(register), "file": pdf_file(content=b"no")})

    assert answer.context["form"].errors["file"] == [
        "This is not a PDF file. Please choose the document as PDF."
    ]


def test_a_good_file_survives_a_mistake_elsewhere(client):
    register = a_register()
    client.force_login(register.clerk)
    wrong = client.post(
        reverse("documents:new"), {**typed(register, subject=""), "file": pdf_file("công văn.pdf")}
    )

    kept = wrong.context["form"].kept_upload
    client.post(reverse("documents:new"), typed(register, upload=kept.pk))

    assert "công văn.pdf" in wrong.content.decode()
    assert list(Document.objects.get().attachments.all()) == [kept]


def test_a_duplicate_is_shown_and_may_be_confirmed(client):
    register = a_register()
    client.force_login(register.clerk)
    client.post(reverse("documents:new"), typed(register))

    again = client.post(reverse("documents:new"), typed(register))
    client.post(reverse("documents:new"), typed(register, is_confirmed="on"))

    assert (again.status_code, list(again.context["form"].errors)) == (422, ["is_confirmed"])
    assert Document.objects.count() == 2


def test_only_clerks_reach_the_registration_form(client):
    client.force_login(person_of(level="head"))

    assert [client.get(reverse(f"documents:{name}")).status_code for name in ("new", "new_outgoing")] == [
        403,
        403,
    ]


def test_a_clerk_without_a_register_is_led_to_open_one(client):
    clerk = clerk_of(UnitFactory())
    client.force_login(clerk)
    year = timezone.localdate().year

    page = client.get(reverse("documents:new"))
    opened = {"unit": clerk.unit.pk, "direction": "incoming", "year": year, "name": "Sổ văn bản đến"}
    client.post(reverse("documents:open_register"), opened)

    assert reverse("documents:registers") in page.content.decode()
    assert str(Register.objects.get()) == f"Sổ văn bản đến {year}"


URLS = ["detail", "edit", "route"]


@pytest.mark.parametrize("name", URLS)
def test_a_stranger_finds_nothing(client, name):
    document = a_document()
    client.force_login(clerk_of(UnitFactory()))

    there = client.get(reverse(f"documents:{name}", args=[document.pk]))
    absent = client.get(reverse(f"documents:{name}", args=[document.pk + 1]))

    assert (there.status_code, absent.status_code) == (404, 404)


def test_a_stranger_gets_no_file_and_does_no_act(client):
    document = a_document()
    clerk = document.created_by
    upload = services.attach_file(document, services.keep_upload(pdf_file(), by=clerk), by=clerk)
    step = routed(document, UserFactory())
    client.force_login(UserFactory())

    answers = [
        client.get(upload.get_absolute_url()),
        client.post(reverse("documents:add_file", args=[document.pk]), {"file": pdf_file()}),
        client.post(reverse("documents:remove_file", args=[document.pk, upload.pk])),
        client.get(reverse("documents:print", args=[document.register.pk])),
        client.get(reverse("documents:route", args=[document.pk]), {"from": step.pk}),
        *(
            client.post(reverse("documents:act", args=[document.pk, step.pk, act]))
            for act in ("done", "return", "withdraw")
        ),
    ]

    assert [answer.status_code for answer in answers] == [404] * 8
    assert (document.attachments.count(), Assignment.objects.get().state) == (1, "waiting")


def test_a_file_belongs_to_its_document_only(client):
    first, second = a_document(), a_document()
    clerk = first.created_by
    upload = services.attach_file(first, services.keep_upload(pdf_file(), by=clerk), by=clerk)
    client.force_login(second.created_by)

    assert client.get(reverse("documents:file", args=[second.pk, upload.pk])).status_code == 404


def test_a_file_is_shown_in_the_browser_and_remembered(client):
    document = a_document()
    clerk = document.created_by
    upload = services.attach_file(document, services.keep_upload(pdf_file(), by=clerk), by=clerk)
    client.force_login(clerk)

    answer = client.get(upload.get_absolute_url())

    assert b"".join(answer.streaming_content) == pdf_bytes()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("inline")
    assert "script" not in answer["Content-Security-Policy"]
    assert document.history.first().act == "opened"


def test_a_lost_file_is_not_found(client):
    document = a_document()
    clerk = document.created_by
    upload = services.attach_file(document, services.keep_upload(pdf_file(), by=clerk), by=clerk)
    upload.file.storage.delete(upload.file.name)
    client.force_login(clerk)

    assert client.get(upload.get_absolute_url()).status_code == 404


def test_routing_without_scripts(client):
    document, officer, unit = a_document(), person_of(full_name="Đỗ Thuỳ Dương"), UnitFactory()
    client.force_login(document.created_by)
    url = reverse("documents:route", args=[document.pk])

    asked = client.post(
        url, {"find": "do thuy", f"role_u{unit.pk}": "cooperating", "instruction": "Xử lý", "ask": "1"}
    )
    sent = {f"role_p{officer.pk}": "lead", f"role_u{unit.pk}": "cooperating", "instruction": "Xử lý"}
    answer = client.post(url, {**sent, "due_on": "2099-01-02"})

    page = asked.content.decode()
    assert f'name="role_p{officer.pk}"' in page
    assert 'value="cooperating" selected' in page
    assert "Xử lý" in page
    assert answer.status_code == 302
    found = Assignment.objects.order_by("pk").values_list(
        "person", "unit", "role", "instruction", "due_on__year"
    )
    assert list(found) == [
        (None, unit.pk, "cooperating", "Xử lý", 2099),
        (officer.pk, None, "lead", "Xử lý", 2099),
    ]


def test_candidates_come_as_a_fragment(client):
    document, officer = a_document(), person_of(full_name="Đỗ Thuỳ Dương")
    client.force_login(document.created_by)

    answer = client.post(
        reverse("documents:route", args=[document.pk]), {"find": "duong"}, headers={"HX-Request": "true"}
    )

    assert f"role_p{officer.pk}" in answer.content.decode()
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"due_on": "31/02/2026", "role_p1": "lead"},
        {"role_pabc": "lead"},
        {"role_u999": "lead"},
        {"role_p1": "boss"},
    ],
)
def test_bad_routing_is_explained_and_keeps_what_was_typed(client, sent):
    document = a_document()
    client.force_login(document.created_by)

    answer = client.post(reverse("documents:route", args=[document.pk]), {"instruction": "Giữ lại", **sent})

    assert (answer.status_code, Assignment.objects.count()) == (422, 0)
    assert "Giữ lại" in answer.content.decode()


@pytest.mark.parametrize("key", ["abc", "0", "9" * 30, "-1"])
def test_garbage_keys_are_not_found(client, key):
    document = a_document()
    client.force_login(document.created_by)

    assert client.get(reverse("documents:route", args=[document.pk]), {"from": key}).status_code == 404


def test_returning_needs_a_reason(client):
    document, person = a_document(), UserFactory()
    step = routed(document, person)
    client.force_login(person)

    answer = client.post(
        reverse("documents:act", args=[document.pk, step.pk, "return"]), {f"return-{step.pk}-reason": " "}
    )

    step.refresh_from_db()
    assert (answer.status_code, step.state) == (422, "waiting")


@pytest.mark.parametrize(
    ("act", "sent", "state"),
    [
        ("done", {"report": "Đã trả lời", "reply_number": "9/BTTTT"}, "done"),
        ("return", {"reason": "Nhầm"}, "returned"),
    ],
)
def test_acts_of_the_holder(client, act, sent, state):
    document, person = a_document(), UserFactory()
    step = routed(document, person)
    client.force_login(person)

    client.post(
        reverse("documents:act", args=[document.pk, step.pk, act]),
        {f"{act}-{step.pk}-{name}": value for name, value in sent.items()},
    )

    step.refresh_from_db()
    assert (step.state, step.report) == (state, sent.get("report") or sent["reason"])


def test_the_page_says_why_it_is_seen_and_that_it_was_seen(client):
    document, person = a_document(), UserFactory()
    step = routed(document, person, instruction="Dự thảo trả lời")
    client.force_login(person)

    page = client.get(document.get_absolute_url())

    step.refresh_from_db()
    assert page.context["reasons"] == ["văn bản được chuyển đến đích danh (chủ trì)"]
    assert "Dự thảo trả lời" in page.content.decode()
    assert step.seen_at is not None
    assert [entry.act for entry in page.context["history"]] == ["routed", "registered"]


def test_who_looked_is_shown_to_those_who_keep_the_register(client):
    document, person = a_document(), UserFactory()
    routed(document, person)
    client.force_login(person)
    client.get(document.get_absolute_url())
    client.force_login(document.created_by)

    page = client.get(document.get_absolute_url())

    assert [(entry.act, entry.by) for entry in page.context["history"]][:2] == [
        ("viewed", document.created_by),
        ("viewed", person),
    ]


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


def test_a_document_asks_as_many_queries_for_any_routing(client, django_assert_max_num_queries):
    document = a_document()
    client.force_login(document.created_by)
    routed(document, person_of(), role="cooperating")
    client.get(document.get_absolute_url())
    with django_assert_max_num_queries(40) as with_one:
        client.get(document.get_absolute_url())
    for _each in range(5):
        routed(document, person_of(), role="cooperating")
        routed(document, UnitFactory(), role="information")

    with django_assert_max_num_queries(40) as with_more:
        client.get(document.get_absolute_url())

    assert len(with_more) == len(with_one)


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


def test_corrections_keep_number_and_register(client):
    document = a_document()
    client.force_login(document.created_by)
    sent = typed(document.register, subject="Đã sửa", register="999", number="77")

    client.post(reverse("documents:edit", args=[document.pk]), sent)

    document.refresh_from_db()
    assert (document.subject, document.number) == ("Đã sửa", 1)
