"""Tasks, who takes part in them, and the queries of the app."""

from datetime import date
from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.tasks import days
from apps.tasks.models.extensions import Extension
from apps.tasks.models.reach import reach_of
from intranet.api import next_working_day
from sso.api import Unit, fold

CLASSES = {
    "open_in_time": _("unfinished, in time"),
    "open_late": _("unfinished, overdue"),
    "done_in_time": _("completed in time"),
    "done_late": _("completed late"),
}

GROUPS = {
    "open": pgettext_lazy("tasks", "To do"),
    "overdue": pgettext_lazy("tasks", "Overdue"),
    "reported": pgettext_lazy("tasks", "To be confirmed"),
    "done": pgettext_lazy("tasks", "Closed"),
}

ROW = (
    "title", "document", "priority", "state", "progress", "due", "finished", "is_for_unit",
    "creator__full_name", "assignee__full_name", "unit__name_vi", "unit__name_en",
)  # fmt: skip


class TaskQuerySet(models.QuerySet):
    """Whose tasks: each question takes a user, or the user's ``Reach``."""

    def visible_to(self, user):
        """What the user gave, does, takes part in, oversees, or what is given to a unit of theirs."""
        reach = reach_of(user)
        return self.filter(
            Q(creator__in=reach.people)
            | Q(assignee__in=reach.people)
            | Q(unit__in=reach.units, is_for_unit=True)
            | Q(unit__in=units_below(reach.overseen))
            | Q(pk__in=Participant.objects.of(reach).values("task"))
        )

    def for_person(self, user):
        """The tasks that ``user`` carries out: their own, and those of their unit that nobody has yet."""
        reach = reach_of(user)
        return self.filter(Q(assignee=reach.person) | Q(assignee=None, unit__in=reach.led))

    def open_for(self, user):
        """The user's unfinished tasks, the soonest due first, undated last."""
        return self.for_person(user).filter(state__in=Task.TO_DO).soonest_first()

    def needing(self, user):
        """What waits for ``user``: to do, to confirm, or an extension to decide."""
        reach = reach_of(user)
        return self.needing_person(reach.person, reach.led)

    def needing_person(self, user, led):
        """What waits for the person with the key ``user``, who leads the units with the keys ``led``."""
        asked = Extension.objects.undecided()
        mine = Q(assignee=user) | Q(assignee=None, unit__in=led)
        waiting = Q(state=Task.State.REPORTED) | Q(pk__in=asked.values("task"), state__in=Task.TO_DO)
        return self.filter((Q(state__in=Task.TO_DO) & mine) | (Q(creator=user) & waiting)).soonest_first()

    def of_units(self, user):
        """The tasks of the user's units and of all that the user oversees."""
        reach = reach_of(user)
        return self.filter(Q(unit__in=reach.units) | Q(unit__in=units_below(reach.overseen)))

    def below(self, unit):
        """The tasks that ``unit`` and the units below it answer for."""
        return self.filter(unit__in=units_below((unit.path,)))

    def given_by(self, user):
        """The tasks that ``user`` gave to others."""
        person = reach_of(user).person
        return self.filter(creator=person).exclude(assignee=person, is_for_unit=False)

    def on_behalf_of_others(self, user):
        """The tasks of those for whom ``user`` may act: what they do and what they gave."""
        others = reach_of(user).others
        return self.filter(Q(assignee__in=others) | Q(creator__in=others))

    def followed_by(self, user):
        """The tasks in which ``user``, or a unit of theirs, cooperates or that they follow."""
        return self.filter(pk__in=Participant.objects.of(reach_of(user)).values("task"))

    def in_group(self, name, today=None):
        """The tasks of one of the groups of a list: "open", "overdue", "reported", "done"."""
        return self.filter(group_of(name, today))

    def counted_groups(self, today=None):
        """One row: how many tasks each of the groups has; none when there can be no task."""
        counts = {name: Count("pk", filter=group_of(name, today)) for name in GROUPS}
        all_alike = self.order_by().annotate(alike=Value(1)).values("alike")
        return all_alike.annotate(**counts).values_list(*GROUPS)

    def matching(self, text):
        """The tasks whose words contain every word of ``text``, written with or without accents."""
        found = self
        for word in fold(text).split():
            found = found.filter(search_key__contains=word)
        return found

    def exact_first(self, text):
        """Those that hold ``text`` as it is written, then the others; the newest first."""
        exact = Q(title__icontains=text) | Q(document__icontains=text)
        return self.order_by(Case(When(exact, then=0), default=1), "-given_at", "-pk")

    def soonest_first(self):
        return self.order_by(F("due").asc(nulls_last=True), "-priority", "pk")

    def with_people(self):
        """With all that a row shows, in one query."""
        return self.select_related("creator", "assignee", "unit").only(*ROW)

    def to_remind_of(self, today):
        """The tasks to do that are due from ``today`` to the next working day, and of which nobody was told today."""
        due = self.filter(state__in=Task.TO_DO, due__range=(today, next_working_day(today)))
        return due.filter(Q(reminded_on=None) | Q(reminded_on__lt=today))

    def in_four_classes(self) -> dict[str, int]:
        """Count the tasks by done or not and in time or late. One query; withdrawn ones do not count."""
        done, late = Q(state=Task.State.DONE), is_late()
        counts = self.exclude(state=Task.State.WITHDRAWN).aggregate(
            done=Count("pk", filter=done),
            done_late=Count("pk", filter=done & late),
            open=Count("pk", filter=~done),
            open_late=Count("pk", filter=~done & late),
        )
        return {
            "open_in_time": counts["open"] - counts["open_late"],
            "open_late": counts["open_late"],
            "done_in_time": counts["done"] - counts["done_late"],
            "done_late": counts["done_late"],
        }


class Task(models.Model):
    """A to-do that somebody gave to a person or to a unit; one's own when giver and assignee are the same.

    ``unit`` answers for the task: the unit it was given to (``is_for_unit``), else the unit of the
    assignee; one's own to-dos have none. A task for a unit has an assignee once it has been handed on.
    Whether it is in time is computed from ``due`` and ``finished``, never stored.
    """

    class State(models.TextChoices):
        NOT_STARTED = "not_started", pgettext_lazy("state", "not started")
        IN_PROGRESS = "in_progress", pgettext_lazy("state", "in progress")
        REPORTED = "reported", pgettext_lazy("state", "reported as completed")
        DONE = "done", pgettext_lazy("state", "completed")
        PAUSED = "paused", pgettext_lazy("state", "paused")
        WITHDRAWN = "withdrawn", pgettext_lazy("state", "withdrawn")

    class Source(models.TextChoices):
        GOVERNMENT = "government", _("Government, Prime Minister")
        MINISTRY = "ministry", _("Leadership of the ministry")
        MEETING = "meeting", _("Conclusion of a meeting")
        UNIT = "unit", _("Leadership of the unit")
        PROGRAMME = "programme", _("Work programme")
        OWN = "own", _("Own work")

    class Priority(models.IntegerChoices):
        NORMAL = 0, pgettext_lazy("priority", "normal")
        HIGH = 1, pgettext_lazy("priority", "high")
        URGENT = 2, pgettext_lazy("priority", "urgent")

    TO_DO = (State.NOT_STARTED, State.IN_PROGRESS)
    OPEN = (*TO_DO, State.PAUSED)
    CLOSED = (State.DONE, State.WITHDRAWN)

    title = models.CharField(pgettext_lazy("task", "title"), max_length=250)
    description = models.TextField(_("what is to be done"), blank=True, max_length=10_000)
    source = models.CharField(
        pgettext_lazy("task", "source"), max_length=12, choices=Source.choices, default=Source.UNIT
    )
    document = models.CharField(_("source document"), max_length=250, blank=True)
    product = models.CharField(_("expected result"), max_length=250, blank=True)
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.NORMAL
    )
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="tasks_given", verbose_name=_("giver")
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("assignee"),
    )
    unit = models.ForeignKey(
        "sso.Unit", models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("unit")
    )
    is_for_unit = models.BooleanField(default=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    due = models.DateField(_("deadline"), null=True, blank=True)
    original_due = models.DateField(_("original deadline"), null=True, blank=True, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.NOT_STARTED)
    progress = models.PositiveSmallIntegerField(_("progress"), default=0)
    given_at = models.DateTimeField(_("given"), default=timezone.now)
    reminded_on = models.DateField(null=True, editable=False)  # when its doers were last told of the deadline
    finished = models.DateField(_("reported as completed on"), null=True, blank=True)
    completed_at = models.DateTimeField(pgettext_lazy("task", "confirmed"), null=True, blank=True)
    search_key = models.TextField(blank=True, editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["-given_at", "-pk"]
        indexes = [
            models.Index(fields=["assignee", "state", "due"], name="task_of_person"),
            models.Index(fields=["unit", "state", "due"], name="task_of_unit"),
            models.Index(fields=["creator", "state", "due"], name="task_given"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_for_unit=True, unit__isnull=False)
                | Q(is_for_unit=False, assignee__isnull=False),
                name="task_has_one_lead",
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="task_progress_is_percent"),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(finished__isnull=False, completed_at__isnull=False),
                name="task_done_has_its_days",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("tasks:detail", args=[self.pk])

    def derive_key(self):
        """Fill the search key; bulk writers call it themselves."""
        self.search_key = fold(f"{self.title} {self.document} {self.product} {self.description}")

    @property
    def lead(self):
        """The unit or the person that answers for the task."""
        return self.unit if self.is_for_unit else self.assignee

    @property
    def is_own(self) -> bool:
        """Say whether giver and assignee are the same person."""
        return not self.is_for_unit and self.assignee_id == self.creator_id

    @property
    def is_closed(self) -> bool:
        return self.state in self.CLOSED

    @cached_property
    def days_late(self) -> int:
        """The days after the deadline, itself in time, until reported as completed, else until today."""
        if self.due is None or self.state == self.State.WITHDRAWN:
            return 0
        return max(0, ((self.finished or timezone.localdate()) - self.due).days)

    @property
    def is_late(self) -> bool:
        return self.days_late > 0

    @property
    def is_today(self) -> bool:
        return self.due == timezone.localdate() and self.state in self.TO_DO

    @property
    def is_tickable(self) -> bool:
        """Say whether the assignee may finish it in one go, without a word to anybody."""
        return self.is_own and self.state in self.TO_DO

    @property
    def bucket(self) -> str:
        """The group of a list by deadline."""
        return days.bucket(self.due)

    @property
    def bucket_label(self):
        return days.BUCKETS[self.bucket]

    @property
    def classification(self) -> str:
        """The class of the four-way report in words; "" for a withdrawn task."""
        if self.state == self.State.WITHDRAWN:
            return ""
        done = self.state == self.State.DONE
        return CLASSES[("done_" if done else "open_") + ("late" if self.is_late else "in_time")]


class ParticipantQuerySet(models.QuerySet):
    def of(self, reach):
        return self.filter(Q(user__in=reach.people) | Q(unit__in=reach.units))


class Participant(models.Model):
    """A person or a unit beside the lead: cooperating, or only following."""

    class Part(models.TextChoices):
        COOPERATES = "cooperates", _("cooperates")
        FOLLOWS = "follows", _("follows")

    task = models.ForeignKey(Task, models.CASCADE, related_name="participants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    unit = models.ForeignKey("sso.Unit", models.PROTECT, null=True, related_name="+")
    part = models.CharField(max_length=10, choices=Part.choices, default=Part.COOPERATES)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = pgettext_lazy("task", "participants")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, unit__isnull=False) | Q(user__isnull=False, unit=None),
                name="task_participant_is_person_or_unit",
            ),
            models.UniqueConstraint(
                fields=["task", "user", "part"],
                condition=Q(unit=None),
                name="task_participant_person_is_named_once",
            ),
            models.UniqueConstraint(
                fields=["task", "unit", "part"],
                condition=Q(user=None),
                name="task_participant_unit_is_named_once",
            ),
        ]

    def __str__(self):
        return str(self.user or self.unit)


def is_late(today: date | None = None) -> Q:
    """Return the condition of a task that is, or was finished, after its deadline."""
    return Q(due__isnull=False, due__lt=Coalesce(F("finished"), today or timezone.localdate()))


def group_of(name: str, today: date | None = None) -> Q:
    """Return the condition of one of GROUPS."""
    if name == "done":
        return Q(state__in=Task.CLOSED)
    if name == "reported":
        return Q(state=Task.State.REPORTED)
    unfinished = Q(state__in=Task.OPEN)
    return unfinished & is_late(today) if name == "overdue" else unfinished


def units_below(paths):
    """Return the units at ``paths`` with all below them."""
    if not paths:
        return Unit.objects.none()
    return Unit.objects.filter(reduce(or_, (Q(path__startswith=path) for path in paths)))
