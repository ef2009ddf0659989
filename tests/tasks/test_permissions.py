import pytest

from apps.tasks.models import Task
from apps.tasks.permissions import acts, can_assign, principal
from tests.factories import DelegationFactory, UnitFactory, UserFactory, person_of
from tests.tasks.factories import TaskFactory, people_around, task_of_unit

pytestmark = pytest.mark.django_db

GIVER = {"confirm", "return", "withdraw", "pause", "resume", "edit", "change_deadline", "decide_extension"}
DOER = {"accept", "report", "complete", "ask_extension"}
SPEAKER = {"comment", "follow"}
WHO_MAY = [
    ("giver", GIVER | SPEAKER),
    ("assignee", DOER | SPEAKER),
    ("head", DOER | SPEAKER | {"hand_on"}),
    ("unit admin", SPEAKER | {"hand_on"}),
    ("colleague", SPEAKER),
    ("head of a division", SPEAKER),
    ("leader of the ministry", SPEAKER),
    ("follower", SPEAKER),
    ("stranger", set()),
]


@pytest.mark.parametrize(("who", "allowed"), WHO_MAY)
def test_acts_on_a_task_of_a_unit(who, allowed):
    task = task_of_unit(UnitFactory(), assignee=UserFactory())
    person = people_around(task)[who]

    every = GIVER | DOER | SPEAKER | {"hand_on"}

    assert {act for act in every if principal(person, act, task)} == allowed


OF_A_PERSON = {"head": SPEAKER, "unit admin": SPEAKER, "colleague": set(), "head of a division": set()}


@pytest.mark.parametrize(("who", "allowed"), list((dict(WHO_MAY) | OF_A_PERSON).items()))
def test_acts_on_a_task_of_a_person(who, allowed):
    """Whoever leads the unit sees it; it is not theirs to do."""
    unit = UnitFactory()
    task = TaskFactory(unit=unit, assignee=person_of(unit))
    person = people_around(task)[who]

    every = GIVER | DOER | SPEAKER | {"hand_on"}

    assert {act for act in every if principal(person, act, task)} == allowed


def test_delegate_acts_in_the_name_of_the_giver():
    task = TaskFactory()
    secretary = DelegationFactory(giver=task.creator).receiver

    assert principal(secretary, "confirm", task) == task.creator
    assert principal(secretary, "accept", task) is None


@pytest.mark.parametrize(
    ("who", "may_for_person", "may_for_unit"),
    [
        ("assignee", False, False),
        ("deputy", True, False),
        ("head", True, False),
        ("leader of the ministry", True, True),
        ("colleague", False, False),
        ("stranger", False, False),
    ],
)
def test_what_a_giver_left_behind_is_decided_by_those_who_could_give_it(who, may_for_person, may_for_unit):
    unit = UnitFactory()
    gone = person_of(unit.parent, level="deputy", is_active=False)
    to_person = TaskFactory(creator=gone, unit=unit, assignee=person_of(unit))
    to_unit = task_of_unit(unit, creator=gone)
    person = {
        **people_around(to_unit),
        "deputy": person_of(unit, level="deputy"),
        "assignee": to_person.assignee,
    }[who]

    found = [principal(person, "confirm", task) == person for task in (to_person, to_unit)]

    assert found == [may_for_person, may_for_unit]


def test_acts_are_those_that_the_state_allows():
    task = TaskFactory(state=Task.State.REPORTED, finished="2026-01-05")

    assert acts(task.creator, task) == {"confirm", "return", "edit", "withdraw", "comment", "follow"}
    assert acts(task.assignee, task) == {"comment", "follow"}


def division_of(unit):
    return UnitFactory(parent=unit)


BELOW = {"self", "colleague", "division", "person of the division"}
WHO_MAY_ASSIGN = [
    ("member", {"self"}),
    ("deputy", BELOW),
    ("head", BELOW | {"deputy"}),
    ("minister", BELOW | {"deputy", "head", "unit", "other unit", "stranger"}),
]


@pytest.mark.parametrize(("who", "allowed"), WHO_MAY_ASSIGN)
def test_assigning_follows_the_lines_of_the_organisation(who, allowed):
    unit = UnitFactory()
    division = division_of(unit)
    leads = {
        "colleague": person_of(unit),
        "deputy": person_of(unit, level="deputy"),
        "head": person_of(unit, level="head"),
        "person of the division": person_of(division),
        "stranger": person_of(),
        "unit": unit,
        "division": division,
        "other unit": UnitFactory(),
    }
    givers = {
        "member": person_of(unit),
        "deputy": leads["deputy"],
        "head": leads["head"],
        "minister": person_of(unit.parent, level="head"),
    }
    giver = givers[who]
    leads = {name: lead for name, lead in leads.items() if lead != giver} | {"self": giver}

    assert {name for name, lead in leads.items() if can_assign(giver, lead)} == allowed


def test_nobody_assigns_to_one_who_has_left():
    unit = UnitFactory()
    gone = person_of(unit, is_active=False)

    assert not can_assign(person_of(unit, level="head"), gone)
