"""What the directory said last, entry by entry, and how far we have followed it."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Left, Length, Now
from django.utils import timezone


class DirectoryEntryQuerySet(models.QuerySet):
    def shown(self):
        """What the directory shows."""
        return self.filter(gone_at=None)

    def shown_or_held(self):
        """What the directory shows, and who has gone but not from here yet."""
        return self.filter(Q(gone_at=None) | Q(held_at__isnull=False))

    def held(self):
        """Whom the directory wants out, which waits for a human's yes."""
        return self.exclude(held_at=None)

    def put_out_within(self, span: timedelta):
        """Who was put out lately without anybody's yes."""
        return self.filter(out_at__gt=timezone.now() - span)

    def move_below(self, old: str, new: str) -> int:
        """Give the entries below ``old``, which is now ``new``, their new DNs: the directory reports one change."""
        keep = Length("dn") - len(old)
        return self.filter(dn__endswith=f",{old}").update(dn=Concat(Left(F("dn"), keep), Value(new)))


class DirectoryEntry(models.Model):
    """One entry of the directory as it was read last. Rows stay, so that a key is known for ever.

    ``refs`` are the entries it names: DNs of people and codes of units ("unit:KHTC") with the keys they meant when they
    were first named, so that whoever is given a freed name inherits nothing.
    """

    class Kind(models.TextChoices):
        UNIT = "unit"
        PERSON = "person"
        ROLE = "role"

    key = models.UUIDField(primary_key=True)  # entryUUID
    kind = models.CharField(max_length=6, choices=Kind.choices)
    dn = models.CharField(max_length=600)  # as ``canonical`` writes it
    csn = models.CharField(max_length=64, blank=True)  # of its last change, "" where none are counted
    facts = models.JSONField(default=dict)
    refs = models.JSONField(default=dict)
    is_waiting = models.BooleanField(
        default=False
    )  # for something named that is not there yet, for a free name
    turns_at = models.DateTimeField(null=True)  # when the account begins or expires, which no event reports
    gone_at = models.DateTimeField(null=True)
    out_at = models.DateTimeField(null=True)  # put out without anybody's yes
    held_at = models.DateTimeField(null=True)  # should be put out, but so many at once need a yes

    objects = DirectoryEntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["dn"], name="directory_entry_dn"),
            models.Index(fields=["kind"], name="directory_entry_kind"),
            models.Index(fields=["key"], name="directory_entry_waiting", condition=Q(is_waiting=True)),
            models.Index(
                fields=["turns_at"], name="directory_entry_turns", condition=Q(turns_at__isnull=False)
            ),
            models.Index(fields=["out_at"], name="directory_entry_out", condition=Q(out_at__isnull=False)),
            models.Index(fields=["held_at"], name="directory_entry_held", condition=Q(held_at__isnull=False)),
        ]

    def __str__(self):
        return self.dn


class DirectoryFollowed(models.Model):
    """The one row that says how far the directory was followed. ``cookie`` is the directory's own mark (RFC 4533)."""

    DOWN = "down"  # no directory answers

    source = models.CharField(max_length=64, blank=True)  # what the cookie belongs to
    cookie = models.TextField(blank=True)
    mode = models.CharField(max_length=10, blank=True)  # "live", "periodic", DOWN; "" in other trouble
    fault = models.TextField(blank=True)  # what is wrong at present
    fault_since = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)  # the last change that was applied
    lag_seconds = models.FloatField(null=True)  # between that change and its being applied, by both clocks
    heard_at = models.DateTimeField(null=True)  # the last answer of the directory

    def __str__(self):
        return self.fault or self.mode

    @classmethod
    def load(cls) -> "DirectoryFollowed":
        return cls.objects.get_or_create(pk=1)[0]

    @classmethod
    def note(cls, **values) -> None:
        """Set ``values`` and that the directory was heard now."""
        cls.objects.filter(pk=1).update(heard_at=Now(), **values)
