"""ID tokens (OpenID Connect Core §2), signed with RS256."""

from functools import cache
from typing import Any

from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from oauth2_provider.settings import oauth2_settings

ALGORITHM = "RS256"


def issuer() -> str:
    return settings.BASE_URL


@cache
def key_of(pem: str) -> RSAKey:
    """Return the key of ``pem`` with its thumbprint (RFC 7638) as "kid"; reading one takes longer than signing."""
    key = RSAKey.import_key(pem)
    key.ensure_kid()
    return key


def sign(claims: dict[str, Any]) -> str:
    key = key_of(oauth2_settings.OIDC_RSA_PRIVATE_KEY)
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


def verification_keys() -> list[RSAKey]:
    """The keys whose signatures are ours, the one in use first."""
    pems = [oauth2_settings.OIDC_RSA_PRIVATE_KEY, *oauth2_settings.OIDC_RSA_PRIVATE_KEYS_INACTIVE]
    return [key_of(pem) for pem in pems]


def read_hint(token: str) -> dict[str, Any] | None:
    """Return the claims of an ID token of ours, also of an expired one; None when we did not sign it."""
    for key in verification_keys():
        try:
            claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            continue
        return claims if claims.get("iss") == issuer() else None
    return None
