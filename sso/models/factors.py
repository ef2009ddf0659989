"""What stands beside the password: memory of sign-ins, trusted browsers, invitations, resets by the help desk.

The factors themselves (passkeys, authenticator app, recovery codes) are rows of allauth's ``Authenticator``.
"""

from datetime import timedelta

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sso.models.credentials import credential

TRUST_AGE = timedelta(days=30)
INVITATION_AGE = timedelta(hours=72)
APPROVAL_AGE = timedelta(hours=24)
SPENT_AGE = timedelta(hours=2)  # longer than anything that may be used once lives


class SignInMemory(models.Model):
    """What sign-in knows of a person: devices and places seen, since when a second factor is due, wrong codes."""

    user = models.OneToOneField(
        "sso.User", models.CASCADE, primary_key=True, related_name="sign_in_memory", verbose_name=_("person")
    )
    devices = models.JSONField(default=list)  # "Chrome · Windows", the newest last
    places = models.JSONField(default=list)  # "10.1.2.0/24", the newest last
    told_at = models.DateTimeField(null=True)  # when the person first read that a second factor is due
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    wrong_since = models.DateTimeField(null=True)

    def __str__(self):
        return str(self.user_id)


class TrustedBrowserQuerySet(models.QuerySet):
    def in_force(self):
        """Those that have not run out and from whose person nothing was revoked since."""
        return self.filter(expires_at__gt=timezone.now(), epoch=F("user__security_epoch"))


@credential
class TrustedBrowser(models.Model):
    """A browser in which its person asked for no second step for 30 days. Of its cookie only the hash is kept."""

    user = models.ForeignKey("sso.User", models.CASCADE, related_name="trusted_browsers")
    token_hash = models.CharField(max_length=64, unique=True)
    epoch = models.PositiveBigIntegerField()
    device = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    objects = TrustedBrowserQuerySet.as_manager()

    class Meta:
        verbose_name = _("trusted browser")
        verbose_name_plural = _("trusted browsers")
        ordering = ["-created_at"]

    def __str__(self):
        return self.device


class Spent(models.Model):
    """A code or challenge that was used once; the same one again is refused."""

    digest = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self):
        return self.digest


class InvitationQuerySet(models.QuerySet):
    def in_force(self):
        """Those that still open: unused, in time, of an active person from whom nothing was revoked since."""
        now = timezone.now()
        living = self.filter(user__is_active=True, epoch=F("user__security_epoch"))
        return living.filter(used_at=None, expires_at__gt=now)


@credential
class Invitation(models.Model):
    """A link by which a person without a password makes the first passkey. Of the link only the hash is kept."""

    user = models.ForeignKey("sso.User", models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    epoch = models.PositiveBigIntegerField()
    made_by = models.ForeignKey("sso.User", models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    def __str__(self):
        return str(self.user)


class FactorResetQuerySet(models.QuerySet):
    def waiting(self):
        """Those that a second officer may still approve."""
        return self.filter(done_at=None, refused_at=None, asked_at__gt=timezone.now() - APPROVAL_AGE)


class FactorReset(models.Model):
    """That the help desk takes all factors from a person; one of an admin waits for a second officer."""

    user = models.ForeignKey("sso.User", models.CASCADE, related_name="factor_resets")
    reason = models.CharField(_("reason"), max_length=250)
    asked_by = models.ForeignKey("sso.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey("sso.User", models.PROTECT, null=True, related_name="+")
    refused_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = FactorResetQuerySet.as_manager()

    class Meta:
        verbose_name = _("reset of factors")
        verbose_name_plural = _("resets of factors")
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(approved_by=F("asked_by")), name="reset_is_approved_by_another"
            )
        ]

    def __str__(self):
        return str(self.user)
