"""More time asked for."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ExtensionQuerySet(models.QuerySet):
    def undecided(self):
        return self.filter(decided_at=None)


class Extension(models.Model):
    """A request for a later deadline and its decision; until decided the old deadline counts."""

    task = models.ForeignKey("tasks.Task", models.CASCADE, related_name="extensions")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    reason = models.TextField()
    due_before = models.DateField()
    due_asked = models.DateField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    due_granted = models.DateField(null=True)  # None in a decided one: refused

    objects = ExtensionQuerySet.as_manager()

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(decided_at=None), name="task_has_one_open_extension"
            ),
            models.CheckConstraint(
                condition=Q(due_asked__gt=F("due_before")), name="task_extension_is_later"
            ),
        ]

    def __str__(self):
        return f"{self.task}: {self.due_asked}"
