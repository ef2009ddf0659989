"""The keys that sign tokens, and requests that systems have pushed."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Algorithm(models.TextChoices):
    """How tokens are signed (RFC 7518 §3.1). Every system knows the first, the second is faster and shorter."""

    RS256 = "RS256", _("RSA (RS256), which every system knows")
    ES256 = "ES256", _("elliptic curve (ES256)")


class SigningKeyQuerySet(models.QuerySet):
    def published_at(self, moment):
        """Those whose signatures hold at ``moment``, the newest first."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment)).order_by("-number")

    def published(self):
        return self.published_at(timezone.now())


class SigningKey(models.Model):
    """A key that signs tokens from ``signs_from`` until the next one does, and vouches for them until ``ends_at``.

    ``sealed`` is the key itself, encrypted with settings.SEALING_KEYS; ``public`` is what everybody may see (RFC 7517).
    """

    algorithm = models.CharField(max_length=5, choices=Algorithm.choices)
    number = models.PositiveIntegerField()  # two processes that make the next key at once: one of them fails
    kid = models.CharField(max_length=64, unique=True)
    sealed = models.TextField()
    public = models.JSONField()
    made_at = models.DateTimeField(default=timezone.now)
    signs_from = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    objects = SigningKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["algorithm", "number"], name="signing_keys_follow_one_another")
        ]

    def __str__(self):
        return f"{self.algorithm} {self.kid}"


class PushedRequest(models.Model):
    """An authentication request that a system has sent ahead (RFC 9126). Of its name only the hash is kept."""

    digest = models.CharField(max_length=64, unique=True)
    application = models.ForeignKey("sso.Application", models.CASCADE, related_name="+")
    parameters = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self):
        return self.digest
