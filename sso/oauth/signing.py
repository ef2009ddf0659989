"""Tokens that systems can check by themselves: signed with RS256 or ES256 (RFC 7515, RFC 7519)."""

import json
from typing import Any

from django.conf import settings
from joserfc import jws, jwt
from joserfc.errors import JoseError

from sso.models.keys import Algorithm
from sso.services.keys import key_named, signing_key


def issuer() -> str:
    return settings.BASE_URL


def sign(claims: dict[str, Any], algorithm: str = Algorithm.RS256, typ: str = "JWT") -> str:
    """Return ``claims`` as a signed token; ``typ`` says what kind, such as "logout+jwt"."""
    kept = signing_key(algorithm)
    header = {"alg": kept.algorithm, "kid": kept.kid, "typ": typ}
    return jwt.encode(header, claims, kept.key, algorithms=[kept.algorithm])


def read_hint(token: str) -> dict[str, Any] | None:
    """Return the claims of an ID token of ours, also of an expired one; None when we did not sign it."""
    claims = verified(token, "JWT")
    return claims if claims and claims.get("iss") == issuer() else None


def named_by_lost_key(token: str) -> str | None:
    """Return for which system ``token`` says to be when we do not know its key (any more): nothing is proved by it.

    None when we know the key, and for what cannot be read.
    """
    try:
        found = jws.extract_compact(token.encode())
        header, name = found.headers(), json.loads(found.payload)["aud"]
        if header["alg"] not in Algorithm.values or key_named(header["kid"], header["alg"]):
            return None
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return name if isinstance(name, str) and name.isprintable() else None


def verified(token: str, typ: str) -> dict[str, Any] | None:
    """Return the claims of a token of the kind ``typ`` that carries our signature, else None."""
    try:
        header = jws.extract_compact(token.encode()).headers()
        if header.get("typ") != typ or header.get("alg") not in Algorithm.values:
            return None
        key = key_named(header.get("kid", ""), header["alg"])
        return jwt.decode(token, key, algorithms=[header["alg"]]).claims if key else None
    except (JoseError, ValueError):
        return None
