import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import apps.tasks.models.history


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("sso", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("assign", "gave the task"),
                            ("edit", "changed the wording"),
                            ("hand_on", "handed it on"),
                            ("accept", "accepted"),
                            ("report", "reported progress"),
                            ("complete", "reported it as completed"),
                            ("confirm", "confirmed completion"),
                            ("return", "returned it"),
                            ("pause", "paused it"),
                            ("resume", "resumed it"),
                            ("withdraw", "withdrew the task"),
                            ("deadline", "changed the deadline"),
                            ("ask", "asked for an extension"),
                            ("grant", "granted the extension"),
                            ("refuse", "refused the extension"),
                            ("comment", "wrote"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("text", models.TextField(blank=True)),
                ("progress", models.PositiveSmallIntegerField(null=True)),
                ("due_before", models.DateField(null=True)),
                ("due_after", models.DateField(null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "handed_to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "on_behalf_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "log entry",
                "verbose_name_plural": "log entries",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        max_length=200,
                        storage=apps.tasks.models.history.private_storage,
                        upload_to=apps.tasks.models.history.attachment_path,
                    ),
                ),
                ("name", models.CharField(max_length=255, verbose_name="name")),
                ("content_type", models.CharField(max_length=100)),
                ("size_bytes", models.PositiveBigIntegerField()),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="tasks.entry",
                    ),
                ),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=250, verbose_name="title")),
                (
                    "description",
                    models.TextField(blank=True, max_length=10000, verbose_name="what is to be done"),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("government", "Government, Prime Minister"),
                            ("ministry", "Leadership of the ministry"),
                            ("meeting", "Conclusion of a meeting"),
                            ("unit", "Leadership of the unit"),
                            ("programme", "Work programme"),
                            ("own", "Own work"),
                        ],
                        default="unit",
                        max_length=12,
                        verbose_name="source",
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=250, verbose_name="source document")),
                ("product", models.CharField(blank=True, max_length=250, verbose_name="expected result")),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "normal"), (1, "high"), (2, "urgent")],
                        default=0,
                        verbose_name="priority",
                    ),
                ),
                ("is_for_unit", models.BooleanField(default=False)),
                ("due", models.DateField(blank=True, null=True, verbose_name="deadline")),
                (
                    "original_due",
                    models.DateField(blank=True, editable=False, null=True, verbose_name="original deadline"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("not_started", "not started"),
                            ("in_progress", "in progress"),
                            ("reported", "reported as completed"),
                            ("done", "completed"),
                            ("paused", "paused"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="not_started",
                        max_length=12,
                    ),
                ),
                ("progress", models.PositiveSmallIntegerField(default=0, verbose_name="progress")),
                ("given_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="given")),
                (
                    "finished",
                    models.DateField(blank=True, null=True, verbose_name="reported as completed on"),
                ),
                ("completed_at", models.DateTimeField(blank=True, null=True, verbose_name="confirmed")),
                ("search_key", models.TextField(blank=True, editable=False)),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assignee",
                    ),
                ),
                (
                    "creator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks_given",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="giver",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="tasks.task",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="sso.unit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "task",
                "verbose_name_plural": "tasks",
                "ordering": ["-given_at", "-pk"],
                "indexes": [
                    models.Index(fields=["assignee", "state", "due"], name="task_of_person"),
                    models.Index(fields=["unit", "state", "due"], name="task_of_unit"),
                    models.Index(fields=["creator", "state", "due"], name="task_given"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_for_unit", True), ("unit__isnull", False)),
                            models.Q(("assignee__isnull", False), ("is_for_unit", False)),
                            _connector="OR",
                        ),
                        name="task_has_one_lead",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("progress__lte", 100)), name="task_progress_is_percent"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(("completed_at__isnull", False), ("finished__isnull", False)),
                            _connector="OR",
                        ),
                        name="task_done_has_its_days",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "part",
                    models.CharField(
                        choices=[("cooperates", "cooperates"), ("follows", "follows")],
                        default="cooperates",
                        max_length=10,
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sso.unit",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="participants",
                        to="tasks.task",
                    ),
                ),
            ],
            options={
                "verbose_name": "participant",
                "verbose_name_plural": "participants",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("unit__isnull", False), ("user", None)),
                            models.Q(("unit", None), ("user__isnull", False)),
                            _connector="OR",
                        ),
                        name="task_participant_is_person_or_unit",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("unit", None)),
                        fields=("task", "user", "part"),
                        name="task_participant_person_is_named_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("user", None)),
                        fields=("task", "unit", "part"),
                        name="task_participant_unit_is_named_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Extension",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.TextField()),
                ("due_before", models.DateField()),
                ("due_asked", models.DateField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("due_granted", models.DateField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="extensions",
                        to="tasks.task",
                    ),
                ),
            ],
            options={
                "verbose_name": "extension",
                "verbose_name_plural": "extensions",
                "ordering": ["asked_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at", None)),
                        fields=("task",),
                        name="task_has_one_open_extension",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("due_asked__gt", models.F("due_before"))),
                        name="task_extension_is_later",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="entry",
            name="task",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="tasks.task"
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["task", "at"], name="task_log"),
        ),
    ]
