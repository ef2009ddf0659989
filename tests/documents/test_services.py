"""Registers, and documents in them: who does what, what is told, what stands in the history."""

from contextlib import nullcontext
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from apps.documents import services
from apps.documents.models import Assignment, Document, DocumentType
from intranet.models import Notification
from sso.api import Role
from tests.documents.factories import (
    a_document,
    a_register,
    clerk_of,
    pdf_file,
    people_around,
    routed,
    unsaved,
)
from tests.factories import DelegationFactory, RoleFactory, UnitFactory, UserFactory, person_of

pytestmark = pytest.mark.django_db


CLERKS = {"clerk", "who acts for the clerk"}
ROUTERS = CLERKS | {"leader", "leader of the ministry"}
EVERYBODY = [
    "clerk",
    "who acts for the clerk",
    "leader",
    "leader of the ministry",
    "officer of the unit",
    "unit admin",
    "clerk of another unit",
    "system admin",
    "stranger",
]


@pytest.mark.parametrize("who", EVERYBODY)
def test_register_document_is_for_clerks(who):
    register = a_register()
    person = people_around(register.unit)[who]

    with nullcontext() if who in CLERKS else pytest.raises(PermissionDenied):
        services.register_document(unsaved(register), by=person)

    assert Document.objects.count() == (1 if who in CLERKS else 0)


@pytest.mark.parametrize("who", EVERYBODY)
def test_correct_document_is_for_clerks(who):
    document = a_document()
    person = people_around(document.register.unit)[who]
    document.subject = "Đã sửa"

    with nullcontext() if who in CLERKS else pytest.raises(PermissionDenied):
        services.correct_document(document, by=person)

    assert (Document.objects.get().subject == "Đã sửa") == (who in CLERKS)


@pytest.mark.parametrize("who", EVERYBODY)
def test_route_document_is_for_clerks_and_leaders(who):
    document = a_document()
    person = people_around(document.register.unit)[who]

    with nullcontext() if who in ROUTERS else pytest.raises(PermissionDenied):
        routed(document, UserFactory(), by=person)

    assert Assignment.objects.count() == (1 if who in ROUTERS else 0)


@pytest.mark.parametrize("who", EVERYBODY)
def test_open_register_is_for_clerks(who):
    unit = UnitFactory()
    person = people_around(unit)[who]

    with nullcontext() if who in CLERKS else pytest.raises(PermissionDenied):
        services.open_register(unit, "incoming", 2026, name="Sổ đến", by=person)


def test_numbers_follow_one_another_in_each_register():
    first, second = a_register(), a_register()

    found = [a_document(register).number for register in (first, first, second, first, second)]

    assert found == [1, 2, 1, 3, 2]


def test_a_refused_registration_uses_no_number():
    register = a_register()
    a_document(register)

    with pytest.raises(ValidationError):
        services.register_document(
            unsaved(register, entered_on=timezone.localdate() + timedelta(days=1)), by=register.clerk
        )

    assert a_document(register).number == 2


def test_an_outgoing_document_gets_its_number_from_the_register():
    register = a_register(direction="outgoing")

    documents = [a_document(register, code_number="", symbol="QĐ-BTTTT") for _each in range(2)]

    assert [document.code for document in documents] == ["01/QĐ-BTTTT", "02/QĐ-BTTTT"]


def test_the_same_document_needs_a_confirmation():
    register = a_register()
    a_document(register, code_number="05", symbol="QĐ-BTC", organisation="Bộ Tài chính")
    again = {"code_number": "5", "symbol": "qđ–btc", "organisation": "bộ tài chính"}

    with pytest.raises(ValidationError) as refused:
        services.register_document(unsaved(register, **again), by=register.clerk)
    services.register_document(unsaved(register, **again), by=register.clerk, is_confirmed=True)

    assert (refused.value.code, Document.objects.count()) == ("duplicate", 2)


def test_kinds_that_only_an_accent_parts_are_no_duplicates():
    register = a_register()
    kinds = {code: DocumentType.objects.get(code=code) for code in ("HĐ", "HD")}
    a_document(register, code_number="12", symbol="HĐ-BTC", type=kinds["HĐ"])

    a_document(register, code_number="12", symbol="HD-BTC", type=kinds["HD"])

    with pytest.raises(ValidationError):
        a_document(register, code_number="12", symbol="hd-btc", type=kinds["HĐ"])


def test_numbers_of_a_year_are_for_outgoing_documents_of_that_year():
    last_year = timezone.localdate().year - 1
    register = a_register(direction="outgoing", year=last_year)
    written = date(last_year, 12, 31)

    document = a_document(register, symbol="QĐ-BTTTT", issued_on=written, entered_on=written)
    with pytest.raises(ValidationError) as refused:
        a_document(
            register, symbol="QĐ-BTTTT", issued_on=written.replace(year=last_year - 1), entered_on=written
        )

    assert (document.code, list(refused.value.message_dict)) == ("01/QĐ-BTTTT", ["issued_on"])


def test_corrections_are_written_down_before_and_after():
    document = a_document(subject="Cũ")
    document.subject = "Mới"

    services.correct_document(document, by=document.register.clerk)

    entry = document.history.first()
    assert (entry.act, entry.changes) == ("corrected", {"subject": ["Cũ", "Mới"]})


def test_history_names_who_acted_and_for_whom():
    document, leader, secretary = a_document(), UserFactory(), UserFactory()
    DelegationFactory(giver=leader, receiver=secretary, apps=["documents"])
    step = routed(document, leader)

    services.finish_assignment(step, by=secretary, report="Đã xem xét")

    entry = document.history.first()
    assert (entry.by, entry.acted_for, entry.text) == (secretary, leader, "Đã xem xét")


def test_only_one_leads():
    document = a_document()
    routed(document, UserFactory())

    with pytest.raises(ValidationError):
        routed(document, UserFactory())
    routed(document, UserFactory(), role="cooperating")

    assert Assignment.objects.count() == 2


def test_a_document_is_done_when_the_last_lead_is_done():
    document, unit, officer = a_document(), UnitFactory(), UserFactory()
    head = person_of(unit, level="head")
    first = routed(document, unit)
    second = routed(document, officer, by=head, parent=first)

    services.finish_assignment(second, by=officer, report="Đã trả lời", reply_number="77/BTTTT-VP")

    document.refresh_from_db()
    first.refresh_from_db()
    assert (document.state, document.reply_number, first.state) == ("done", "77/BTTTT-VP", "done")


def test_a_returned_document_waits_for_the_clerk_again():
    document, person = a_document(), UserFactory()
    step = routed(document, person)

    services.return_assignment(step, by=person, reason="Nhầm đơn vị")

    document.refresh_from_db()
    assert document.state == "returned"
    routed(document, UserFactory())
    document.refresh_from_db()
    assert document.state == "routed"


def test_what_is_returned_by_an_officer_waits_for_the_unit_again():
    document, unit, officer = a_document(), UnitFactory(), UserFactory()
    head = person_of(unit, level="head")
    first = routed(document, unit)
    second = routed(document, officer, by=head, parent=first)

    services.return_assignment(second, by=officer, reason="Không phụ trách")

    first.refresh_from_db()
    document.refresh_from_db()
    assert (first.state, document.state) == ("waiting", "routed")


def test_withdrawing_reaches_those_it_was_handed_on_to():
    document, unit, officer = a_document(), UnitFactory(), UserFactory()
    first = routed(document, unit)
    routed(document, officer, by=person_of(unit, level="head"), parent=first)

    services.withdraw_assignment(first, by=document.register.clerk)

    assert list(Document.objects.visible_to(officer)) == []
    assert Document.objects.get().state == "registered"


def test_finishing_twice_tells_once(django_capture_on_commit_callbacks):
    document, person = a_document(), UserFactory()
    step = routed(document, person)

    with django_capture_on_commit_callbacks(execute=True):
        for _each in range(2):
            services.finish_assignment(step, by=person)

    told = Notification.objects.filter(kind="documents.done")
    assert list(told.values_list("to", flat=True)) == [document.register.clerk.pk]


def test_a_unit_is_told_through_its_clerk_and_its_head(django_capture_on_commit_callbacks):
    document, unit = a_document(), UnitFactory()
    clerk, head = clerk_of(unit), person_of(unit, level="head")
    person_of(unit)

    with django_capture_on_commit_callbacks(execute=True):
        routed(document, unit)

    told = Notification.objects.filter(kind="documents.assigned")
    assert set(told.values_list("to", flat=True)) == {clerk.pk, head.pk}


def test_the_same_file_twice_is_one():
    document = a_document()
    clerk = document.register.clerk

    for _each in range(2):
        services.attach_file(document, services.keep_upload(pdf_file(), by=clerk), by=clerk)

    assert document.attachments.count() == 1


def test_an_upload_of_somebody_else_cannot_be_attached():
    document = a_document()
    other = clerk_of(document.register.unit)
    upload = services.keep_upload(pdf_file(), by=other)

    with pytest.raises(ValidationError):
        services.attach_file(document, upload, by=document.register.clerk)

    assert document.attachments.count() == 0


def test_a_role_over_the_ministry_is_a_clerk_everywhere():
    register = a_register()
    person = RoleFactory(unit=None, name=Role.CLERK).user

    document = services.register_document(unsaved(register), by=person)

    assert document.created_by == person
