"""Passwords that officers reset, and accounts that are not in the directory."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PasswordResetQuerySet(models.QuerySet):
    def open(self):
        """Those that are neither done nor out of time."""
        return self.filter(done_at=None, ends_at__gt=timezone.now()).select_related(
            "person", "asked_by", "approved_by"
        )

    def visible_to(self, user):
        """The open ones for system admins, but not those of their own account."""
        from sso.permissions import is_system_admin

        return self.open().exclude(person=user) if is_system_admin(user) else self.none()


class PasswordReset(models.Model):
    """That an officer gives a person a new password. One of an admin waits for a second officer."""

    person = models.ForeignKey("sso.User", models.CASCADE, related_name="password_resets")
    reason = models.CharField(_("reason"), max_length=250)
    asked_by = models.ForeignKey("sso.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    approved_by = models.ForeignKey("sso.User", models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = PasswordResetQuerySet.as_manager()

    class Meta:
        verbose_name = _("password reset")
        verbose_name_plural = _("password resets")
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(approved_by=F("asked_by")), name="password_reset_is_approved_by_another"
            )
        ]

    def __str__(self):
        return str(self.person)


class GuestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All for system admins, the account that ends first on top."""
        from sso.permissions import is_system_admin

        return self.select_related("user", "sponsor", "unit") if is_system_admin(user) else self.none()

    def over(self):
        """Those still open although the last day is past, or nobody answers for them any more."""
        is_over = Q(ends_on__lt=timezone.localdate()) | Q(sponsor__is_active=False)
        return self.filter(is_over, user__is_active=True)


class Guest(models.Model):
    """An account of an outsider or of a device: not in the directory, without a password, and with a last day."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person from outside")
        DEVICE = "device", _("shared device")

    user = models.OneToOneField("sso.User", models.CASCADE, related_name="guest")
    kind = models.CharField(_("kind of account"), max_length=10, choices=Kind.choices, default=Kind.PERSON)
    sponsor = models.ForeignKey(
        "sso.User", models.PROTECT, related_name="sponsored", verbose_name=_("who answers for it")
    )
    unit = models.ForeignKey("sso.Unit", models.PROTECT, related_name="guests", verbose_name=_("unit"))
    ends_on = models.DateField(_("last day"), db_index=True)
    made_by = models.ForeignKey("sso.User", models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    objects = GuestQuerySet.as_manager()

    class Meta:
        verbose_name = _("account of a guest")
        verbose_name_plural = _("accounts of guests")
        ordering = ["ends_on", "pk"]

    def __str__(self):
        return str(self.user)
