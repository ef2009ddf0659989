"""The record: append-only tables, kept so by triggers (docs/decisions/0022-the-record.md)."""

from django.db import migrations, models
from django.db.models import Q

from sso.models.audit import DatabaseClock

TABLES = ["sso_auditentry", "sso_auditseal"]

# Entries may leave only by ``manage.py shorten_audit``, which says so for its transaction.
POSTGRES = """
CREATE FUNCTION sso_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'sso_auditentry'
       AND current_setting('intranet.shorten_audit', true) = 'yes' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The record is append-only.' USING ERRCODE = 'insufficient_privilege';
END $$;
"""
POSTGRES_TRIGGER = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION sso_audit_refuse();
"""
SQLITE_TRIGGER = """
CREATE TRIGGER {table}_no_{act} BEFORE {act} ON {table}
BEGIN SELECT RAISE(ABORT, 'The record is append-only.'); END;
"""


def refuse_changes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES)
        for table in TABLES:
            schema_editor.execute(POSTGRES_TRIGGER.format(table=table))
    else:
        for table in TABLES:
            for act in ("update", "delete"):
                schema_editor.execute(SQLITE_TRIGGER.format(table=table, act=act))


def allow_changes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION sso_audit_refuse() CASCADE")
    else:
        for table in TABLES:
            for act in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER {table}_no_{act}")


class Migration(migrations.Migration):
    dependencies = [("sso", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=DatabaseClock(), verbose_name="time")),
                ("action", models.CharField(max_length=40, verbose_name="action")),
                ("person_id", models.BigIntegerField(null=True)),
                ("person_name", models.CharField(blank=True, max_length=360, verbose_name="person")),
                ("by_id", models.BigIntegerField(null=True)),
                ("by_name", models.CharField(blank=True, max_length=360, verbose_name="by")),
                ("for_whom_id", models.BigIntegerField(null=True)),
                (
                    "for_whom_name",
                    models.CharField(blank=True, max_length=360, verbose_name="in the name of"),
                ),
                ("client", models.CharField(blank=True, max_length=100, verbose_name="system")),
                (
                    "client_name",
                    models.CharField(blank=True, max_length=255, verbose_name="name of the system"),
                ),
                ("address", models.CharField(blank=True, max_length=45, verbose_name="network address")),
                ("cause", models.CharField(blank=True, max_length=250, verbose_name="cause")),
                ("detail", models.TextField(blank=True, default="{}", verbose_name="details")),
            ],
            options={
                "verbose_name": "entry of the record",
                "verbose_name_plural": "entries of the record",
                "db_table": "sso_auditentry",
                "indexes": [
                    models.Index("at", name="audit_at"),
                    models.Index("person_id", "at", name="audit_person"),
                    models.Index("by_id", "at", condition=Q(("by_id__isnull", False)), name="audit_by"),
                    models.Index(
                        "for_whom_id",
                        "at",
                        condition=Q(("for_whom_id__isnull", False)),
                        name="audit_for_whom",
                    ),
                    models.Index(
                        "client", "at", condition=Q(("client", ""), _negated=True), name="audit_client"
                    ),
                    models.Index("address", "at", name="audit_address"),
                    models.Index("action", "at", name="audit_action"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("made_at", models.DateTimeField()),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField(db_index=True)),
                ("count", models.IntegerField()),
                ("digests", models.BinaryField()),
                ("previous", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("key", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=128)),
            ],
            options={"ordering": ["number"], "db_table": "sso_auditseal"},
        ),
        migrations.RunPython(refuse_changes, allow_changes),
        migrations.AlterModelOptions(
            name="auditentry",
            options={
                "managed": False,
                "verbose_name": "entry of the record",
                "verbose_name_plural": "entries of the record",
            },
        ),
        migrations.AlterModelOptions(name="auditseal", options={"managed": False, "ordering": ["number"]}),
    ]
