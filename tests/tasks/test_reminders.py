"""Before a deadline its doers are reminded: the last working day before and on the day, once each."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.tasks import jobs, services
from apps.tasks.models import Task
from tests.factories import person_of
from tests.tasks.factories import TaskFactory, task_of_unit

pytestmark = pytest.mark.django_db
State = Task.State


WEDNESDAY = datetime(2026, 11, 25, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


@pytest.fixture(autouse=True)
def in_the_middle_of_the_week(time_machine):
    time_machine.move_to(WEDNESDAY)


def in_days(days):
    return timezone.localdate() + timedelta(days=days)


def remind(capture):
    """Return how many reminders were sent; what waits for the commit has been done."""
    with capture(execute=True):
        return services.remind_of_deadlines()


def told(person):
    return list(person.notices.order_by("pk").values_list("kind", "title"))


@pytest.mark.parametrize(
    ("days", "kind"), [(-1, None), (0, "tasks.due_today"), (1, "tasks.due_soon"), (2, None)]
)
def test_the_assignee_is_reminded_the_day_before_and_on_the_day(
    days, kind, django_capture_on_commit_callbacks
):
    task = TaskFactory(due=in_days(days))

    sent = remind(django_capture_on_commit_callbacks)

    assert told(task.assignee) == ([(kind, task.title)] if kind else [])
    assert (sent, told(task.creator)) == (bool(kind), [])


@pytest.mark.parametrize(
    ("today", "kinds"),
    [
        ("Friday", {"Friday": "today", "Saturday": "soon", "Sunday": "soon", "Monday": "soon"}),
        ("Saturday", {}),
        ("Sunday", {}),
        ("Monday", {"Monday": "today", "Tuesday": "soon"}),
    ],
)
def test_what_is_due_after_the_weekend_is_told_on_friday(
    today, kinds, time_machine, django_capture_on_commit_callbacks
):
    names = ["Friday", "Saturday", "Sunday", "Monday", "Tuesday"]
    friday = WEDNESDAY + timedelta(days=2)
    tasks = {
        name: TaskFactory(due=(friday + timedelta(days=number)).date()) for number, name in enumerate(names)
    }
    time_machine.move_to(friday + timedelta(days=names.index(today)))

    remind(django_capture_on_commit_callbacks)

    found = {name: [kind for kind, _title in told(task.assignee)] for name, task in tasks.items()}
    assert found == {name: [f"tasks.due_{kinds[name]}"] if name in kinds else [] for name in names}


@pytest.mark.parametrize(
    ("today", "kinds"),
    [("2026-11-23", ["due_soon", "due_soon"]), ("2026-11-24", []), ("2026-11-25", ["due_today"])],
)
def test_what_is_due_on_a_holiday_or_after_it_is_told_before_it(
    today, kinds, time_machine, django_capture_on_commit_callbacks
):
    tasks = [TaskFactory(due=f"2026-11-{day}") for day in (24, 25)]
    time_machine.move_to(f"{today}T09:00:00+07:00")

    remind(django_capture_on_commit_callbacks)

    assert [kind for task in tasks for kind, _title in told(task.assignee)] == [
        f"tasks.{kind}" for kind in kinds
    ]


@pytest.mark.parametrize("state", [State.REPORTED, State.DONE, State.PAUSED, State.WITHDRAWN])
def test_nobody_is_reminded_of_what_is_not_to_be_done(state, django_capture_on_commit_callbacks):
    TaskFactory(due=in_days(0), state=state, finished=in_days(0), completed_at=timezone.now())

    assert remind(django_capture_on_commit_callbacks) == 0


def test_leaders_are_reminded_of_what_their_unit_has_not_handed_on(django_capture_on_commit_callbacks):
    head = person_of(level="head")
    task = task_of_unit(head.unit, due=in_days(1))

    remind(django_capture_on_commit_callbacks)

    assert told(head) == [("tasks.due_soon", task.title)]


def test_each_reminder_comes_once_however_often_the_clock_rings(
    time_machine, django_capture_on_commit_callbacks
):
    task = TaskFactory(due=in_days(1))
    for _hour in range(3):
        remind(django_capture_on_commit_callbacks)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    for _hour in range(3):
        remind(django_capture_on_commit_callbacks)

    assert [kind for kind, _title in told(task.assignee)] == ["tasks.due_soon", "tasks.due_today"]


def test_a_deadline_that_was_moved_is_reminded_of_anew(time_machine, django_capture_on_commit_callbacks):
    task = TaskFactory(due=in_days(0))
    remind(django_capture_on_commit_callbacks)
    services.change_deadline(task, by=task.creator, due=in_days(2), text="x")

    time_machine.move_to(timezone.now() + timedelta(days=1))
    remind(django_capture_on_commit_callbacks)

    assert [kind for kind, _title in told(task.assignee)][-1] == "tasks.due_soon"


@pytest.mark.parametrize(("hour", "sent"), [(6, 0), (7, 1)])
def test_nobody_is_woken_by_a_reminder(hour, sent, time_machine):
    time_machine.move_to(datetime(2026, 11, 25, hour, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")))
    TaskFactory(due=in_days(0))

    assert jobs.remind_of_deadlines.call() == sent


def test_the_timer_s_command_enqueues_the_reminders(
    settings, time_machine, django_capture_on_commit_callbacks
):
    settings.TASKS = {
        "default": settings.TASKS["default"] | {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}
    }
    time_machine.move_to(datetime(2026, 11, 25, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")))
    task = TaskFactory(due=in_days(0))

    with django_capture_on_commit_callbacks(execute=True):
        call_command("remind_of_deadlines")

    assert told(task.assignee) == [("tasks.due_today", task.title)]
