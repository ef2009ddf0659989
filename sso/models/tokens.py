"""The models of the OAuth provider, our own from the first migration (they cannot be swapped later)."""

from urllib.parse import urlsplit

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)


class Strength(models.Model):
    """How and when the person signed in, of the session the thing was issued in."""

    sid = models.CharField(max_length=64, blank=True, db_index=True)
    auth_time = models.DateTimeField(null=True, blank=True)
    acr = models.CharField(max_length=60, blank=True)
    amr = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True


class Application(AbstractApplication):
    """A registered system. One with ``tile_url`` is a tile of the launcher."""

    description = models.CharField(_("description"), max_length=250, blank=True)
    tile_url = models.URLField(_("address of the tile"), blank=True)
    icon = models.CharField(_("icon"), max_length=60, blank=True, default="apps")
    tile_order = models.PositiveIntegerField(_("order of the tile"), default=100)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    allowed_scopes = models.JSONField(_("allowed scopes"), default=list, blank=True)
    subject_group = models.CharField(_("group of pairwise subjects"), max_length=100, blank=True)
    backchannel_logout_uri = models.URLField(_("back-channel logout URI"), blank=True)
    frontchannel_logout_uri = models.URLField(_("front-channel logout URI"), blank=True)
    rule = models.JSONField(_("who may enter"), default=dict, blank=True)
    # A resource server, such as the mail server, may introspect tokens that carry one of these scopes.
    serves_scopes = models.JSONField(_("scopes it serves"), default=list, blank=True)

    class Meta(AbstractApplication.Meta):
        verbose_name = _("registered system")
        verbose_name_plural = _("registered systems")
        ordering = ["tile_order", "name"]

    def get_absolute_url(self):
        return reverse("system", args=[self.pk])

    def is_usable(self, request) -> bool:
        return self.is_enabled

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Say whether ``uri`` is one of those registered, compared letter by letter (RFC 9700 §2.1)."""
        return uri in self.redirect_uris.split()

    @property
    def origins(self) -> list[str]:
        """Where the system's answers go, for the content policy of pages that end there."""
        parts = [urlsplit(uri) for uri in f"{self.redirect_uris} {self.post_logout_redirect_uris}".split()]
        return sorted({f"{part.scheme}://{part.netloc}" for part in parts if part.netloc})


class Consent(models.Model):
    """What a person has allowed a system to read, so that it is asked once."""

    user = models.ForeignKey("sso.User", models.CASCADE, related_name="consents")
    application = models.ForeignKey("sso.Application", models.CASCADE, related_name="consents")
    scopes = models.JSONField(_("scopes"), default=list)
    given_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [models.UniqueConstraint(fields=["user", "application"], name="consent_is_given_once")]

    def __str__(self):
        return f"{self.user} → {self.application}"


class Grant(Strength, AbstractGrant):
    used_at = models.DateTimeField(null=True, blank=True)
    token_family = models.UUIDField(null=True, blank=True)


class IDToken(Strength, AbstractIDToken):
    pass


class AccessToken(Strength, AbstractAccessToken):
    audience = models.JSONField(default=list, blank=True)
    token_family = models.UUIDField(null=True, blank=True, db_index=True)


class RefreshToken(Strength, AbstractRefreshToken):
    absolute_expiry = models.DateTimeField(null=True, blank=True)

    class Meta(AbstractRefreshToken.Meta):
        pass


class DeviceGrant(AbstractDeviceGrant):
    class Meta(AbstractDeviceGrant.Meta):
        pass
