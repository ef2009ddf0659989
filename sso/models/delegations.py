"""Who may act for whom."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sso.prepared import prepared


class DelegationQuerySet(models.QuerySet):
    def current(self, now: datetime | None = None):
        """The delegations in force at ``now``, at this moment unless it is given."""
        now = now or timezone.now()
        return self.filter(Q(starts_at__lte=now), Q(ends_at=None) | Q(ends_at__gt=now))


class Delegation(models.Model):
    """``giver`` lets ``receiver`` act for them, in the apps named or, when none is named, in all."""

    giver = models.ForeignKey("sso.User", models.CASCADE, related_name="delegations_given")
    receiver = models.ForeignKey("sso.User", models.CASCADE, related_name="delegations_received")
    apps = models.JSONField(_("apps"), default=list, blank=True)
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("to"), null=True, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        constraints = [
            models.CheckConstraint(condition=~Q(giver=F("receiver")), name="delegation_is_to_another")
        ]

    def __str__(self):
        return f"{self.giver} → {self.receiver}"


@prepared
def delegations_to(person: int, now: datetime):
    """The delegations in force of active people to ``person``, each with its giver, by the givers' names."""
    rows = Delegation.objects.current(now).filter(receiver=person, giver__is_active=True)
    return rows.select_related("giver").order_by("giver__sort_key")
