"""Passkeys (W3C Web Authentication): what the browser is asked, and what its answer proves.

A challenge is kept nowhere: it is signed by us for one purpose and one browser, lives an hour and is accepted once.
So the sign-in page needs neither a session nor a second request. The user's verification (PIN, finger, face) is always
required: a passkey alone is two factors.
"""

import json
import logging
import secrets
import time
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.middleware.csrf import get_token
from django.utils.crypto import constant_time_compare, salted_hmac
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from sso.models import User
from sso.services.spent import spend

log = logging.getLogger(__name__)
CHALLENGE_AGE = 3600  # seconds
SEED, STAMP = 16, 6  # bytes of a challenge
LONGEST_ANSWER = 20_000
REQUIRED = UserVerificationRequirement.REQUIRED
SIGN_IN = "sign-in"  # the purpose of a challenge for whoever comes; the others end in the person's key


class NotProven(Exception):
    """The browser's answer proves nothing: wrong, too old, used before, or of another person."""


def request_options(request, purpose: str, person: User | None = None) -> dict[str, Any]:
    """Return what ``navigator.credentials.get`` is called with; bytes are base64url."""
    credentials = [passkey.wrap().authenticator_data.credential_data for passkey in passkeys_of(person)]
    challenge = new_challenge(request, purpose)
    options, _state = server().authenticate_begin(credentials or None, REQUIRED, challenge)
    return dict(options)["publicKey"]


def creation_options(request, purpose: str, person: User) -> dict[str, Any]:
    """Return what ``navigator.credentials.create`` is called with; the passkeys that exist are left out."""
    options, _state = server().register_begin(
        PublicKeyCredentialUserEntity(
            id=person.subject.bytes, name=person.username, display_name=person.full_name
        ),
        [passkey.wrap().authenticator_data.credential_data for passkey in passkeys_of(person)],
        ResidentKeyRequirement.REQUIRED,
        REQUIRED,
        challenge=new_challenge(request, purpose),
    )
    return dict(options)["publicKey"]


def created(request, purpose: str, answer: str) -> dict[str, Any]:
    """Return what is kept of the passkey that the browser made. Raises NotProven."""
    found = parsed(RegistrationResponse, answer)
    state = accepted(request, purpose, found.response.client_data.challenge)
    try:
        made = server().register_complete(state, found)
    except Exception as error:
        raise NotProven from error
    raw = json.loads(answer)
    kept = {name: raw["response"][name] for name in ("clientDataJSON", "attestationObject")}
    credential = {"id": raw["id"], "rawId": raw["rawId"], "type": "public-key", "response": kept}
    return {"credential": credential, "counter": made.counter, "is_synced": made.is_backup_eligible()}


def shown(request, purpose: str, answer: str, person: User | None = None) -> Authenticator:
    """Return the passkey that the browser has, of ``person`` or, when None, of whoever it names. Raises NotProven."""
    found = parsed(AuthenticationResponse, answer)
    state = accepted(request, purpose, found.response.client_data.challenge)
    handle = found.response.user_handle
    if person is None:
        person = person_of(handle)
    elif handle and handle != person.subject.bytes:
        raise NotProven
    mine = [(passkey, passkey.wrap().authenticator_data.credential_data) for passkey in passkeys_of(person)]
    try:
        proven = server().authenticate_complete(state, [credential for _passkey, credential in mine], found)
    except Exception as error:
        raise NotProven from error
    passkey = next(passkey for passkey, credential in mine if credential is proven)
    passkey.user = person
    note_counter(passkey, found.response.authenticator_data.counter)
    return passkey


def note_counter(passkey: Authenticator, counter: int) -> None:
    """Keep the number of uses that the device counts. Raises NotProven when it went back: somebody has a copy."""
    before = passkey.data.get("counter", 0)
    if (counter or before) and counter <= before:
        log.warning("Passkey %s of person %s seems to be copied.", passkey.pk, passkey.user_id)
        raise NotProven
    if counter:
        passkey.data["counter"] = counter
        passkey.save(update_fields=["data"])


def passkeys_of(person: User | None) -> list[Authenticator]:
    if person is None:
        return []
    return list(Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN).order_by("pk"))


def person_of(handle: bytes | None) -> User:
    """Return the active person of a passkey's user handle. Raises NotProven."""
    try:
        person = User.objects.filter(subject=UUID(bytes=bytes(handle or b"")), is_active=True).first()
    except ValueError:
        person = None
    if person is None:
        raise NotProven
    return person


def parsed(kind, answer: str):
    """Return the browser's ``answer`` as ``kind``. Raises NotProven."""
    if len(answer) > LONGEST_ANSWER:
        raise NotProven
    try:
        return kind.from_dict(dict(json.loads(answer)))
    except Exception as error:  # the parsers of JSON, CBOR and COSE raise each what they like
        raise NotProven from error


# --- challenges ----------------------------------------------------------------------------------


def new_challenge(request, purpose: str) -> bytes:
    get_token(request)  # gives this browser the cookie that the challenge is bound to
    seed = secrets.token_bytes(SEED) + int(time.time()).to_bytes(STAMP)
    return seed + signature(request, purpose, seed)


def accepted(request, purpose: str, challenge: bytes) -> dict[str, Any]:
    """Return the state that fido2 wants of a challenge of ours, which is now spent. Raises NotProven."""
    seed, signed = challenge[: SEED + STAMP], challenge[SEED + STAMP :]
    if not constant_time_compare(signed, signature(request, purpose, seed)):
        raise NotProven
    age = time.time() - int.from_bytes(seed[SEED:])
    if not 0 <= age + 1 <= CHALLENGE_AGE or not spend("passkey", websafe_encode(seed)):
        raise NotProven
    return {"challenge": websafe_encode(challenge), "user_verification": REQUIRED}


def signature(request, purpose: str, seed: bytes) -> bytes:
    browser = request.META.get("CSRF_COOKIE", "")
    value = f"{purpose}|{browser}|{websafe_encode(seed)}"
    return salted_hmac("sso.passkey", value, algorithm="sha256").digest()


# --- this host -----------------------------------------------------------------------------------


def server() -> Fido2Server:
    return server_of(settings.PASSKEY_HOST, settings.WAGTAIL_SITE_NAME)


@cache
def server_of(host: str, name: str) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(id=host, name=name), verify_origin=is_our_origin)


def is_our_origin(origin: str) -> bool:
    """Say whether the page that asked for the passkey was ours: the very address, no other host below it."""
    if origin == settings.BASE_URL:
        return True
    parts = urlsplit(origin)
    return parts.scheme == "http" and parts.hostname == "localhost" == settings.PASSKEY_HOST


def has_passkeys_here(request) -> bool:
    """Say whether a browser may use passkeys at the address it came by."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    return host == settings.PASSKEY_HOST and (request.is_secure() or host == "localhost")
