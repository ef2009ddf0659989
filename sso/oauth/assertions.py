"""Systems that prove themselves by a signature instead of a secret: private_key_jwt (RFC 7523 §3)."""

import json
import time
from contextlib import suppress
from typing import Any

from django.urls import reverse
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from sso.oauth.signing import issuer
from sso.services.spent import spend

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ["ES256", "PS256", "RS256"]
LONGEST_LIFE = 600  # seconds; shorter than what ``spend`` remembers
LEEWAY = 30
ASKED_AT = ("oauth-token", "oauth-par", "oauth-introspect", "oauth-revoke", "oauth-device")
MOST_KEYS = 10  # that are tried, so that a stranger's request costs little


def name_in(assertion: str) -> str:
    """Return the client_id that ``assertion`` claims to come from, "" when it cannot be read. Nothing is proved."""
    try:
        claims = json.loads(jws.extract_compact(assertion.encode()).payload)
        name = claims["iss"]
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return name if isinstance(name, str) and name.isprintable() and len(name) <= 255 else ""


def is_proven(assertion: str, client_id: str, keys: dict[str, Any]) -> bool:
    """Say whether ``assertion`` was signed for us by one of ``keys``, just now, and is seen for the first time."""
    try:
        claims = signed_by_one_of(keys, assertion)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    if claims is None:
        return False
    if not is_for_us(claims.get("aud")):
        return False
    if claims.get("iss") != client_id or claims.get("sub") != client_id or not is_timely(claims):
        return False
    jti = claims.get("jti")
    return isinstance(jti, str) and bool(jti) and jti.isprintable() and spend(f"assertion {client_id}", jti)


def signed_by_one_of(keys: dict[str, Any], assertion: str) -> dict[str, Any] | None:
    """Return the claims of ``assertion`` when one of ``keys`` has signed it: that of its "kid", where both have one.

    Raises JoseError and others for what cannot be read.
    """
    kid = jws.extract_compact(assertion.encode()).headers().get("kid")
    fitting = [key for key in keys["keys"] if kid is None or key.get("kid") in {None, kid}]
    for key in fitting[:MOST_KEYS]:
        with suppress(JoseError, ValueError):  # another's signature, or a key of another kind
            return jwt.decode(assertion, import_key(key), algorithms=ALGORITHMS).claims
    return None


def is_for_us(audience: Any) -> bool:
    """Say whether ``audience`` names us, by the issuer or an address that assertions are sent to (RFC 9126 §2).

    And nobody else: what another server was meant to take, too, it could pass on to us.
    """
    named = audience if isinstance(audience, list) else [audience]
    ours = [issuer(), *(issuer() + reverse(name) for name in ASKED_AT)]
    return bool(named) and all(one in ours for one in named)


def is_timely(claims: dict[str, Any]) -> bool:
    now, end, start = time.time(), claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(end, (int, float)) or not isinstance(start, (int, float)):
        return False
    return start - LEEWAY <= now < end + LEEWAY and end <= now + LONGEST_LIFE
