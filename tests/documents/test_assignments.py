"""Who handles what was given to somebody: the holder, the giver, the desk of a unit."""

from contextlib import nullcontext

import pytest
from django.core.exceptions import PermissionDenied

from apps.documents import services
from apps.documents.models import Assignment
from tests.documents.factories import a_document, a_register, people_around, routed
from tests.factories import DelegationFactory, UnitFactory, UserFactory, person_of

pytestmark = pytest.mark.django_db


HOLDERS = [("holder", True), ("who acts for the holder", True), ("giver", False), ("stranger", False)]


def around_assignment():
    document = a_document()
    holder, deputy = person_of(), UserFactory()
    DelegationFactory(giver=holder, receiver=deputy)
    step = routed(document, holder)
    people = {
        "holder": holder,
        "who acts for the holder": deputy,
        "giver": document.register.clerk,
        "stranger": UserFactory(),
    }
    return step, people


@pytest.mark.parametrize(("who", "allowed"), HOLDERS)
def test_finish_assignment_is_for_its_holder(who, allowed):
    step, people = around_assignment()

    with nullcontext() if allowed else pytest.raises(PermissionDenied):
        services.finish_assignment(step, by=people[who], report="Xong")

    step.refresh_from_db()
    assert (step.state == "done") == allowed


@pytest.mark.parametrize(("who", "allowed"), HOLDERS)
def test_return_assignment_is_for_its_holder(who, allowed):
    step, people = around_assignment()

    with nullcontext() if allowed else pytest.raises(PermissionDenied):
        services.return_assignment(step, by=people[who], reason="Không thuộc thẩm quyền")

    step.refresh_from_db()
    assert (step.state == "returned") == allowed


@pytest.mark.parametrize(
    ("who", "allowed"),
    [("holder", False), ("who acts for the holder", False), ("giver", True), ("stranger", False)],
)
def test_withdraw_assignment_is_for_its_giver(who, allowed):
    step, people = around_assignment()

    with nullcontext() if allowed else pytest.raises(PermissionDenied):
        services.withdraw_assignment(step, by=people[who])

    step.refresh_from_db()
    assert (step.state == "withdrawn") == allowed


DESK = [
    ("clerk", True),
    ("leader", True),
    ("unit admin", False),
    ("officer of the unit", False),
    ("stranger", False),
]


ACTS = {
    "handed_on": lambda step, by: routed(
        step.document, person_of(step.unit or step.person.unit), by=by, parent=step
    ),
    "done": lambda step, by: services.finish_assignment(step, by=by, report="Xong"),
    "returned": lambda step, by: services.return_assignment(step, by=by, reason="Không thuộc thẩm quyền"),
}


@pytest.mark.parametrize("state", ACTS)
@pytest.mark.parametrize(("who", "allowed"), DESK)
def test_what_a_unit_gets_is_handled_by_its_desk(who, allowed, state):
    unit = UnitFactory()
    step = routed(a_document(), unit)
    person = people_around(unit)[who]

    with nullcontext() if allowed else pytest.raises(PermissionDenied):
        ACTS[state](step, person)

    step.refresh_from_db()
    assert step.state == (state if allowed else "waiting")


@pytest.mark.parametrize("end", ["done", "returned"])
def test_what_is_finished_is_not_taken_back(end):
    step, people = around_assignment()
    ACTS[end](step, people["holder"])

    with pytest.raises(PermissionDenied):
        services.withdraw_assignment(step, by=people["giver"])

    step.refresh_from_db()
    assert step.state == end


@pytest.mark.parametrize("end", ["returned", "withdrawn"])
def test_what_is_no_longer_theirs_is_not_finished_by_who_had_it(end):
    step, people = around_assignment()
    if end == "returned":
        services.return_assignment(step, by=people["holder"], reason="Không thuộc thẩm quyền")
    else:
        services.withdraw_assignment(step, by=people["giver"])

    for state in ACTS:
        with pytest.raises(PermissionDenied):
            ACTS[state](step, people["holder"])

    step.refresh_from_db()
    assert step.state == end


def test_what_was_handed_on_is_not_returned_by_who_had_it():
    document, officer = a_document(), person_of()
    step = routed(document, officer)
    routed(document, person_of(officer.unit), by=officer, parent=step)

    with pytest.raises(PermissionDenied):
        services.return_assignment(step, by=officer, reason="Không thuộc thẩm quyền")

    step.refresh_from_db()
    assert step.state == "handed_on"


def test_an_outgoing_document_is_routed_by_nobody():
    document = a_document(a_register(direction="outgoing"))

    with pytest.raises(PermissionDenied):
        routed(document, UserFactory())

    assert not Assignment.objects.exists()


def test_an_officer_hands_on_to_colleagues_only():
    document, officer = a_document(), person_of()
    colleague, foreigner = person_of(officer.unit), person_of()
    step = routed(document, officer)

    for other in (foreigner, officer.unit):
        with pytest.raises(PermissionDenied):
            routed(document, other, by=officer, parent=step)
    routed(document, colleague, by=officer, parent=step)

    assert list(Assignment.objects.filter(parent=step).values_list("person", flat=True)) == [colleague.pk]
