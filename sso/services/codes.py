"""Codes of the second step: of the authenticator app, and recovery codes."""

import unicodedata
from datetime import timedelta

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import validate_totp_code
from allauth.mfa.utils import decrypt, encrypt
from cryptography.fernet import InvalidToken
from django.db import transaction
from django.utils import timezone

from sso.models import SignInMemory, User
from sso.services.audit import Action, Cause, record
from sso.services.spent import spend

Kind = Authenticator.Type
MOST_WRONG = 5
WAIT = timedelta(minutes=5)
LONGEST_CODE = 40


class TooManyCodes(Exception):
    """No further code of this person is looked at for five minutes."""


def normal(code: str) -> str:
    """Return ``code`` without spaces and hyphens, in the digits of ASCII whatever the typing method made of them."""
    return normalize_user_code(unicodedata.normalize("NFKC", code[:LONGEST_CODE]))


def check_code(person: User, code: str, kinds: set[str], *, request=None) -> Authenticator | None:
    """Return the factor of one of ``kinds`` that ``code`` belongs to, None for a wrong code. Each works once.

    Wrong ones are counted in the database, one try at a time. Raises TooManyCodes.
    """
    with transaction.atomic():
        SignInMemory.objects.get_or_create(user=person)
        memory = SignInMemory.objects.select_for_update().get(user=person)
        now = timezone.now()
        if memory.wrong_since is None or now - memory.wrong_since > WAIT:
            memory.wrong_codes = 0
        is_refused = memory.wrong_codes >= MOST_WRONG
        factor = None if is_refused else factor_of(person, normal(code), kinds)
        if factor:
            memory.wrong_codes, memory.wrong_since = 0, None
            factor.record_usage()
        elif not is_refused:
            memory.wrong_codes, memory.wrong_since = memory.wrong_codes + 1, now
        memory.save(update_fields=["wrong_codes", "wrong_since"])
        if not factor:
            cause = Cause.TOO_MANY_TRIES if is_refused else Cause.WRONG_CODE
            record(Action.REFUSED, person=person, request=request, cause=cause)
    if is_refused:
        raise TooManyCodes
    return factor


def factor_of(person: User, code: str, kinds: set[str]) -> Authenticator | None:
    kinds = kinds & {Kind.TOTP, Kind.RECOVERY_CODES}
    for factor in Authenticator.objects.filter(user=person, type__in=kinds):
        factor.user = person
        if factor.type == Kind.TOTP:
            if is_code_of(decrypt(factor.data["secret"]), code) and spend(f"totp {factor.pk}", code):
                return factor
        elif factor.wrap().validate_code(code):
            factor.refresh_from_db()
            factor.user = person
            return factor
    return None


def seal(person: User, secret: str) -> str:
    """Return ``secret`` of an app that is not confirmed yet, for the page to hold: readable by us alone."""
    return encrypt(f"{person.pk}:{secret}")


def unsealed(person: User, sealed: str) -> str:
    """Return the secret, "" when ``sealed`` is nothing of ours for this person."""
    try:
        owner, _colon, secret = decrypt(sealed).partition(":")
    except (InvalidToken, ValueError):  # not ours, not ASCII, not UTF-8
        return ""
    return secret if owner == str(person.pk) else ""


def is_code_of(secret: str, code: str) -> bool:
    """Say whether an authenticator app with ``secret`` shows ``code`` now (RFC 6238), half a minute more or less."""
    return code.isascii() and validate_totp_code(secret, code)
