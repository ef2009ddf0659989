"""ID tokens (OpenID Connect Core §2), signed with RS256."""

import json
from typing import Any

from django.conf import settings
from jwcrypto import jws, jwt
from jwcrypto.common import JWException
from oauth2_provider.settings import oauth2_settings
from oauth2_provider.utils import jwk_from_pem

ALGORITHM = "RS256"


def issuer() -> str:
    return settings.BASE_URL


def sign(claims: dict[str, Any]) -> str:
    key = jwk_from_pem(oauth2_settings.OIDC_RSA_PRIVATE_KEY)
    header = {"typ": "JWT", "alg": ALGORITHM, "kid": key.thumbprint()}
    token = jws.JWS(json.dumps(claims))
    token.add_signature(key, protected=json.dumps(header))
    return token.serialize(compact=True)


def read_hint(token: str) -> dict[str, Any] | None:
    """Return the claims of an ID token of ours, also of an expired one; None when we did not sign it."""
    for pem in [oauth2_settings.OIDC_RSA_PRIVATE_KEY, *oauth2_settings.OIDC_RSA_PRIVATE_KEYS_INACTIVE]:
        try:
            verified = jwt.JWT(jwt=token, key=jwk_from_pem(pem), algs=[ALGORITHM], check_claims={})
            claims = json.loads(verified.claims)
        except (JWException, ValueError, TypeError):
            continue
        return claims if claims.get("iss") == issuer() else None
    return None
