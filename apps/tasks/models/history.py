"""What happened to a task: the log with its files."""

import uuid

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.tasks.models.tasks import Task


class Entry(models.Model):
    """A line of the log: who did what, in whose name, when. Never changed."""

    class Act(models.TextChoices):
        ASSIGN = "assign", pgettext_lazy("log", "gave the task")
        EDIT = "edit", pgettext_lazy("log", "changed the wording")
        HAND_ON = "hand_on", pgettext_lazy("log", "handed it on")
        ACCEPT = "accept", pgettext_lazy("log", "accepted")
        REPORT = "report", pgettext_lazy("log", "reported progress")
        COMPLETE = "complete", pgettext_lazy("log", "reported it as completed")
        CONFIRM = "confirm", pgettext_lazy("log", "confirmed completion")
        RETURN = "return", pgettext_lazy("log", "returned it")
        PAUSE = "pause", pgettext_lazy("log", "paused it")
        RESUME = "resume", pgettext_lazy("log", "resumed it")
        WITHDRAW = "withdraw", pgettext_lazy("log", "withdrew the task")
        DEADLINE = "deadline", pgettext_lazy("log", "changed the deadline")
        ASK = "ask", pgettext_lazy("log", "asked for an extension")
        GRANT = "grant", pgettext_lazy("log", "granted the extension")
        REFUSE = "refuse", pgettext_lazy("log", "refused the extension")
        COMMENT = "comment", pgettext_lazy("log", "wrote")

    task = models.ForeignKey(Task, models.CASCADE, related_name="entries")
    act = models.CharField(max_length=10, choices=Act.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField(blank=True)
    progress = models.PositiveSmallIntegerField(null=True)
    handed_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    due_before = models.DateField(null=True)
    due_after = models.DateField(null=True)

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("log entries")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["task", "at"], name="task_log")]

    def __str__(self):
        return f"{self.actor}: {self.get_act_display()}"


def attachment_path(attachment, filename):
    """Return a path that tells nothing; the name people read is kept in the row."""
    return f"tasks/{uuid.uuid4().hex}"


def private_storage():
    return storages["private"]


class AttachmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The files of the tasks that ``user`` sees."""
        return self.filter(entry__task__in=Task.objects.visible_to(user))


class Attachment(models.Model):
    """A file that came with an entry."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to=attachment_path, storage=private_storage, max_length=200)
    name = models.CharField(_("name"), max_length=255)
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["pk"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("tasks:attachment", args=[self.pk])
