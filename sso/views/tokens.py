"""The endpoints that other programs call: no session, no template, few queries.

``ProgramsMiddleware`` hands their requests straight to them, past all that only pages need.
"""

import time
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from oauth2_provider.utils import parse_bearer_token

from sso.models import AccessToken
from sso.models.credentials import hashed
from sso.oauth.claims import PERSON, claims_of, person_of, subject_for
from sso.oauth.clients import client_of, its_client
from sso.oauth.exchange import Failed, exchange, presented_in
from sso.oauth.exchange import revoke as revoke_token
from sso.oauth.pages import for_pages
from sso.oauth.parameters import BadParameter, read
from sso.oauth.scopes import still_allowed
from sso.oauth.signing import issuer
from sso.oauth.wanted import told_of
from sso.prepared import PreparedLookup, Row
from sso.services.rules import At, may_enter
from sso.services.tokens import MAIL_CLIENT
from sso.services.uses import note_use, told_by

ACCESS_TOKENS = PreparedLookup(
    lambda checksum: AccessToken.objects.in_force().filter(token_checksum=checksum),
    created="created",
    expires="expires",
    scope="scope",
    audience="audience",
    client="application_id",
    client_id="application__client_id",
    is_enabled="application__is_enabled",
    allowed="application__allowed_scopes",
    subject_group="application__subject_group",
    rule="application__rule",
    acr="acr",
    claims="claims",
    **PERSON,
)


def for_programs(view):
    """Read the form once, as ``view(request, form)``; answer bad parameters with 400 and forbid caching."""

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        try:
            response = view(request, read(request.POST))
        except BadParameter as error:
            response = failure("invalid_request", str(error))
        except (BadRequest, MultiPartParserError, SuspiciousOperation):
            response = failure("invalid_request", "the form cannot be read")
        except Failed as error:
            response = failure(error.error, error.description)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"  # RFC 6749 §5.1
        return response

    return wrapped


def failure(error: str, description: str = "", status: int = 400) -> JsonResponse:
    return JsonResponse(
        {"error": error, "error_description": description} if description else {"error": error}, status=status
    )


def unknown_client() -> JsonResponse:
    response = failure("invalid_client", status=401)
    response["WWW-Authenticate"] = 'Basic realm="oauth"'
    return response


@for_pages
@require_POST
@for_programs
def token(request, form):
    """RFC 6749 §3.2: codes, refresh tokens and client credentials become access tokens."""
    presented = presented_in(form)
    request.system = client = client_of(request, form, or_public=True, expected=its_client(presented))
    return unknown_client() if client is None else JsonResponse(exchange(client, form, request, presented))


@for_pages
@require_POST
@for_programs
def revoke(request, form):
    """RFC 7009. A token that is unknown or another's is answered like one that was revoked.

    The standard wants no body; some clients, such as simple-oauth2, read each answer as JSON.
    """
    if not form.get("token"):
        return failure("invalid_request", "token is missing")
    request.system = client = client_of(request, form, or_public=True)
    if client is None:
        return unknown_client()
    revoke_token(client, form["token"], request)
    return JsonResponse({})


@require_POST
@for_programs
def introspect(request, form):
    """RFC 7662, for the system that got the token, its audience, and the servers of its scopes only."""
    if not form.get("token"):
        return failure("invalid_request", "token is missing")
    client = client_of(request, form)
    if client is None:
        return unknown_client()
    found = living(form["token"])
    if found is None or not may_introspect(client, found):
        return JsonResponse({"active": False})
    answer = {
        "active": True,
        "token_type": "Bearer",
        "client_id": found.client_id,
        "scope": found.scope,
        "iss": issuer(),
        "iat": int(found.created.timestamp()),
        "exp": int(found.expires.timestamp()),
    }
    if found.user_id:
        if found.client_id != MAIL_CLIENT:  # the suite's own
            note_use(found.user_id, found.user_subject, found.client, found.scope)
        answer["sub"] = subject_for(found.user_subject, client.subject_group)
        if learns_account(client, found):
            answer["username"] = found.user_username
    return JsonResponse(answer)


def may_introspect(client: Row, found: Row) -> bool:
    if found.client == client.pk or client.client_id in found.audience:
        return True
    return bool(set(client.serves_scopes) & set(found.scope.split()))


def learns_account(client: Row, found: Row) -> bool:
    """Say whether the account name is for ``client``: as the server of a scope, or where both have "profile"."""
    scopes = set(found.scope.split())
    return bool(set(client.serves_scopes) & scopes) or "profile" in scopes & set(client.allowed_scopes)


@for_pages
@require_http_methods(["GET", "POST"])
@for_programs
def userinfo(request, form):
    """OpenID Connect Core §5.3. The token comes in the header or the form, never in the address."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    in_header, in_form = parse_bearer_token(header), form.get("access_token", "")
    if in_header and in_form:  # RFC 6750 §2
        return no_bearer("invalid_request", 400)
    raw = in_header or in_form
    if not raw and header[:7].lower() != "bearer ":  # nothing is wrong yet (RFC 6750 §3.1)
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="oauth"'})
    request.system = found = living(raw)
    if found is None or not found.user_id:
        return no_bearer("invalid_token", 401)
    if found.audience and issuer() not in found.audience:  # it is for an API only (RFC 9068 §4)
        return no_bearer("invalid_token", 401)
    scopes = found.scope.split()
    if "openid" not in scopes:
        return no_bearer("insufficient_scope", 403)
    claims = told_of(found.claims.split(), found.allowed)
    note_use(found.user_id, found.user_subject, found.client, told_by(found.scope, " ".join(claims)))
    subject = {"sub": subject_for(found.user_subject, found.subject_group)}
    return JsonResponse(subject | claims_of(person_of(found), scopes, claims))


def no_bearer(error: str, status: int) -> JsonResponse:
    response = failure(error, status=status)
    response["WWW-Authenticate"] = f'Bearer realm="oauth", error="{error}"'
    return response


def living(raw: str) -> Row | None:
    """Return the access token when it, its system and its person are all in force. One query.

    Of its scopes those count that the system may still have; with none of them left it is good for nothing.
    """
    found = ACCESS_TOKENS.first(hashed(raw)) if raw else None
    if found is None or found.expires.timestamp() <= time.time() or not found.is_enabled:
        return None
    scope = " ".join(still_allowed(found.scope, found.allowed))
    if not scope:
        return None
    if scope != found.scope:
        found = found._replace(scope=scope)
    if not found.user_id:
        return found
    if not found.user_is_active or (
        found.rule and not may_enter(person_of(found), found.rule, At(acr=found.acr))
    ):
        return None
    return found
