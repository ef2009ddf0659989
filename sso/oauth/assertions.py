"""Systems that prove themselves by a signature instead of a secret: private_key_jwt (RFC 7523 §3)."""

import json
import time
from typing import Any

from django.urls import reverse
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from sso.oauth.signing import issuer
from sso.services.spent import spend

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ["ES256", "PS256", "RS256"]
LONGEST_LIFE = 600  # seconds; shorter than what ``spend`` remembers
LEEWAY = 30


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
        claims = jwt.decode(assertion, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        return False
    audience = claims.get("aud")
    ours = {issuer(), *(issuer() + reverse(name) for name in ("oauth-token", "oauth-par"))}  # RFC 9126 §2
    if not ours & {
        one for one in (audience if isinstance(audience, list) else [audience]) if isinstance(one, str)
    }:
        return False
    if claims.get("iss") != client_id or claims.get("sub") != client_id or not is_timely(claims):
        return False
    jti = claims.get("jti")
    return isinstance(jti, str) and bool(jti) and jti.isprintable() and spend(f"assertion {client_id}", jti)


def is_timely(claims: dict[str, Any]) -> bool:
    now, end, start = time.time(), claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(end, (int, float)) or not isinstance(start, (int, float)):
        return False
    return start - LEEWAY <= now < end + LEEWAY and end <= now + LONGEST_LIFE
