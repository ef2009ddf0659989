"""The models of the OAuth provider, our own from the first migration (they cannot be swapped later)."""

import re
from urllib.parse import urlsplit

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from sso.models.credentials import credential
from sso.models.devices import IssuedQuerySet
from sso.models.keys import Algorithm


class Acr(models.TextChoices):
    """The strengths of a sign-in, as tokens name them ("acr")."""

    PASSWORD = "1", _("with the password")
    TWO_STEPS = "2", _("with the password and a second step, or with a passkey")
    PASSKEY = "3", _("with a passkey only")


class Strength(models.Model):
    """How and when the person signed in, of the session the thing was issued in, and the person's epoch then."""

    epoch = models.PositiveBigIntegerField(default=0)
    sid = models.CharField(max_length=64, blank=True, db_index=True)
    auth_time = models.DateTimeField(null=True, blank=True)
    acr = models.CharField(max_length=60, blank=True)
    amr = models.JSONField(default=list, blank=True)

    objects = IssuedQuerySet.as_manager()

    class Meta:
        abstract = True


MAIL_CLIENT = "intranet-mail"  # the suite's own row, by which the mail app opens mailboxes
OF_THIS_MACHINE = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::\d{1,5})?([/?].*)?", re.ASCII)


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
    required_acr = models.CharField(
        _("how people sign in"), max_length=1, choices=Acr.choices, default=Acr.PASSWORD
    )
    # A system that somebody asked for works once another has approved it; set-up programs need nobody.
    is_approved = models.BooleanField(_("approved"), default=True)
    preset = models.CharField(_("kind of system"), max_length=30, blank=True)
    # The secret may run out; the one before it is good until then, so that nothing stands still while it is changed.
    secret_ends_at = models.DateTimeField(_("secret is valid until"), null=True, blank=True)
    former_secret = models.CharField(max_length=255, blank=True)
    former_secret_ends_at = models.DateTimeField(null=True, blank=True)
    algorithm = models.CharField(
        _("signature of its tokens"), max_length=5, choices=Algorithm.choices, default=Algorithm.RS256
    )
    id_token_tells = models.BooleanField(_("its ID tokens name the person"), default=True)
    # A system on a server that knows no PKCE: nothing but its secret protects a code on the way.
    without_pkce = models.BooleanField(_("it knows no PKCE"), default=False)
    # With an audience its access tokens are JWTs (RFC 9068) for that API, which checks the signature by itself.
    token_audience = models.CharField(_("API that its access tokens are for"), max_length=255, blank=True)
    # With keys it proves itself by them (private_key_jwt) and by no secret; a JWK set (RFC 7517).
    public_keys = models.JSONField(_("public keys"), default=dict, blank=True)
    # A resource server, such as the mail server, may introspect tokens that carry one of these scopes.
    serves_scopes = models.JSONField(_("scopes it serves"), default=list, blank=True)

    class Meta(AbstractApplication.Meta):
        verbose_name = _("registered system")
        verbose_name_plural = _("registered systems")
        ordering = ["tile_order", "name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_approved=True) | models.Q(is_enabled=False),
                name="system_works_once_approved",
            )
        ]

    def __str__(self):
        """The name people gave it; the suite's own has one in each language."""
        return gettext("Intranet mail") if self.client_id == MAIL_CLIENT else super().__str__()

    def get_absolute_url(self):
        return reverse("system", args=[self.pk])

    def clean(self):
        """The form of systems asks for more than the toolkit does, which knows nothing of our keys."""

    @property
    def is_public(self) -> bool:
        """Whether it runs where everybody can look, so that it has no secret (RFC 6749 §2.1)."""
        return self.client_type == self.CLIENT_PUBLIC

    @property
    def needs_pkce(self) -> bool:
        return self.is_public or not self.without_pkce

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Say whether ``uri`` is one of those registered, compared letter by letter (RFC 9700 §2.1).

        But for the port of a public system's loopback address: an app on somebody's machine listens where it may, so
        http://127.0.0.1/… and http://[::1]/… stand for every port (RFC 8252 §7.3). The name "localhost" does not
        (§8.3), nor does the address of a system that has a secret, which runs on a server and knows its port.
        """
        known = self.redirect_uris.split()
        if uri in known:
            return True
        here = without_port(uri) if self.is_public else ""
        return bool(here) and here in map(without_port, known)

    def is_certain_at(self, uri: str) -> bool:
        """Say whether nobody but the system can use what is sent to ``uri``: it has a secret, or a name on the web.

        Every app of a device can listen at a port of it, or claim a scheme that is another's (RFC 8252 §8.6).
        """
        return not self.is_public or uri.startswith("https://")

    @property
    def origins(self) -> set[str]:
        """Whose pages may read what we answer to the system: those of its addresses, none of one that has a secret."""
        return {origin_of(uri) for uri in self.redirect_uris.split()} - {""} if self.is_public else set()


def without_port(uri: str) -> str:
    """Return ``uri`` without its port when it is a loopback address, else ""."""
    match = OF_THIS_MACHINE.fullmatch(uri)
    return f"{match[1]}{match[2] or ''}" if match else ""


def origin_of(uri: str) -> str:
    """Return the origin of a web address as browsers write it (RFC 6454 §6.2), "" for any other."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, usual} else "")


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


@credential
class Grant(Strength, AbstractGrant):
    used_at = models.DateTimeField(null=True, blank=True)
    token_family = models.UUIDField(null=True, blank=True)


@credential
class IDToken(Strength, AbstractIDToken):
    pass


@credential
class AccessToken(Strength, AbstractAccessToken):
    audience = models.JSONField(default=list, blank=True)
    claims = models.TextField(blank=True)  # names that were asked for one by one, besides those of the scopes
    token_family = models.UUIDField(null=True, blank=True, db_index=True)


@credential
class RefreshToken(Strength, AbstractRefreshToken):
    """``scope`` is what was granted; its access token may have been asked for with less (RFC 6749 §6)."""

    scope = models.TextField(blank=True)
    absolute_expiry = models.DateTimeField(null=True, blank=True)

    class Meta(AbstractRefreshToken.Meta):
        pass


@credential
class DeviceGrant(Strength, AbstractDeviceGrant):
    """A device that waits for its person (RFC 8628). Both codes are kept as hashes.

    Its tokens come from no browser's session (``sid`` is empty): the telephone that let it in may sign out.
    """

    class Meta(AbstractDeviceGrant.Meta):
        pass
