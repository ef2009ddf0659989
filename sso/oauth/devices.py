"""Devices without a keyboard: they show a short code, which their person types in elsewhere (RFC 8628).

A device that waits is a row of DeviceGrant. Whoever types its code in first is the only one who can let it in; the
row becomes tokens once, and is gone then. Both codes are kept as hashes.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from sso.limits import count_up, network_of
from sso.models import Application, DeviceGrant, User
from sso.models.credentials import hashed
from sso.oauth.claims import PERSON, person_of
from sso.oauth.issuing import STRENGTH, Failed, Source, issue_for_person
from sso.oauth.scopes import scopes_for
from sso.oauth.strength import Strength
from sso.prepared import PreparedLookup, Row
from sso.services.audit import Action, address_of, record
from sso.services.rules import At, may_enter

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words; nothing that looks like a digit (RFC 8628 §6.1)
LENGTH = 8
WAITS = timedelta(minutes=10)
INTERVAL = 5  # seconds between two questions of a device; each that comes too early makes it longer
MOST_WAITING = 1000  # devices of one system
MOST_OF_PLACE = 100  # of them that begin at one network address within sso.limits.WINDOW seconds
GRACE = timedelta(milliseconds=500)  # that an answer may have been on its way
DEVICES = PreparedLookup(
    lambda code: DeviceGrant.objects.in_force().filter(device_code=code),
    pk="pk",
    client_id="client_id",
    scope="scope",
    expires="expires",
    status="status",
    interval="interval",
    last_checked="last_checked",
    **PERSON,
    **STRENGTH,
)


def begin(client: Row, asked: str, request) -> tuple[str, str, DeviceGrant]:
    """Return the code of a device that now waits, the one that its person types in, and the row. Raises Failed."""
    if client.grant_type != Application.GRANT_DEVICE_CODE:
        raise Failed("unauthorized_client")
    scopes = scopes_for(client, asked or "openid")
    if not scopes:
        raise Failed("invalid_scope")
    place = hashed(f"{client.client_id} {network_of(address_of(request))}")
    if count_up(f"sso.tries.devices.{place}") > MOST_OF_PLACE:
        raise Failed("temporarily_unavailable", "too many devices begin at this network address")
    now = timezone.now()
    waiting = DeviceGrant.objects.filter(expires__gt=now)
    if waiting.filter(client_id=client.client_id).count() >= MOST_WAITING:
        raise Failed("temporarily_unavailable", "too many devices wait")
    user_code = new_code()
    while waiting.filter(user_code=hashed(user_code)).exists():
        user_code = new_code()
    device_code = secrets.token_urlsafe(32)
    row = DeviceGrant.objects.create(
        client_id=client.client_id,
        device_code=hashed(device_code),
        user_code=hashed(user_code),
        scope=" ".join(scopes),
        expires=now + WAITS,
        interval=INTERVAL,
    )
    # The first question is never too early.
    DeviceGrant.objects.filter(pk=row.pk).update(last_checked=now - WAITS)
    return device_code, shown(user_code), row


def new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))


def shown(user_code: str) -> str:
    """Return the code as people read it: BCDF-GHJK."""
    return f"{user_code[:4]}-{user_code[4:]}"


def typed(text: str) -> str:
    """Return the code that was typed as ``text``, in whatever case and however parted."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def for_device(client: Row, form: dict[str, str], request, _presented) -> dict[str, Any]:
    """The device asks whether its person has let it in (§3.4). Raises Failed."""
    if not form.get("device_code"):
        raise Failed("invalid_request", "device_code is missing")
    now = timezone.now()
    row = DEVICES.first(hashed(form["device_code"]))
    if row is None or row.client_id != client.client_id:
        raise Failed("invalid_grant")
    if now >= row.expires:
        raise Failed("expired_token")
    if row.status == DeviceGrant.DENIED:
        raise Failed("access_denied")
    if row.status != DeviceGrant.AUTHORIZED:
        wait(row, now)
    if client.rule and not may_enter(person_of(row), client.rule, At(acr=row.acr)):
        raise Failed("access_denied")
    scopes = scopes_for(client, row.scope)
    if not scopes:
        raise Failed("invalid_scope")
    source = Source(row, scopes, uuid4(), row.auth_time + settings.SESSION_TOKENS_AGE, "device_code")
    with transaction.atomic():
        if not DeviceGrant.objects.filter(pk=row.pk, status=DeviceGrant.AUTHORIZED).delete()[0]:
            raise Failed("invalid_grant")
        return issue_for_person(client, source, now, request)


def wait(row: Row, now: datetime) -> None:
    """Tell the device to ask again, and less often when it came too early. Raises Failed."""
    mine = DeviceGrant.objects.filter(pk=row.pk)
    if now < row.last_checked + timedelta(seconds=row.interval) - GRACE:
        mine.update(interval=F("interval") + INTERVAL, last_checked=now)
        raise Failed("slow_down")
    mine.update(last_checked=now)
    raise Failed("authorization_pending")


# --- the person ----------------------------------------------------------------------------------


def claim(text: str, person: User) -> DeviceGrant | None:
    """Return the waiting device whose code was typed as ``text``; from now on it is this person's to decide.

    None for a code that is wrong, has run out, was answered, or that somebody else typed in before.
    """
    mine = Q(user=None) | Q(user=person, epoch=person.security_epoch)
    waiting = DeviceGrant.objects.filter(
        mine,
        user_code=hashed(typed(text)),
        status=DeviceGrant.AUTHORIZATION_PENDING,
        expires__gt=timezone.now(),
    )
    if not waiting.update(user=person, epoch=person.security_epoch):
        return None
    return waiting.first()


@transaction.atomic
def let_in(device: DeviceGrant, system: Application, strength: Strength, *, by: User, request) -> bool:
    """Let the device act for ``by``. Returns whether it still waited for that."""
    answer = {"acr": strength.acr, "amr": strength.amr, "auth_time": strength.auth_time}
    if not decide(device, DeviceGrant.AUTHORIZED, by, **answer):
        return False
    told = {"scopes": device.scope.split(), "device": True}
    record(Action.GRANTED, person=by, client=system, request=request, **told)
    return True


def turn_away(device: DeviceGrant, *, by: User) -> bool:
    return decide(device, DeviceGrant.DENIED, by)


def decide(device: DeviceGrant, status: str, by: User, **answer: Any) -> bool:
    waiting = DeviceGrant.objects.filter(
        pk=device.pk, user=by, epoch=by.security_epoch, status=DeviceGrant.AUTHORIZATION_PENDING
    )
    return bool(waiting.update(status=status, **answer))
