"""The record of who signed in, was refused, got access, and changed what; and the seals that keep it honest.

Both tables are append-only: triggers refuse UPDATE, DELETE and TRUNCATE. They are ``managed = False``, so that
``flush`` and the like leave them alone; a migration that changes them sets it to true, changes, and sets it back.
"""

import json

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class DatabaseClock(Now):
    """The time of the database, on SQLite too with six digits that are not all zero.

    There times are compared as texts, and Django writes six digits or none; SQLite's clock has three.
    """

    def as_sqlite(self, compiler, connection, **extra):
        template = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f001', 'NOW')"
        return self.as_sql(compiler, connection, template=template, **extra)


class AuditQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All for system admins; others see what concerns their own account."""
        from sso.permissions import is_system_admin

        return self if is_system_admin(user) else self.filter(person_id=user.pk)

    def touched_by(self, people):
        """What happened to ``people`` (their keys), what they did, and what was done in their name."""
        keys = list(people)
        return self.filter(Q(person_id__in=keys) | Q(by_id__in=keys) | Q(for_whom_id__in=keys))

    def newest_first(self):
        return self.order_by("-at", "-pk")

    def before(self, at, pk):
        """What ``newest_first`` shows after the entry of that time and key."""
        return self.filter(Q(at__lte=at), Q(at__lt=at) | Q(pk__lt=pk))


class AuditEntry(models.Model):
    """One thing that happened. Names are kept as they were, keys without a constraint: people may go, entries stay.

    ``person`` is whose account it is about, ``by`` who did it when that was another, ``for_whom`` in whose name.
    """

    at = models.DateTimeField(_("time"), db_default=DatabaseClock())
    action = models.CharField(_("action"), max_length=40)
    person_id = models.BigIntegerField(null=True)
    person_name = models.CharField(_("person"), max_length=360, blank=True)
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(_("by"), max_length=360, blank=True)
    for_whom_id = models.BigIntegerField(null=True)
    for_whom_name = models.CharField(_("in the name of"), max_length=360, blank=True)
    client = models.CharField(_("system"), max_length=100, blank=True)
    client_name = models.CharField(_("name of the system"), max_length=255, blank=True)
    address = models.CharField(_("network address"), max_length=45, blank=True)
    cause = models.CharField(_("cause"), max_length=250, blank=True)
    # JSON, letter by letter what was sealed.
    detail = models.TextField(_("details"), default="{}", blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "sso_auditentry"
        verbose_name = _("entry of the record")
        verbose_name_plural = _("entries of the record")
        indexes = [
            models.Index("at", name="audit_at"),
            models.Index("person_id", "at", name="audit_person"),
            models.Index("by_id", "at", name="audit_by", condition=Q(by_id__isnull=False)),
            models.Index("for_whom_id", "at", name="audit_for_whom", condition=Q(for_whom_id__isnull=False)),
            models.Index("client", "at", name="audit_client", condition=~Q(client="")),
            models.Index("address", "at", name="audit_address"),
            models.Index("action", "at", name="audit_action"),
        ]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.person_name}"

    @property
    def facts(self) -> dict:
        """What ``detail`` says; as it stands when somebody has made something else of it than we write."""
        try:
            return dict(json.loads(self.detail))
        except (ValueError, TypeError):
            return {"detail": str(self.detail)}


class AuditSeal(models.Model):
    """A link of the chain: it vouches for the entries of ``first`` to ``last`` and for the seal before it.

    ``digests`` holds 24 bytes for each entry: its key and the first 16 bytes of the SHA-256 of its content.
    """

    number = models.BigIntegerField(primary_key=True)
    made_at = models.DateTimeField()
    first = models.BigIntegerField()
    last = models.BigIntegerField(db_index=True)
    count = models.IntegerField()
    digests = models.BinaryField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    key = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)

    class Meta:
        managed = False
        db_table = "sso_auditseal"
        ordering = ["number"]

    def __str__(self):
        return f"{self.number} {self.hash}"
