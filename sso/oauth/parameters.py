"""Parameters of requests from other systems, checked once before anything uses them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from sso.models import Application
from sso.models.tokens import Acr, origin_of
from sso.oauth.scopes import scopes_for
from sso.oauth.wanted import NotUnderstood, Wanted, wanted_in
from sso.prepared import PreparedGet

LONGEST_TOKEN = 15000  # of ours that tell something: they grow with a person's posts and roles
LONGEST = {
    "access_token": LONGEST_TOKEN, "acr_values": 500, "client_assertion": 4000,
    "client_assertion_type": 100, "client_id": 255, "client_secret": 255, "code": 255, "code_challenge": 128,
    "code_challenge_method": 10, "code_verifier": 128, "device_code": 255, "grant_type": 80,
    "id_token_hint": LONGEST_TOKEN, "login_hint": 254, "max_age": 10, "nonce": 255, "prompt": 50,
    "redirect_uri": 2000, "refresh_token": 255, "response_mode": 20, "response_type": 50, "scope": 1000,
    "state": 4000, "token": LONGEST_TOKEN, "token_type_hint": 50,
}  # fmt: skip
LONGEST_OF_OTHERS = 8000
LONGEST_QUERY = 16000  # of all together, where they are kept or sent on
ENABLED = PreparedGet(
    Application, lambda client_id: Application.objects.filter(client_id=client_id, is_enabled=True)
)
PLAIN = re.compile(r"[\w.:\[\]-]+", re.ASCII)
S256 = re.compile(r"[A-Za-z0-9_-]{43}")
RESPONSE_MODES = ["query", "form_post"]
PROMPTS = {"none", "login", "consent", "select_account"}


class BadParameter(Exception):
    """A parameter is repeated, too long or holds what cannot be printed; the text says which.

    It stands in ``error_description``, so it names none with other than plain signs (RFC 6749 §5.2).
    """

    def __init__(self, name: str, why: str):
        super().__init__(f"{name if PLAIN.fullmatch(name) else 'a parameter'} {why}")


class Refused(Exception):
    """The request names no registered system and address: the person reads the error, nobody is redirected.

    The text holds no word of the request: anybody can write one, and send people here to read it.
    """

    @classmethod
    def unreadable(cls) -> "Refused":
        return cls(_("A part of the request is there twice, is too long or cannot be read."))


class Answer(Exception):
    """An error that the system itself is told, by a redirect (RFC 6749 §4.1.2.1)."""

    def __init__(self, error: str, description: str = ""):
        super().__init__(error)
        self.parameters = {"error": error} | ({"error_description": description} if description else {})


def read(query: QueryDict, several: Iterable[str] = ("resource",)) -> dict[str, str]:
    """Return each parameter's one value; one without a value is left out (RFC 6749 §3.1). Raises BadParameter."""
    values = {}
    for name, found in query.lists():
        value = found[-1]
        if not name.isprintable() or len(name) > 100:
            raise BadParameter("", "has a name that cannot be read")
        if len(found) > 1 and name not in several:
            raise BadParameter(name, "is repeated")
        if not value.isprintable():
            raise BadParameter(name, "holds characters that cannot be printed")
        if len(value) > LONGEST.get(name, LONGEST_OF_OTHERS):
            raise BadParameter(name, "is too long")
        if value:
            values[name] = value
    return values


@dataclass
class Asked:
    """An authentication request (OpenID Connect Core §3.1.2.1) of a registered system."""

    client: Application
    redirect_uri: str
    state: str = ""
    scopes: list[str] = field(default_factory=list)
    nonce: str = ""
    code_challenge: str = ""
    prompt: set[str] = field(default_factory=set)
    max_age: int | None = None
    acr: str = Acr.PASSWORD.value  # the least of those that the system would like
    login_hint: str = ""
    id_token_hint: str = ""
    ui_locales: list[str] = field(default_factory=list)
    wanted: Wanted = field(default_factory=Wanted)
    pushed: str = ""  # the digest of a request that was sent ahead
    by_form: bool = False  # how the answer goes back (OAuth 2.0 Form Post Response Mode); else in the address

    @property
    def told(self) -> list[str]:
        """The scopes that say all that the system would learn."""
        return [*self.scopes, *sorted(self.wanted.scopes - set(self.scopes))]


def asked_in(query: QueryDict) -> Asked:
    """Return who asks and where the answer goes. Raises Refused; the rest is read by ``fill``."""
    try:
        values = {name: read_one(query, name) for name in ("client_id", "redirect_uri")}
    except BadParameter as error:
        raise Refused.unreadable() from error
    client = ENABLED.first(values["client_id"])
    if client is None or not client.allows_grant_type(Application.GRANT_AUTHORIZATION_CODE):
        raise Refused(_("No such system is registered here."))
    if not client.redirect_uri_allowed(values["redirect_uri"]):
        raise Refused(_("The address to return to is not the one registered for this system."))
    return Asked(client, values["redirect_uri"])


def read_one(query: QueryDict, name: str) -> str:
    part = QueryDict(mutable=True)
    part.setlist(name, query.getlist(name) or [""])
    return read(part).get(name, "")


def fill(asked: Asked, query: QueryDict) -> None:
    """Read all else of the request into ``asked``. Raises Answer."""
    try:
        asked.state = read_one(query, "state")
        values = read(query)
    except BadParameter as error:
        raise Answer("invalid_request", str(error)) from error
    mode = values.get("response_mode", "query")
    asked.by_form = mode == "form_post" and origin_of(asked.redirect_uri) != ""  # apps take no forms
    if mode != "query" and not asked.by_form:
        raise Answer("invalid_request", f"response_mode must be one of {' '.join(RESPONSE_MODES)}")
    if "request" in values:
        raise Answer("request_not_supported")
    if "request_uri" in values:
        raise Answer("request_uri_not_supported")
    if not values.get("response_type"):
        raise Answer("invalid_request", "response_type is missing")
    if values["response_type"] != "code":
        raise Answer("unsupported_response_type")
    asked.scopes = scopes_for(asked.client, values.get("scope", ""))
    if not asked.scopes:
        raise Answer("invalid_scope", "none of the scopes is allowed for this client")
    audience = asked.client.token_audience
    if audience and {*query.getlist("resource"), audience} != {audience}:
        raise Answer("invalid_target", "access tokens of this client are for another resource")
    asked.code_challenge = values.get("code_challenge", "")
    knows_pkce = "code_challenge" in query or "code_challenge_method" in query
    if knows_pkce or asked.client.needs_pkce:
        is_s256 = S256.fullmatch(asked.code_challenge) and values.get("code_challenge_method") == "S256"
        if not is_s256:
            raise Answer("invalid_request", "PKCE with code_challenge_method S256 is required")
    asked.nonce = values.get("nonce", "")
    asked.prompt = set(values.get("prompt", "").split())
    if asked.prompt - PROMPTS or ("none" in asked.prompt and len(asked.prompt) > 1):
        raise Answer("invalid_request", "prompt has a value that is unknown or contradicts another")
    if "max_age" in values:
        if not values["max_age"].isdecimal():
            raise Answer("invalid_request", "max_age must be a whole number")
        asked.max_age = int(values["max_age"])
    try:
        asked.wanted = wanted_in(values.get("claims", ""), asked.client.allowed_scopes)
    except NotUnderstood:
        raise Answer("invalid_request", "claims must be a JSON object of objects") from None
    known = [acr for acr in values.get("acr_values", "").split() if acr in Acr.values]
    asked.acr = min(known, default=asked.wanted.acr)
    asked.ui_locales = values.get("ui_locales", "").split()
    asked.login_hint = values.get("login_hint", "")
    asked.id_token_hint = values.get("id_token_hint", "")
