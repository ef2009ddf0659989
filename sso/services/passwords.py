"""Passwords of the directory: changed by their owner, reset by system admins, where needed by two of them."""

import re
import secrets
from datetime import datetime
from functools import partial

from django.contrib.auth.password_validation import CommonPasswordValidator, UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sso.directory import DirectoryUnavailable, PasswordRefused
from sso.directory import passwords as directory
from sso.limits import Tries
from sso.models import PasswordReset, User
from sso.models.factors import APPROVAL_AGE
from sso.permissions import is_system_admin, require
from sso.services.audit import Action, Cause, address_of, record
from sso.services.officers import needs_two
from sso.services.revocation import Reason, revoke
from sso.signals import password_reset
from sso.text import fold

Problem = PasswordRefused.Problem
ENDS = "password_ends"  # in the session: when the password will run out, once the directory has begun to warn
LEAST_LEFT = 6  # letters of a password beside those of the name
# Read aloud on the telephone and typed once: no letters that look alike.
LETTERS = "abcdefghkmnpqrstuvwxyz23456789"


def change_password(person: User, old: str, new: str, *, request, keep: str = "") -> None:
    """Give ``person`` the password ``new``, and end all access but that of the session named ``keep``.

    Raises PasswordRefused, TooManyTries, DirectoryUnavailable.
    """
    refuse_guessable(person, new)
    entry = directory.entry_with(person.entry_uuid) if person.entry_uuid else None
    if entry is None:
        raise PasswordRefused(Problem.NOT_ALLOWED)
    tries = Tries(str(entry.key), address_of(request))
    tries.begin()
    try:
        with transaction.atomic():
            changed_here(person, lambda: directory.change_password(entry.dn, old, new), entry.dn, keep=keep)
            record(Action.PASSWORD_CHANGED, person=person, request=request)
    except DirectoryUnavailable:
        tries.take_back()
        raise
    except PasswordRefused as error:
        if error.problem == Problem.WRONG_OLD:
            tries.failed()
            record(Action.REFUSED, person=person, request=request, cause=Cause.WRONG_PASSWORD)
        else:
            tries.take_back()
        raise
    tries.succeeded()


def changed_here(person: User, change, dn: str, *, by: User | None = None, keep: str = "") -> object:
    """Return change(), and note when it was.

    The person's row is locked meanwhile: whoever follows the directory sees the change only with this note, and does
    not end the session that is to live on.
    """
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    answer = change()
    person.password_changed_at = directory.changed_at(dn) or timezone.now()
    person.save(update_fields=["password_changed_at"])
    revoke(person, Reason.PASSWORD_CHANGED, by=by, keep=keep)
    return answer


def refuse_guessable(person: User, new: str) -> None:
    """Raise PasswordRefused for what is tried first; length and history are for the directory to judge."""
    checks = {
        Problem.COMMON: CommonPasswordValidator(),
        Problem.LIKE_NAME: UserAttributeSimilarityValidator(("username", "full_name", "email")),
    }
    for problem, check in checks.items():
        try:
            check.validate(new, person)
        except ValidationError as error:
            raise PasswordRefused(problem) from error
    if is_made_of_name(person, new):
        raise PasswordRefused(Problem.LIKE_NAME)


def is_made_of_name(person: User, new: str) -> bool:
    """Say whether little is left of ``new`` without the words of the account and the name: "mytm2026", "HaHa@123"."""
    left = folded = fold(new)
    for word in sorted(
        re.findall(r"\w{2,}", fold(f"{person.username} {person.full_name}")), key=len, reverse=True
    ):
        left = left.replace(word, "")
    return len(left) < LEAST_LEFT < len(folded) and left != folded


def note_end(request, person: User) -> None:
    """Keep in the session what the directory said at this bind of the password's end."""
    ends_in = person.verdict.ends_in
    if ends_in is None:
        request.session.pop(ENDS, None)
    else:
        request.session[ENDS] = {"person": person.pk, "at": (timezone.now() + ends_in).isoformat()}


def end_notice(request, person: User) -> str:
    """The line that warns of the end of the password, "" when the directory did not speak of it at sign-in."""
    noted = request.session.get(ENDS)
    if not noted or noted["person"] != person.pk:
        return ""
    ends_at = timezone.localtime(datetime.fromisoformat(noted["at"]))
    return _("Your password ends at %(time)s on %(day)s. Change it before, under “My account”.") % {
        "time": date_format(ends_at, "H:i"),
        "day": date_format(ends_at, "d/m/Y"),
    }


# --- reset by officers ----------------------------------------------------------------------------


def can_reset(by: User, person: User) -> bool:
    """System admins may, for accounts of the directory, their own excepted."""
    return is_system_admin(by) and person.origin == User.Origin.DIRECTORY and person != by


def can_approve(by: User, reset: PasswordReset) -> bool:
    return is_system_admin(by) and by.pk not in (reset.asked_by_id, reset.person_id)


@transaction.atomic
def ask_reset(person: User, *, by: User, reason: str, request=None) -> PasswordReset:
    """Ask for a new password of ``person``; one that needs no second officer is approved at once."""
    require(can_reset(by, person))
    PasswordReset.objects.open().filter(person=person).delete()
    reset = PasswordReset(person=person, asked_by=by, reason=reason, ends_at=timezone.now() + APPROVAL_AGE)
    if not needs_two(person, person.factor_resets):
        reset.approved_at = timezone.now()
    reset.save()
    record(Action.RESET_ASKED, person=person, by=by, request=request, cause=reason, reset=reset.pk)
    return reset


@transaction.atomic
def approve_reset(reset: PasswordReset, *, by: User, request=None) -> None:
    """Say yes as the second officer."""
    reset = _locked(reset)
    require(can_approve(by, reset))
    if reset.approved_at is None:
        reset.approved_by, reset.approved_at = by, timezone.now()
        reset.save(update_fields=["approved_by", "approved_at"])
        record(Action.RESET_APPROVED, person=reset.person, by=by, request=request, reset=reset.pk)


@transaction.atomic
def refuse_reset(reset: PasswordReset, *, by: User, request=None) -> None:
    """Say no as the second officer, or take the wish back."""
    reset = _locked(reset)
    require(can_approve(by, reset) or (is_system_admin(by) and by == reset.asked_by))
    record(Action.RESET_REFUSED, person=reset.person, by=by, request=request, reset=reset.pk)
    reset.delete()


@transaction.atomic
def do_reset(reset: PasswordReset, *, by: User, request=None) -> tuple[str, bool]:
    """Return the new password, and whether the directory makes its owner change it at the next sign-in.

    It is kept nowhere. All access of the person ends. Raises PasswordRefused, DirectoryUnavailable.
    """
    reset = _locked(reset)
    person = reset.person
    require(by == reset.asked_by and can_reset(by, person) and reset.approved_at is not None)
    # Somebody may have become an admin meanwhile.
    require(reset.approved_by_id is not None or not needs_two(person, person.factor_resets))
    entry = directory.entry_with(person.entry_uuid)
    if entry is None:
        raise PasswordRefused(Problem.NOT_ALLOWED)
    new = new_password()
    is_forced = changed_here(person, lambda: directory.reset_password(entry.dn, new), entry.dn, by=by)
    reset.done_at = timezone.now()
    reset.save(update_fields=["done_at"])
    record(Action.PASSWORD_RESET, person=person, by=by, request=request, cause=reset.reason, reset=reset.pk)
    transaction.on_commit(partial(password_reset.send, User, person=person, by=by), robust=True)
    return new, bool(is_forced)


def _locked(reset: PasswordReset) -> PasswordReset:
    """The row, locked. Raises PermissionDenied when it was done or taken back meanwhile."""
    found = PasswordReset.objects.open().select_for_update(of=("self",)).filter(pk=reset.pk).first()
    require(found is not None)
    return found


def new_password() -> str:
    """A password of 78 random bits in four groups: "k7mq-…"."""
    return "-".join("".join(secrets.choice(LETTERS) for _n in range(4)) for _group in range(4))
