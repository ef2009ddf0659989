"""Help for those who cannot sign in: invitations to a first passkey, and all factors taken away by the help desk."""

import secrets

from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from sso.models import FactorReset, Invitation, User
from sso.models.credentials import hashed
from sso.models.factors import INVITATION_AGE
from sso.permissions import is_system_admin, require
from sso.services.audit import Action, record
from sso.services.factors import add_passkey
from sso.services.officers import needs_two
from sso.services.revocation import Reason, lock, revoke
from sso.signals import factors_changed


class NotWaiting(Exception):
    """The reset was decided on meanwhile, or its 24 hours are over."""


@transaction.atomic
def begin_invitation(person: User, *, by: User | None, request=None) -> str:
    """Return the token of a link by which ``person`` makes a passkey within 72 hours; earlier links are void.

    ``by`` is a system admin, or None for a program of set-up. The token is known only now.
    """
    require(by is None or is_system_admin(by))
    if not person.is_active:
        raise PermissionDenied
    Invitation.objects.filter(user=person, used_at=None).delete()
    token = secrets.token_urlsafe(32)
    Invitation.objects.create(
        user=person,
        token_hash=hashed(token),
        epoch=person.security_epoch,
        made_by=by,
        expires_at=timezone.now() + INVITATION_AGE,
    )
    record(Action.INVITED, person=person, by=by, request=request)
    return token


def invitation_of(token: str) -> Invitation | None:
    return Invitation.objects.in_force().filter(token_hash=hashed(token)).select_related("user").first()


@transaction.atomic
def accept_invitation(invitation: Invitation, name: str, kept: dict, *, request=None) -> Authenticator:
    """Store the passkey of the invited person. Raises NotWaiting when the link was used meanwhile."""
    mine = Invitation.objects.in_force().select_for_update(of=("self",)).filter(pk=invitation.pk)
    found = mine.first()  # an UPDATE would look for it beside the row that it waits for, and find it unused
    if found is None:
        raise NotWaiting
    found.used_at = timezone.now()
    found.save(update_fields=["used_at"])
    person = invitation.user
    return add_passkey(person, name, kept, by=person, request=request)


# --- the help desk -------------------------------------------------------------------------------


@transaction.atomic
def ask_factor_reset(person: User, reason: str, *, by: User, request=None) -> FactorReset:
    """Take all factors from ``person``, once a second system admin has approved where one is not enough."""
    require(is_system_admin(by) and by.pk != person.pk and bool(reason.strip()))
    lock(User.objects.filter(pk=person.pk))
    older = FactorReset.objects.waiting().filter(user=person)
    older.update(refused_at=timezone.now())
    reset = FactorReset.objects.create(user=person, reason=reason.strip(), asked_by=by)
    record(Action.FACTORS_RESET_ASKED, person=person, by=by, request=request, reason=reset.reason)
    if not needs_two(person, person.password_resets):
        _carry_out(reset, request)
    return reset


def can_decide(user: User, reset: FactorReset) -> bool:
    """Another system admin than the one who asked, and not the person it is about."""
    return is_system_admin(user) and user.pk not in {reset.asked_by_id, reset.user_id}


@transaction.atomic
def approve_factor_reset(reset: FactorReset, *, by: User, request=None) -> None:
    """Raises NotWaiting."""
    reset = _waiting(reset, by)
    reset.approved_by = by
    _carry_out(reset, request)


@transaction.atomic
def refuse_factor_reset(reset: FactorReset, *, by: User, request=None) -> None:
    """Raises NotWaiting. Whoever asked may take it back in the same way."""
    if by.pk != reset.asked_by_id:
        reset = _waiting(reset, by)
    require(is_system_admin(by))
    if not FactorReset.objects.waiting().filter(pk=reset.pk).update(refused_at=timezone.now()):
        raise NotWaiting
    record(Action.FACTORS_RESET_REFUSED, person=reset.user, by=by, request=request)


def _waiting(reset: FactorReset, by: User) -> FactorReset:
    """Return the locked row when ``by`` may decide on it."""
    require(can_decide(by, reset))
    found = FactorReset.objects.waiting().select_for_update(of=("self",)).filter(pk=reset.pk).first()
    if found is None:
        raise NotWaiting
    return found


def _carry_out(reset: FactorReset, request) -> None:
    person = reset.user
    by = reset.approved_by or reset.asked_by
    reset.done_at = timezone.now()
    reset.save(update_fields=["approved_by", "done_at"])
    Authenticator.objects.filter(user=person).delete()
    record(
        Action.FACTORS_RESET, person=person, by=by, request=request, reason=reset.reason,
        asked_by=reset.asked_by.username,
    )  # fmt: skip
    revoke(person, Reason.FACTOR_RESET, by=by)
    factors_changed.send(User, person=person, by=reset.asked_by, what="reset", kind="")
