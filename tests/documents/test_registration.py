"""The registration form: what a clerk types, and what is wrong with it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from apps.documents.models import Attachment, Document, DocumentType
from tests.documents.factories import a_document, a_register, pdf_file
from tests.factories import person_of

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("key", ["9" * 100, "9" * 5000, "²", "x"])
def test_a_file_that_cannot_be_is_not_taken_over_into_the_form(client, key):
    client.force_login(a_register().clerk)

    assert client.get(reverse("documents:new"), {"upload": key}).status_code == 200


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


def test_a_form_sent_once_more_says_at_the_file_that_its_upload_is_gone(client):
    register = a_register()
    client.force_login(register.clerk)
    wrong = client.post(reverse("documents:new"), {**typed(register, subject=""), "file": pdf_file()})
    sent = typed(register, upload=wrong.context["form"].kept_upload.pk)
    client.post(reverse("documents:new"), sent)

    again = client.post(reverse("documents:new"), sent)

    assert (again.status_code, list(again.context["form"].errors)) == (422, ["file"])


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


def test_corrections_keep_number_and_register(client):
    document = a_document()
    client.force_login(document.created_by)
    sent = typed(document.register, subject="Đã sửa", register="999", number="77")

    client.post(reverse("documents:edit", args=[document.pk]), sent)

    document.refresh_from_db()
    assert (document.subject, document.number) == ("Đã sửa", 1)
