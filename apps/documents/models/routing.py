"""Who has to do what with a document, and what has happened to it."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.documents.reach import desk_of


class AssignmentQuerySet(models.QuerySet):
    def standing(self):
        """Those that were not taken back."""
        return self.exclude(state=Assignment.State.WITHDRAWN)

    def waiting(self):
        return self.filter(state=Assignment.State.WAITING)

    def for_desk_of(self, user):
        """Those given to ``user``, to people they act for, or to units whose clerk or leader they are."""
        return self.at_desk(*desk_of(user))

    def at_desk(self, people, units):
        """Those given to one of ``people`` or of ``units``, told by their keys."""
        return self.filter(Q(person__in=people) | Q(unit__in=units))

    def open_for(self, user):
        """What waits for ``user``, the soonest due first, undated last."""
        return self.waiting().for_desk_of(user).soonest_first()

    def soonest_first(self):
        return self.order_by(F("due_on").asc(nulls_last=True), "pk")


class Assignment(models.Model):
    """A document in somebody's hands: a person's or a unit's. ``parent`` is the one it was handed on from."""

    class Role(models.TextChoices):
        LEAD = "lead", _("lead")
        COOPERATING = "cooperating", _("cooperating")
        INFORMATION = "information", _("for information")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("assignment", "waiting")
        HANDED_ON = "handed_on", pgettext_lazy("assignment", "handed on")
        DONE = "done", pgettext_lazy("assignment", "done")
        RETURNED = "returned", pgettext_lazy("assignment", "returned")
        WITHDRAWN = "withdrawn", pgettext_lazy("assignment", "withdrawn")

    document = models.ForeignKey("documents.Document", models.CASCADE, related_name="assignments")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    person = models.ForeignKey("sso.User", models.PROTECT, null=True, blank=True, related_name="+")
    unit = models.ForeignKey("sso.Unit", models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=12, choices=Role.choices)
    instruction = models.TextField(_("instruction"), blank=True)
    due_on = models.DateField(_("to be handled by"), null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    given_by = models.ForeignKey("sso.User", models.PROTECT, related_name="+")
    given_for = models.ForeignKey("sso.User", models.PROTECT, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey("sso.User", models.PROTECT, null=True, blank=True, related_name="+")
    ended_for = models.ForeignKey("sso.User", models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    report = models.TextField(_("report"), blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["person", "state", "due_on"]),
            models.Index(fields=["unit", "state", "due_on"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, unit__isnull=False) | Q(person__isnull=False, unit=None),
                name="assignment_is_to_a_person_or_a_unit",
            )
        ]

    def __str__(self):
        return f"{self.target} ({self.get_role_display()})"

    @property
    def asks_for_work(self) -> bool:
        """Say whether it must be handled, not only looked at."""
        return self.role != self.Role.INFORMATION

    @property
    def target(self):
        """The person or the unit it is given to."""
        return self.person or self.unit

    @property
    def giver(self):
        """The person in whose name it was given."""
        return self.given_for or self.given_by

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_open(self) -> bool:
        """Say whether it is still with its holder, or with those it was handed on to."""
        return self.state in (self.State.WAITING, self.State.HANDED_ON)

    @property
    def is_for_information(self) -> bool:
        return self.role == self.Role.INFORMATION

    @property
    def open_due(self):
        """The deadline while it still counts."""
        return self.due_on if self.is_open else None

    @property
    def state_words(self) -> str:
        if self.is_for_information and self.state == self.State.DONE:
            return pgettext_lazy("assignment", "read")
        if self.is_waiting and self.seen_at:
            return pgettext_lazy("assignment", "seen, not finished")
        return self.get_state_display()

    @property
    def state_tone(self) -> str:
        return {"waiting": "brand", "handed_on": "brand", "done": "ok", "returned": "late"}.get(
            self.state, ""
        )


class HistoryEntry(models.Model):
    """One thing somebody did with a document: written once, never changed (NĐ 30/2020, Annex VI, III.5a)."""

    class Act(models.TextChoices):
        REGISTERED = "registered", pgettext_lazy("history", "registered the document")
        CORRECTED = "corrected", pgettext_lazy("history", "corrected the registration")
        ATTACHED = "attached", pgettext_lazy("history", "added a file")
        REMOVED = "removed", pgettext_lazy("history", "removed a file")
        ROUTED = "routed", pgettext_lazy("history", "routed to")
        HANDED_ON = "handed_on", pgettext_lazy("history", "handed on to")
        DONE = "done", pgettext_lazy("history", "reported it done")
        READ = "read", pgettext_lazy("history", "took note")
        RETURNED = "returned", pgettext_lazy("history", "returned it")
        WITHDRAWN = "withdrawn", pgettext_lazy("history", "took back from")
        VIEWED = "viewed", pgettext_lazy("history", "opened the document")
        OPENED = "opened", pgettext_lazy("history", "opened a file")

    LOOKS = (Act.VIEWED, Act.OPENED)

    document = models.ForeignKey("documents.Document", models.CASCADE, related_name="history")
    act = models.CharField(max_length=12, choices=Act.choices)
    text = models.TextField(blank=True)
    changes = models.JSONField(default=dict, blank=True)  # field → [before, after]
    by = models.ForeignKey("sso.User", models.PROTECT, related_name="+")
    acted_for = models.ForeignKey("sso.User", models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history entries")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["document", "by", "act", "at"])]

    def __str__(self):
        return f"{self.by} {self.get_act_display()}"

    @property
    def change_rows(self) -> list[tuple[str, str, str]]:
        """What was corrected: the field's name in the reader's language, before, after."""
        fields = self._meta.get_field("document").related_model._meta
        return [(fields.get_field(name).verbose_name, *pair) for name, pair in self.changes.items()]
