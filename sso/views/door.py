"""The door before systems that know no OpenID Connect: nginx asks here about every request (auth_request).

nginx passes ``/.intranet/`` of the system's own host on to these addresses and shows the system's client ID and secret
in headers that it sets itself. Whoever has no cookie of that host goes through the ordinary authorization endpoint, so
rule, consent and strength are the same as for every other system. The cookie is the refresh token of that sign-in: kept
as a hash, bound to the session and the person's epoch, and useless to anybody without the secret. No rule looks at a
path, so no way of writing an address passes one.
"""

import secrets
from datetime import timedelta
from functools import wraps
from urllib.parse import quote, urlsplit

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from oauth2_provider.settings import oauth2_settings

from sso.models import Application, RefreshToken
from sso.models.credentials import hashed
from sso.oauth import parameters
from sso.oauth.claims import PERSON, person_of
from sso.oauth.clients import ENABLED, proves_itself
from sso.oauth.exchange import Failed, challenge_of, exchange, presented_in
from sso.oauth.parameters import BadParameter, read
from sso.oauth.scopes import still_allowed
from sso.oauth.signing import issuer
from sso.prepared import PreparedLookup, Row
from sso.presets import GATEWAY
from sso.services.rules import At, may_enter
from sso.services.uses import note_use

SALT = "sso.door"
START_SECONDS = 600
LONGEST_BACK = 1500  # it goes into a cookie, and nginx takes no more than 4 kB of headers from us
LONGEST_COOKIE = 200
HELD = PreparedLookup(
    lambda checksum: RefreshToken.objects.in_force().filter(token_checksum=checksum, revoked=None),
    client="application_id",
    created="created",
    end="absolute_expiry",
    acr="acr",
    scope="scope",
    **PERSON,
)


def for_nginx(view):
    """Call ``view(request, system)`` for the system whose secret the server before it has shown; others get 404."""

    @csrf_exempt
    @login_not_required
    @require_safe
    @wraps(view)
    def wrapped(request):
        client_id, key = request.headers.get("X-Door-System", ""), request.headers.get("X-Door-Key", "")
        system = parameters.ENABLED.first(client_id) if client_id.isprintable() and key else None
        is_ours = (
            system and system.client_type == Application.CLIENT_CONFIDENTIAL and proves_itself(system, key)
        )
        response = view(request, system) if is_ours and address_of(system) else HttpResponse(status=404)
        response.headers["Cache-Control"] = "no-store"
        return response

    return wrapped


def address_of(system: Application) -> str:
    """Return the address to come back to, "" for a system that is not behind this door."""
    return next((uri for uri in system.redirect_uris.split() if uri.endswith(GATEWAY)), "")


@for_nginx
def check(request, system):
    """Answer 200 with who it is, or 401."""
    held = held_by(request.COOKIES.get(cookie_name(system), ""), system)
    if held is None:
        return stranger()
    person, address = person_of(held), request.headers.get("X-Door-Address") or None
    if not may_enter(person, system.rule, At(address, held.acr)):
        return stranger()
    scopes = still_allowed(held.scope, system.allowed_scopes)
    note_use(held.user_id, held.user_subject, held.client, " ".join(scopes))
    response = HttpResponse()
    for name, value in facts_of(person, scopes).items():
        response.headers[name] = value
    return response


def stranger() -> HttpResponse:
    response = HttpResponse(status=401)
    response._has_been_logged = True  # everybody comes as a stranger first: that is no news
    return response


def held_by(cookie: str, system: Application) -> Row | None:
    """Return what stands behind ``cookie`` as long as it is in force. One query."""
    if not cookie or len(cookie) > LONGEST_COOKIE:
        return None
    held, now = HELD.first(hashed(cookie)), timezone.now()
    if held is None or held.client != system.pk or not held.user_is_active:
        return None
    idle = timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
    return held if now < held.created + idle and now < held.end else None


def facts_of(person, scopes: list[str]) -> dict[str, str]:
    """Return the headers by which the system learns who it is; names are percent-encoded UTF-8."""
    facts = {"X-Door-User": person.username}
    if "profile" in scopes:
        facts["X-Door-Name"] = quote(person.full_name)
    if "email" in scopes:
        facts["X-Door-Mail"] = quote(person.email, safe="@+")
    if "organization" in scopes and person.unit:
        facts["X-Door-Unit"] = quote(person.unit.code)
    return facts


@for_nginx
def start(request, system):
    """Send the browser to sign in, and remember where it wanted to go."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    back = safe_back(request.META["QUERY_STRING"].partition("back=")[2])
    query = {
        "client_id": system.client_id,
        "redirect_uri": address_of(system),
        "response_type": "code",
        "scope": " ".join(system.allowed_scopes),
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    response = HttpResponseRedirect(f"{issuer()}{reverse('oauth-authorize')}?{urlencode(query)}")
    kept = signing.dumps([state, verifier, back], salt=SALT + system.client_id)
    set_cookie(response, system, cookie_name(system, "start"), kept, START_SECONDS)
    return response


def safe_back(target: str) -> str:
    """Return ``target``, which is written as the browser sent it, when it is a path of the same host; else "/"."""
    is_path = target.startswith("/") and not target.startswith(("//", "/\\", "/.intranet/"))
    return (
        target
        if is_path and target.isascii() and target.isprintable() and len(target) <= LONGEST_BACK
        else "/"
    )


@for_nginx
def callback(request, system):
    """Turn the code into the cookie of this host, and go where the browser wanted to go."""
    try:
        answer = read(request.GET)
        kept = request.COOKIES.get(cookie_name(system, "start"), "")
        state, verifier, back = signing.loads(kept, salt=SALT + system.client_id, max_age=START_SECONDS)
    except (BadParameter, signing.BadSignature, ValueError):
        return HttpResponseRedirect("/")  # begun in another browser, or too long ago: begin again
    if not constant_time_compare(answer.get("state", ""), state) or answer.get("iss") != issuer():
        return HttpResponseRedirect("/")
    if "code" not in answer:
        return HttpResponse(answer.get("error", ""), status=403, content_type="text/plain; charset=utf-8")
    form = {"grant_type": "authorization_code", "code": answer["code"], "code_verifier": verifier,
            "redirect_uri": address_of(system)}  # fmt: skip
    try:
        tokens = exchange(ENABLED.first(system.client_id), form, request, presented_in(form))
    except Failed:
        return HttpResponseRedirect("/")
    response = HttpResponseRedirect(back)
    response.delete_cookie(cookie_name(system, "start"))
    set_cookie(response, system, cookie_name(system), tokens["refresh_token"], None)
    return response


@for_nginx
def leave(request, system):
    """Sign out: the page of the intranet asks; with its session this cookie is worth nothing any more."""
    return HttpResponseRedirect(issuer() + reverse("account_logout"))


def cookie_name(system: Application, what: str = "door") -> str:
    name = "door" if what == "door" else f"door-{what}"
    return f"__Host-{name}" if is_https(system) else name


def set_cookie(response, system: Application, name: str, value: str, seconds: int | None) -> None:
    response.set_cookie(name, value, max_age=seconds, secure=is_https(system), httponly=True, samesite="Lax")


def is_https(system: Application) -> bool:
    return urlsplit(address_of(system)).scheme == "https"
