"""Where people are signed in, what systems have read of them, and what was ended."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sso.models.credentials import credential


def of_the_living() -> Q:
    """What belongs to nobody, or to an active person from whom nothing was revoked since it was made."""
    return Q(user=None) | Q(user__is_active=True, epoch=F("user__security_epoch"))


class SessionQuerySet(models.QuerySet):
    def in_force(self):
        return self.filter(of_the_living(), expires_at__gt=timezone.now())

    def visible_to(self, user):
        """The person's own sessions that are in force, the one used last first."""
        return self.in_force().filter(user=user).exclude(sid="").order_by("-last_seen_at", "-pk")


@credential
class Session(models.Model):
    """A browser's session. Of its key only the hash is kept; ``sid`` names it in tokens and records."""

    key_hash = models.CharField(max_length=64, unique=True)
    sid = models.CharField(max_length=64, blank=True, db_index=True)
    user = models.ForeignKey("sso.User", models.CASCADE, null=True, related_name="sessions")
    epoch = models.PositiveBigIntegerField(default=0)
    data = models.TextField()
    user_agent = models.CharField(max_length=300, blank=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self):
        return self.sid or "–"


class IssuedQuerySet(models.QuerySet):
    def in_force(self):
        """Those whose person is active, from whom nothing was revoked since, and whose session still is."""
        session = Session.objects.filter(sid=OuterRef("sid"))
        return self.filter(of_the_living(), Q(sid="") | Exists(session))


class SystemUse(models.Model):
    """What a system has read of a person, with which scopes, and when first and last (to ten minutes)."""

    user = models.ForeignKey("sso.User", models.CASCADE, related_name="system_uses")
    application = models.ForeignKey("sso.Application", models.CASCADE, related_name="uses")
    scope = models.CharField(max_length=300)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "application", "scope"], name="system_use_is_one_row")
        ]

    def __str__(self):
        return f"{self.application} → {self.user}: {self.scope}"


class Revocation(models.Model):
    """That something ended: all that a person held, or with ``sid`` that session; processes read it to let go.

    Short-lived: the audit record is what stays.
    """

    user = models.ForeignKey("sso.User", models.CASCADE, related_name="+")
    sid = models.CharField(max_length=64, blank=True)
    epoch = models.PositiveBigIntegerField(default=0)  # the person's from now on
    kept = models.CharField(max_length=64, blank=True)  # the session that lives on
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self):
        return f"{self.user_id} {self.sid}"
