"""What one query tells about a person who signs in, and what the sign-in leaves behind.

Whether a second step stands between, whether one is due, whether the device and the place are known.
"""

import re
from datetime import timedelta
from ipaddress import ip_address, ip_network
from math import ceil

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from sso.models import Role, SignInMemory, User
from sso.prepared import PreparedLookup, Row
from sso.signals import signed_in_from_new_device
from sso.writes import PreparedInsert

MOST_KEPT = 30
MUST_ENROL = "must_enrol"  # in the session of a person who may do nothing else first
BROWSERS = [  # the first word found in the user agent; the more general names come last
    ("Edg", "Edge"), ("OPR", "Opera"), ("coc_coc_browser", "Cốc Cốc"), ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
]  # fmt: skip
SYSTEMS = [
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iPadOS"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
]  # fmt: skip
WORD = re.compile(r"[A-Za-z][\w.-]{0,29}", re.ASCII)


def _standing(person: int):
    factors = Authenticator.objects.filter(user=OuterRef("pk"))
    roles = Role.objects.filter(user=OuterRef("pk"))
    return User.objects.filter(pk=person).annotate(
        has_passkey=Exists(factors.filter(type=Authenticator.Type.WEBAUTHN)),
        has_app=Exists(factors.filter(type=Authenticator.Type.TOTP)),
        **{name: Exists(roles.filter(name=name)) for name in ROLES},
    )


ROLES = (Role.SYSTEM_ADMIN, Role.UNIT_ADMIN, Role.CLERK)
STANDING = PreparedLookup(
    _standing,
    mark=-1,
    has_passkey="has_passkey",
    has_app="has_app",
    is_superuser="is_superuser",
    remembered="sign_in_memory__user_id",
    devices="sign_in_memory__devices",
    places="sign_in_memory__places",
    told_at="sign_in_memory__told_at",
    **{name: name for name in ROLES},
)


def standing_of(person: User) -> Row:
    """Return how ``person`` stands: factors, roles, memory of sign-ins. One query, never kept."""
    return STANDING.first(person.pk)


def has_factor(standing: Row) -> bool:
    return standing.has_passkey or standing.has_app


# --- the duty to have a second factor ------------------------------------------------------------


def has_duty(standing: Row) -> bool:
    return bool(grace_of(standing))


def grace_of(standing: Row) -> list[int]:
    """Return the days of grace of each role by which the person must have a second factor."""
    return [
        days
        for role, days in settings.MFA_DUTY.items()
        if role == "everybody"
        or getattr(standing, role, False)
        or (role == Role.SYSTEM_ADMIN and standing.is_superuser)
    ]


def days_left(standing: Row) -> int | None:
    """Return in how many days the person must have a second factor (0: now), None when nothing is due."""
    grace = grace_of(standing)
    if not grace or has_factor(standing):
        return None
    end = (standing.told_at or timezone.now()) + timedelta(days=min(grace))
    return max(0, ceil((end - timezone.now()) / timedelta(days=1)))


# --- devices and places --------------------------------------------------------------------------


remember = PreparedInsert(SignInMemory, instead=("devices", "places", "told_at"))


def note_sign_in(person: User, standing: Row, user_agent: str, address: str) -> None:
    """Remember from where the person signs in, and since when a second factor is due; tell of a new device or place.

    The first device ever is told to nobody. Writes only when there is something new.
    """
    device, place = device_of(user_agent), place_of(address)
    is_new = device not in (standing.devices or ()) or place not in (standing.places or ())
    is_told = standing.told_at is None and days_left(standing) is not None
    if not is_new and not is_told:
        return
    values = {
        "devices": newest(standing.devices, device),
        "places": newest(standing.places, place),
        "told_at": timezone.now() if is_told else standing.told_at,
    }
    remember(user_id=person.pk, **values)
    if is_new and standing.devices:
        signed_in_from_new_device.send(User, person=person, device=device, address=address)


def newest(known: list[str] | None, one: str) -> list[str]:
    return [*(other for other in known or () if other != one), one][-MOST_KEPT:]


def device_of(user_agent: str) -> str:
    """Return the family of browser and system: "Chrome · Windows". Others are called by their first word."""
    browser = next((name for word, name in BROWSERS if word in user_agent), "")
    system = next((name for word, name in SYSTEMS if word in user_agent), "")
    if not browser:
        found = WORD.match(user_agent)
        browser = found[0] if found else "?"
    return f"{browser} · {system}" if system else browser


def place_of(address: str) -> str:
    """Return the network that ``address`` is in: /24 of IPv4, /48 of IPv6."""
    try:
        known = ip_address(address)
    except ValueError:
        return "?"
    known = getattr(known, "ipv4_mapped", None) or known
    return str(ip_network((known, 24 if known.version == 4 else 48), strict=False))
