"""Entries of the record, and somebody who owns its tables."""

from contextlib import contextmanager

from django.db import connection

from sso.models import AuditEntry
from sso.services.audit import Action, record
from tests.factories import UserFactory

TABLES = ["sso_auditentry", "sso_auditseal"]


@contextmanager
def triggers_off():
    """What somebody may do who owns the tables."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield cursor
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        else:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'sso_audit%'"
            )
            triggers = cursor.fetchall()
            for name, _sql in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            yield cursor
            for _name, sql in triggers:
                cursor.execute(sql)


def some_entries(count: int = 3) -> list[int]:
    person = UserFactory(username=f"nguoi-{UserFactory.create().pk}")
    for number in range(count):
        record(Action.SIGNED_IN, person=person, client="wiki", cause=f"cause {number}", number=number)
    return list(AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[:count])[::-1]
