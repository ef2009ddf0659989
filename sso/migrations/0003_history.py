import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sso", "0002_audit")]

    operations = [
        migrations.CreateModel(
            name="UnitPast",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40, verbose_name="code")),
                ("name_vi", models.CharField(max_length=250, verbose_name="Vietnamese name")),
                ("name_en", models.CharField(blank=True, max_length=250, verbose_name="English name")),
                ("kind", models.CharField(blank=True, max_length=20, verbose_name="kind")),
                ("valid_from", models.DateField(blank=True, null=True, verbose_name="valid from")),
                ("valid_to", models.DateField(verbose_name="valid to")),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sso.unit",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="past", to="sso.unit"
                    ),
                ),
            ],
            options={
                "verbose_name": "earlier state of a unit",
                "verbose_name_plural": "earlier states of units",
                "ordering": ["unit", "valid_to"],
                "constraints": [
                    models.UniqueConstraint(fields=("unit", "valid_to"), name="unit_has_one_state_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_from", None), ("valid_from__lte", models.F("valid_to")), _connector="OR"
                        ),
                        name="state_of_unit_ends_after_it_begins",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DirectoryFollowed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=64)),
                ("cookie", models.TextField(blank=True)),
                ("mode", models.CharField(blank=True, max_length=10)),
                ("fault", models.TextField(blank=True)),
                ("fault_since", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField(null=True)),
                ("lag_seconds", models.FloatField(null=True)),
                ("heard_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="DirectoryEntry",
            fields=[
                ("key", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("unit", "Unit"), ("person", "Person"), ("role", "Role")], max_length=6
                    ),
                ),
                ("dn", models.CharField(max_length=600)),
                ("csn", models.CharField(blank=True, max_length=64)),
                ("facts", models.JSONField(default=dict)),
                ("refs", models.JSONField(default=dict)),
                ("is_waiting", models.BooleanField(default=False)),
                ("turns_at", models.DateTimeField(null=True)),
                ("gone_at", models.DateTimeField(null=True)),
                ("out_at", models.DateTimeField(null=True)),
                ("held_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["dn"], name="directory_entry_dn"),
                    models.Index(fields=["kind"], name="directory_entry_kind"),
                    models.Index(
                        condition=models.Q(("is_waiting", True)),
                        fields=["key"],
                        name="directory_entry_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("turns_at__isnull", False)),
                        fields=["turns_at"],
                        name="directory_entry_turns",
                    ),
                    models.Index(
                        condition=models.Q(("out_at__isnull", False)),
                        fields=["out_at"],
                        name="directory_entry_out",
                    ),
                    models.Index(
                        condition=models.Q(("held_at__isnull", False)),
                        fields=["held_at"],
                        name="directory_entry_held",
                    ),
                ],
            },
        ),
    ]
