"""A person's own factors: passkeys, authenticator app, recovery codes, and the browsers that skip the second step.

Whoever calls these for a request has made sure of the person (``sso.step_up``).
"""

import secrets
from dataclasses import dataclass
from functools import cached_property

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from sso.models import TrustedBrowser, User
from sso.models.credentials import hashed
from sso.models.factors import TRUST_AGE
from sso.permissions import require
from sso.services.audit import Action, record
from sso.services.revocation import Reason, lock, revoke
from sso.services.sign_ins import has_duty, standing_of
from sso.signals import factors_changed

Kind = Authenticator.Type
MOST_PASSKEYS = 20
LONGEST_NAME = 60


class LastFactor(Exception):
    """The person needs a second factor and would have none left."""


@dataclass(frozen=True)
class Factors:
    """The factors of one person."""

    person: User
    all: list[Authenticator]

    @cached_property
    def passkeys(self) -> list[Authenticator]:
        return [factor for factor in self.all if factor.type == Kind.WEBAUTHN]

    @cached_property
    def app(self) -> Authenticator | None:
        return next((factor for factor in self.all if factor.type == Kind.TOTP), None)

    @cached_property
    def codes(self) -> Authenticator | None:
        return next((factor for factor in self.all if factor.type == Kind.RECOVERY_CODES), None)

    @property
    def any(self) -> bool:
        """Whether there is a second step: recovery codes alone are none."""
        return bool(self.passkeys or self.app)

    @property
    def codes_left(self) -> int:
        return len(self.codes.wrap().get_unused_codes()) if self.codes else 0


def factors_of(person: User) -> Factors:
    return Factors(person, list(Authenticator.objects.filter(user=person).order_by("created_at", "pk")))


@transaction.atomic
def add_passkey(person: User, name: str, kept: dict, *, by: User, request=None) -> Authenticator:
    """Store the passkey that ``sso.passkeys.created`` has checked."""
    require(person.pk == by.pk)
    lock(User.objects.filter(pk=person.pk))
    if len(factors_of(person).passkeys) >= MOST_PASSKEYS:
        raise PermissionDenied
    data = {"name": name.strip()[:LONGEST_NAME], **kept}
    passkey = Authenticator.objects.create(user=person, type=Kind.WEBAUTHN, data=data)
    return _added(passkey, request, name=data["name"])


@transaction.atomic
def add_app(person: User, secret: str, *, by: User, request=None) -> Authenticator:
    """Store the authenticator app that has just shown a right code; one that was there before is replaced."""
    require(person.pk == by.pk)
    lock(User.objects.filter(pk=person.pk))
    Authenticator.objects.filter(user=person, type=Kind.TOTP).delete()
    return _added(TOTP.activate(person, secret).instance, request)


def _added(factor: Authenticator, request, **detail) -> Authenticator:
    TrustedBrowser.objects.filter(user=factor.user).delete()
    record(Action.FACTOR_ADDED, person=factor.user, request=request, kind=factor.type, **detail)
    factors_changed.send(User, person=factor.user, by=factor.user, what="added", kind=factor.type)
    return factor


@transaction.atomic
def rename_passkey(passkey: Authenticator, name: str, *, by: User) -> None:
    require(passkey.user_id == by.pk and passkey.type == Kind.WEBAUTHN)
    passkey.data["name"] = name.strip()[:LONGEST_NAME]
    passkey.save(update_fields=["data"])


@transaction.atomic
def remove_factor(factor: Authenticator, *, by: User, keep: str = "", request=None) -> None:
    """Remove a passkey or the app, and end the sessions that may have begun with it: all but ``keep``.

    Raises LastFactor when the person must have one or has no password.
    """
    require(factor.user_id == by.pk and factor.type in {Kind.WEBAUTHN, Kind.TOTP})
    lock(User.objects.filter(pk=by.pk))
    left = factors_of(by)
    others = [other for other in [*left.passkeys, left.app] if other and other.pk != factor.pk]
    if not others and (has_duty(standing_of(by)) or not by.has_usable_password()):
        raise LastFactor
    Authenticator.objects.filter(pk=factor.pk).delete()
    if not others:
        Authenticator.objects.filter(user=by).delete()  # recovery codes recover nothing now
    record(Action.FACTOR_REMOVED, person=by, request=request, kind=factor.type, name=name_of(factor))
    factors_changed.send(User, person=by, by=by, what="removed", kind=factor.type)
    revoke(by, Reason.FACTOR_RESET, by=by, keep=keep)


def name_of(factor: Authenticator) -> str:
    return factor.data.get("name", "") if factor.type == Kind.WEBAUTHN else ""


@transaction.atomic
def new_recovery_codes(person: User, *, by: User, request=None) -> list[str]:
    """Return ten codes that each stand in once for the second step; those from before are void.

    They are kept encrypted and shown this once.
    """
    require(person.pk == by.pk and factors_of(person).any)
    lock(User.objects.filter(pk=person.pk))
    Authenticator.objects.filter(user=person, type=Kind.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(person)
    record(Action.FACTOR_ADDED, person=person, request=request, kind=Kind.RECOVERY_CODES.value)
    factors_changed.send(User, person=person, by=by, what="added", kind=Kind.RECOVERY_CODES.value)
    return codes.generate_codes()


# --- browsers that skip the second step ----------------------------------------------------------


@transaction.atomic
def trust_browser(person: User, device: str, *, request=None) -> str:
    """Return the token by which this browser skips the second step of ``person`` for 30 days, never the password."""
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    TrustedBrowser.objects.filter(user=person, expires_at__lt=now).delete()
    TrustedBrowser.objects.create(
        user=person,
        token_hash=hashed(token),
        epoch=person.security_epoch,
        device=device,
        expires_at=now + TRUST_AGE,
    )
    record(Action.BROWSER_TRUSTED, person=person, request=request, device=device)
    return token


def is_trusted(person: User, tokens: list[str]) -> bool:
    """Say whether one of ``tokens`` was given to a browser of ``person`` and is still in force; note its use."""
    mine = TrustedBrowser.objects.in_force().filter(user=person)
    found = mine.filter(token_hash__in=[hashed(token) for token in tokens]).first()
    if found:
        TrustedBrowser.objects.filter(pk=found.pk).update(last_used_at=timezone.now())
    return found is not None


@transaction.atomic
def forget_browser(browser: TrustedBrowser, *, by: User) -> None:
    require(browser.user_id == by.pk)
    browser.delete()
    record(Action.BROWSER_FORGOTTEN, person=by, device=browser.device)
