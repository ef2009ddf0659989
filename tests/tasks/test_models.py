from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.tasks.days import bucket
from apps.tasks.models import GROUPS, Extension, Task
from tests.factories import DelegationFactory, UnitFactory, UserFactory, person_of
from tests.tasks.factories import TaskFactory, follow, people_around, task_of_unit

pytestmark = pytest.mark.django_db
State = Task.State


def in_days(days):
    return timezone.localdate() + timedelta(days=days)


WHO_SEES_A_TASK_OF_A_UNIT = [
    ("giver", True),
    ("assignee", True),
    ("head", True),
    ("unit admin", True),
    ("colleague", True),
    ("head of a division", True),
    ("leader of the ministry", True),
    ("follower", True),
    ("stranger", False),
]
NOT_A_COLLEAGUE = {"colleague": False, "head of a division": False}
WHO_SEES_A_TASK_OF_A_PERSON = list((dict(WHO_SEES_A_TASK_OF_A_UNIT) | NOT_A_COLLEAGUE).items())


@pytest.mark.parametrize(("who", "sees"), WHO_SEES_A_TASK_OF_A_UNIT)
def test_task_of_a_unit_is_visible_to_the_unit_and_those_above(who, sees):
    task = task_of_unit(UnitFactory(), assignee=UserFactory())
    person = people_around(task)[who]

    assert list(Task.objects.visible_to(person)) == ([task] if sees else [])


@pytest.mark.parametrize(("who", "sees"), WHO_SEES_A_TASK_OF_A_PERSON)
def test_task_of_a_person_is_visible_to_those_concerned_and_the_leaders(who, sees):
    task = TaskFactory(unit=UnitFactory())
    person = people_around(task)[who]

    assert list(Task.objects.visible_to(person)) == ([task] if sees else [])


def test_own_to_do_is_private_even_before_the_minister():
    person = person_of()
    task = TaskFactory(creator=person, assignee=person)
    minister = person_of(person.unit.parent, level="head")

    assert list(Task.objects.visible_to(person)) == [task]
    assert list(Task.objects.visible_to(minister)) == []


def test_delegation_opens_the_tasks_of_the_giver_until_it_ends():
    task = TaskFactory()
    delegation = DelegationFactory(giver=task.assignee)
    yesterday, before = (timezone.now() - timedelta(days=days) for days in (1, 2))
    late = DelegationFactory(giver=task.assignee, starts_at=before, ends_at=yesterday)
    elsewhere = DelegationFactory(giver=task.assignee, apps=["mail"])

    seen = [list(Task.objects.visible_to(one.receiver)) for one in (delegation, late, elsewhere)]

    assert seen == [[task], [], []]


def test_open_for_puts_the_soonest_due_first_and_the_undated_last():
    person = UserFactory()
    undated, later, soon = (TaskFactory(assignee=person, due=due) for due in (None, in_days(3), in_days(-1)))
    TaskFactory(assignee=person, state=State.WITHDRAWN)

    assert list(Task.objects.open_for(person)) == [soon, later, undated]


def test_needing_is_what_waits_for_the_person():
    person = person_of(level="head")
    mine = TaskFactory(assignee=person)
    to_hand_on = task_of_unit(person.unit)
    to_confirm = TaskFactory(creator=person, state=State.REPORTED, finished=in_days(0))
    to_decide = TaskFactory(creator=person, due=in_days(1))
    Extension.objects.create(
        task=to_decide, asked_by=to_decide.assignee, reason="x", due_before=in_days(1), due_asked=in_days(5)
    )
    TaskFactory(creator=person)
    task_of_unit(person.unit, assignee=UserFactory())
    TaskFactory(assignee=person, state=State.REPORTED, finished=in_days(0))

    assert set(Task.objects.needing(person)) == {mine, to_hand_on, to_confirm, to_decide}


CLASSES = [
    (State.IN_PROGRESS, None, None, "open_in_time"),
    (State.IN_PROGRESS, 0, None, "open_in_time"),
    (State.IN_PROGRESS, -1, None, "open_late"),
    (State.REPORTED, -1, -1, "open_in_time"),
    (State.REPORTED, -2, -1, "open_late"),
    (State.DONE, -1, -1, "done_in_time"),
    (State.DONE, -2, -1, "done_late"),
    (State.DONE, None, -1, "done_in_time"),
]


@pytest.mark.parametrize(("state", "due", "finished", "expected"), CLASSES)
def test_class_is_computed_from_deadline_and_day_of_report(state, due, finished, expected):
    days = {"due": due, "finished": finished}
    days = {name: None if day is None else in_days(day) for name, day in days.items()}
    task = TaskFactory(state=state, completed_at=timezone.now() if state == State.DONE else None, **days)

    counts = Task.objects.in_four_classes()

    assert [name for name, count in counts.items() if count] == [expected]
    assert task.is_late == expected.endswith("late")


def test_withdrawn_task_is_in_no_class():
    TaskFactory(state=State.WITHDRAWN, due=in_days(-3))

    assert sum(Task.objects.in_four_classes().values()) == 0


def test_groups_of_a_list_are_counted_as_they_are_listed():
    made = [(State.PAUSED, 1), (State.IN_PROGRESS, -1), (State.REPORTED, -1), (State.WITHDRAWN, 0)]
    for state, due in made:
        TaskFactory(state=state, due=in_days(due))

    counted = dict(zip(GROUPS, Task.objects.counted_groups().get(), strict=True))
    listed = {name: Task.objects.in_group(name).count() for name in GROUPS}

    assert counted == {"open": 2, "overdue": 1, "reported": 1, "done": 1} == listed


@pytest.mark.parametrize("query", ["công văn", "cong van", "CÔNG  VĂN", "345/BTTTT", "van cong"])
def test_matching_reads_with_and_without_accents(query):
    task = TaskFactory(title="Trả lời công văn", document="345/BTTTT-VP")
    TaskFactory(title="Lập dự toán")

    assert list(Task.objects.matching(query)) == [task]


WRONG = [
    {"assignee": None},
    {"is_for_unit": True},
    {"progress": 101},
    {"state": State.DONE},
]


@pytest.mark.parametrize("fields", WRONG, ids=str)
def test_database_refuses_a_task_that_cannot_be(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        TaskFactory(**fields)


@pytest.mark.parametrize("view", ["for_person", "given_by", "followed_by", "on_behalf_of_others"])
def test_views_of_a_person_lie_within_what_the_person_sees(view):
    person = person_of(level="head")
    other = DelegationFactory(receiver=person).giver
    for fields in ({"assignee": person}, {"creator": person}, {"assignee": other}, {"creator": other}, {}):
        TaskFactory(**fields)
    task_of_unit(person.unit)
    follow(TaskFactory(), person)

    found = set(getattr(Task.objects, view)(person))

    assert found
    assert found <= set(Task.objects.visible_to(person))


BUCKETS = {  # Wednesday and Saturday: at a weekend "next week" is the one to come
    "2026-11-25": {
        "2026-11-24": "overdue",
        "2026-11-25": "today",
        "2026-11-29": "week",
        "2026-11-30": "later",
    },
    "2026-11-28": {
        "2026-11-29": "next_week",
        "2026-12-06": "next_week",
        "2026-12-07": "later",
        None: "undated",
    },
}


@pytest.mark.parametrize("today", BUCKETS)
def test_deadlines_are_grouped_as_on_the_home_page(today):
    with time_machine.travel(f"{today}T09:00+07:00", tick=False):
        found = {day: bucket(day and date.fromisoformat(day)) for day in BUCKETS[today]}

    assert found == BUCKETS[today]
