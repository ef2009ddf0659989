"""Calendars, the weeks published in them, and the feeds people subscribe to."""

import hashlib
import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CalendarManager(models.Manager):
    """Each unit and each person has one calendar, the leaders share one; made when first needed."""

    def of_leaders(self) -> "Calendar":
        return self.get_or_create(kind=Calendar.Kind.LEADERS, unit=None, user=None)[0]

    def of_unit(self, unit) -> "Calendar":
        return self.get_or_create(kind=Calendar.Kind.UNIT, unit=unit, user=None)[0]

    def of_user(self, user) -> "Calendar":
        return self.get_or_create(kind=Calendar.Kind.PERSONAL, unit=None, user=user)[0]


class Calendar(models.Model):
    """``version`` rises with every change of what stands in it."""

    class Kind(models.TextChoices):
        LEADERS = "leaders", _("leaders of the ministry")
        UNIT = "unit", _("unit")
        PERSONAL = "personal", _("personal")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    unit = models.ForeignKey("sso.Unit", models.CASCADE, null=True, blank=True, related_name="+")
    user = models.ForeignKey("sso.User", models.CASCADE, null=True, blank=True, related_name="+")
    version = models.PositiveBigIntegerField(default=0)

    objects = CalendarManager()

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(kind="leaders"), name="calendar_of_leaders_is_one"
            ),
            models.UniqueConstraint(
                fields=["unit"], condition=Q(unit__isnull=False), name="calendar_of_unit_is_one"
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(user__isnull=False), name="calendar_of_user_is_one"
            ),
            models.CheckConstraint(
                condition=Q(kind="leaders", unit=None, user=None)
                | Q(kind="unit", unit__isnull=False, user=None)
                | Q(kind="personal", unit=None, user__isnull=False),
                name="calendar_owner_fits_kind",
            ),
        ]

    def __str__(self):
        if self.kind == self.Kind.LEADERS:
            return str(_("Leaders of the ministry"))
        return str(self.unit if self.kind == self.Kind.UNIT else self.user)

    @property
    def is_leaders(self) -> bool:
        return self.kind == self.Kind.LEADERS

    @property
    def is_personal(self) -> bool:
        return self.kind == self.Kind.PERSONAL


class PublishedWeek(models.Model):
    """A week of the leaders' calendar that everybody may read. Items added later are marked as such."""

    monday = models.DateField(unique=True)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey("sso.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("published week")
        verbose_name_plural = _("published weeks")

    def __str__(self):
        return f"{self.monday:%G-W%V}"


class FeedManager(models.Manager):
    def by_token(self, token: str):
        """Return the feed of an active person that ``token`` opens, or None."""
        digest = Feed.digest(token)
        return self.select_related("user").filter(token_hash=digest, user__is_active=True).first()


class Feed(models.Model):
    """A person's secret iCalendar address. Only the hash of its token is kept."""

    user = models.OneToOneField("sso.User", models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    fetched_at = models.DateTimeField(null=True, blank=True)

    objects = FeedManager()

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self):
        return str(self.user)

    @staticmethod
    def digest(token: str) -> str:
        """Return what is stored of ``token``; its 256 random bits need no salt."""
        return hashlib.sha256(token.encode()).hexdigest()

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(32)
