"""What the provider says of itself: its addresses, what it can, its public keys."""

from functools import cache
from json import dumps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from sso.models.keys import Algorithm
from sso.models.tokens import Acr
from sso.oauth.assertions import ALGORITHMS
from sso.oauth.claims import NAMES
from sso.oauth.exchange import GRANTS
from sso.oauth.parameters import RESPONSE_MODES
from sso.oauth.scopes import TEXTS
from sso.oauth.signing import issuer
from sso.services.keys import PUBLISHED_FOR, published

METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
SECONDS = int(PUBLISHED_FOR.total_seconds())


@login_not_required
@require_safe
def keys(request):
    """The public keys by which systems check our signatures (RFC 7517)."""
    return for_everybody(dumps({"keys": published()}))


@login_not_required
@require_safe
def discovery(request):
    """OpenID Connect Discovery 1.0 §3 and RFC 8414."""
    return for_everybody(described(issuer()))


def for_everybody(text: str) -> HttpResponse:
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": f"public, max-age={SECONDS}"}
    return HttpResponse(text, content_type="application/json", headers=headers)


@cache
def described(at: str) -> str:
    """What the issuer ``at`` offers."""
    return dumps(
        {
            "issuer": at,
            "authorization_endpoint": at + reverse("oauth-authorize"),
            "token_endpoint": at + reverse("oauth-token"),
            "userinfo_endpoint": at + reverse("oauth-userinfo"),
            "jwks_uri": at + reverse("oauth-jwks"),
            "introspection_endpoint": at + reverse("oauth-introspect"),
            "revocation_endpoint": at + reverse("oauth-revoke"),
            "end_session_endpoint": at + reverse("oauth-end-session"),
            "scopes_supported": list(TEXTS),
            "claims_supported": NAMES,
            "response_types_supported": ["code"],
            "response_modes_supported": RESPONSE_MODES,
            "grant_types_supported": list(GRANTS),
            "device_authorization_endpoint": at + reverse("oauth-device"),
            "subject_types_supported": ["public", "pairwise"],
            "id_token_signing_alg_values_supported": Algorithm.values,
            "token_endpoint_auth_methods_supported": [*METHODS, "none"],
            "introspection_endpoint_auth_methods_supported": METHODS,
            "revocation_endpoint_auth_methods_supported": [*METHODS, "none"],
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
            "frontchannel_logout_supported": True,
            "frontchannel_logout_session_supported": True,
            **{
                f"{name}_endpoint_auth_signing_alg_values_supported": ALGORITHMS
                for name in ("token", "introspection", "revocation")
            },
            "pushed_authorization_request_endpoint": at + reverse("oauth-par"),
            "require_pushed_authorization_requests": False,
            "code_challenge_methods_supported": ["S256"],
            "acr_values_supported": Acr.values,
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "ui_locales_supported": ["vi", "en"],
            "claims_parameter_supported": True,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "authorization_response_iss_parameter_supported": True,
        }
    )
