"""Twenty clerks at once, on the real PostgreSQL: its row lock is what keeps numbers without a gap."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from apps.documents.models import Assignment, Document, DocumentType, Register
from apps.documents.services import register_document, return_assignment
from sso.api import User
from tests.documents.factories import a_document, a_register, routed, unsaved
from tests.factories import UserFactory
from tests.racing import all_at_once

pytestmark = [
    pytest.mark.servers,
    pytest.mark.races,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(autouse=True)
def with_kinds():
    if not DocumentType.objects.exists():
        pytest.fail("The kinds of documents are missing: an earlier test has emptied the database.")


def test_twenty_registrations_at_once_leave_no_gap():
    register = a_register()
    clerk_id = register.clerk.pk

    def act(number):
        is_good = number % 4 != 3
        document = unsaved(register, symbol="" if is_good else "x" * 100)
        try:
            return register_document(document, by=User.objects.get(pk=clerk_id)).number
        except Exception:
            if is_good:
                raise
            return None

    numbers = all_at_once(20, act)

    assert sorted(number for number in numbers if number) == list(range(1, 16))
    assert Document.objects.count() == Register.objects.get().last_number == 15


def test_a_document_is_returned_once():
    person = UserFactory()
    step = routed(a_document(), person)

    def act(number):
        try:
            return_assignment(
                Assignment.objects.get(pk=step.pk), by=User.objects.get(pk=person.pk), reason="Nhầm"
            )
        except (PermissionDenied, ValidationError):
            return "refused"
        return "returned"

    assert sorted(all_at_once(4, act)) == ["refused", "refused", "refused", "returned"]
