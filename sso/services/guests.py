"""Accounts of outsiders and of shared devices: a passkey by invitation, somebody who answers for it, a last day."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from sso.models import Guest, User
from sso.permissions import is_system_admin, require
from sso.services.audit import Action, record
from sso.services.provisioning.noting import note_people
from sso.services.resets import begin_invitation
from sso.services.revocation import Reason, revoke
from sso.text import fold, one_line

LONGEST = timedelta(days=365)
PREFIXES = {Guest.Kind.PERSON: "khach", Guest.Kind.DEVICE: "thietbi"}  # no account of the directory begins so


def last_day_allowed() -> date:
    return timezone.localdate() + LONGEST


@transaction.atomic
def make_guest(
    name: str, mail: str, kind: str, sponsor: User, ends_on: date, *, by: User, request=None
) -> tuple[Guest, str]:
    """Return the new account and the token of its invitation, which is kept nowhere."""
    require(is_system_admin(by) and can_sponsor(sponsor) and may_end_on(ends_on))
    name = one_line(name)
    user = User.objects.create_user(
        free_username(name, kind), mail.lower(), full_name=name, origin=User.Origin.LOCAL
    )
    guest = Guest.objects.create(
        user=user, kind=kind, sponsor=sponsor, unit=sponsor.unit, ends_on=ends_on, made_by=by
    )
    note_people([user])
    record(
        Action.GUEST_MADE, person=user, by=by, for_whom=sponsor, request=request, kind=kind, ends_on=ends_on
    )
    return guest, begin_invitation(user, by=by, request=request)


@transaction.atomic
def invite_guest(guest: Guest, *, by: User, request=None) -> str:
    """Return the token of a new invitation; the one before is void."""
    require(is_system_admin(by) and guest.user.is_active)
    return begin_invitation(guest.user, by=by, request=request)


@transaction.atomic
def extend_guest(guest: Guest, ends_on: date, *, by: User, request=None) -> None:
    """Give the account another last day, at most a year from now."""
    require(
        is_system_admin(by) and guest.user.is_active and can_sponsor(guest.sponsor) and may_end_on(ends_on)
    )
    before, guest.ends_on = guest.ends_on, ends_on
    guest.save(update_fields=["ends_on"])
    record(Action.GUEST_CHANGED, person=guest.user, by=by, request=request, before=before, ends_on=ends_on)


@transaction.atomic
def end_guest(guest: Guest, *, by: User, request=None) -> None:
    """End the account and all access now. It is never used again; a new one is made when it is needed."""
    require(is_system_admin(by))
    close_guest(guest, by, request)


@transaction.atomic
def end_guests_over() -> int:
    """End the accounts whose last day is past or whose sponsor has left. Returns how many."""
    over = list(Guest.objects.over().select_related("user"))
    for guest in over:
        close_guest(guest)
    return len(over)


def close_guest(guest: Guest, by: User | None = None, request=None) -> None:
    user = guest.user
    if user.is_active:
        user.is_active = False
        user.save(update_fields=["is_active"])
        record(Action.GUEST_ENDED, person=user, by=by, request=request)
        revoke(user, Reason.LEFT, by=by)
        note_people([user])


def can_sponsor(person: User) -> bool:
    """Say whether ``person`` can answer for a guest: an active person of the directory with a post."""
    return person.is_active and person.origin == User.Origin.DIRECTORY and person.unit is not None


def may_end_on(day: date) -> bool:
    return timezone.localdate() <= day <= last_day_allowed()


def free_username(name: str, kind: str) -> str:
    """An account name that nobody has or had: "khach.nguyenvanan", then with a number."""
    stem = f"{PREFIXES[kind]}.{''.join(c for c in fold(name) if c.isascii() and c.isalnum())[:40] or 'x'}"
    taken = set(User.objects.filter(username__startswith=stem).values_list("username", flat=True))
    names = (stem if number == 1 else f"{stem}{number}" for number in range(1, len(taken) + 2))
    return next(found for found in names if found not in taken)
