import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sso", "0007_keys")]

    operations = [
        migrations.CreateModel(
            name="LogoutNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sid", models.CharField(max_length=64)),
                ("reason", models.CharField(max_length=30, verbose_name="reason")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "being told"),
                            ("confirmed", "has confirmed the sign-out"),
                            ("failed", "has not answered"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("made_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("answered_at", models.DateTimeField(null=True)),
                ("answer", models.CharField(blank=True, max_length=200, verbose_name="answer")),
            ],
            options={
                "verbose_name": "notice of a sign-out",
                "verbose_name_plural": "notices of sign-outs",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="SystemRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("values", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waits for approval"),
                            ("approved", "approved"),
                            ("refused", "refused"),
                            ("taken_back", "taken back"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_at", models.DateTimeField(null=True)),
                ("words", models.CharField(blank=True, max_length=250, verbose_name="reason")),
            ],
            options={
                "verbose_name": "request about a system",
                "verbose_name_plural": "requests about systems",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddField(
            model_name="application",
            name="former_secret",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name="application",
            name="former_secret_ends_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="application",
            name="is_approved",
            field=models.BooleanField(default=True, verbose_name="approved"),
        ),
        migrations.AddField(
            model_name="application",
            name="preset",
            field=models.CharField(blank=True, max_length=30, verbose_name="kind of system"),
        ),
        migrations.AddField(
            model_name="application",
            name="secret_ends_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="secret is valid until"),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_approved", True), ("is_enabled", False), _connector="OR"),
                name="system_works_once_approved",
            ),
        ),
        migrations.AddField(
            model_name="logoutnotice",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="logout_notices",
                to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="logoutnotice",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="logout_notices",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="systemrequest",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="requests",
                to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="systemrequest",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="systemrequest",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="logoutnotice",
            index=models.Index(fields=["user", "-made_at"], name="logout_of_user"),
        ),
        migrations.AddConstraint(
            model_name="systemrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    models.Q(("decided_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="system_is_approved_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="systemrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting")),
                fields=("application",),
                name="one_request_about_a_system_waits",
            ),
        ),
    ]
