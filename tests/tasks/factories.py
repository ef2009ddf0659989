"""Tasks for the tests: valid, unsurprising objects."""

import factory

from apps.tasks.models import Participant, Task
from sso.api import Unit
from tests.factories import UserFactory, person_of


class TaskFactory(factory.django.DjangoModelFactory):
    """A task in progress, without deadline, given to a person by another."""

    class Meta:
        model = Task

    title = factory.Sequence(lambda number: f"Soạn báo cáo số {number}")
    creator = factory.SubFactory(UserFactory)
    assignee = factory.SubFactory(UserFactory)
    state = Task.State.IN_PROGRESS

    @classmethod
    def _create(cls, model, *args, **fields):
        fields.setdefault("original_due", fields.get("due"))
        task = model(**fields)
        task.derive_key()
        task.save()
        return task


def task_of_unit(unit: Unit, **fields) -> Task:
    """Return a task that ``unit`` has been given and that nobody has yet."""
    defaults = {"assignee": None, "is_for_unit": True, "state": Task.State.NOT_STARTED}
    return TaskFactory(unit=unit, **defaults | fields)


def follow(task: Task, person) -> None:
    Participant.objects.create(task=task, user=person, part=Participant.Part.FOLLOWS)


def people_around(task: Task) -> dict:
    """Return one person of each kind that has to do with ``task``, which has a unit."""
    unit = task.unit
    division = Unit.objects.create(code=f"{unit.code}.1", name_vi="Phòng Một", parent=unit)
    division.path = f"{unit.path}{division.pk}/"
    division.save(update_fields=["path"])
    follower = UserFactory()
    follow(task, follower)
    return {
        "giver": task.creator,
        "assignee": task.assignee,
        "head": person_of(unit, level="head"),
        "unit admin": person_of(unit, role="unit_admin"),
        "colleague": person_of(unit),
        "head of a division": person_of(division, level="head"),
        "leader of the ministry": person_of(unit.parent, level="deputy"),
        "follower": follower,
        "stranger": person_of(),
    }
