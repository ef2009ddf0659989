"""A live check of a registered system: does it answer where it says, does it use PKCE, does it take sign-outs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.db import models
from django.http import QueryDict
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sso.models import Application, User
from sso.oauth.parameters import S256, Refused
from sso.oauth.pushed import question_in
from sso.oauth.scopes import scopes_for
from sso.oauth.signing import issuer
from sso.outbound import Answer, Unreachable, call
from sso.permissions import is_system_admin, require
from sso.presets import GATEWAY

MOST_STEPS = 5
FORGED = "eyJhbGciOiJub25lIn0.eyJldmVudHMiOnt9fQ."  # a logout token that nobody has signed


class What(models.TextChoices):
    RETURN = "return", _("address after sign-in")
    START = "start", _("beginning of the sign-in")
    PKCE = "pkce", _("protection of the code (PKCE)")
    SCOPES = "scopes", _("what the system asks for")
    BACK = "back", _("back-channel logout")
    FRONT = "front", _("front-channel logout")


@dataclass(frozen=True)
class Finding:
    """What was looked at and found; ``is_good`` is None for what could not be told or is odd, but no fault."""

    what: What
    address: str
    is_good: bool | None
    words: object


def check_system(system: Application, *, by: User) -> list[Finding]:
    """Return the findings, in the order of What. Only addresses of ``system`` itself are called."""
    require(is_system_admin(by))
    jobs: list[Callable[[], list[Finding]]] = [
        lambda uri=uri: [reached(What.RETURN, uri) if system.is_certain_at(uri) else elsewhere(uri)]
        for uri in system.redirect_uris.split()
    ]
    if system.authorization_grant_type == Application.GRANT_AUTHORIZATION_CODE:
        jobs.append(lambda: started(system))
    if system.backchannel_logout_uri:
        jobs.append(lambda: [told(system.backchannel_logout_uri)])
    elif could_be_told(system):
        jobs.append(
            lambda: [
                Finding(What.BACK, "", None, _("it is not told of sign-outs: people stay signed in there"))
            ]
        )
    if system.frontchannel_logout_uri:
        jobs.append(lambda: [reached(What.FRONT, system.frontchannel_logout_uri)])
    with ThreadPoolExecutor(max_workers=6) as pool:
        return [finding for found in pool.map(lambda job: job(), jobs) for finding in found]


def could_be_told(system: Application) -> bool:
    """Say whether ``system``, without a back-channel address, misses sign-outs that it might hear of with one."""
    is_for_people = system.authorization_grant_type == Application.GRANT_AUTHORIZATION_CODE
    is_served = not system.is_public and GATEWAY not in system.redirect_uris
    return is_for_people and is_served and not system.frontchannel_logout_uri


def asked(what: What, method: str, address: str, form=None) -> Answer | Finding:
    try:
        return call(method, address, form)
    except Unreachable as error:
        return Finding(what, address, False, error.trouble.label)


def reached(what: What, address: str) -> Finding:
    answer = asked(what, "GET", address)
    if isinstance(answer, Finding):
        return answer
    if answer.status >= 500:  # some do so when they are called without a code
        return Finding(what, address, None, _("the server answers with an error of its own"))
    if answer.status in {404, 410}:
        return Finding(
            what, address, None, _("the server answers that there is no such page; compare the address")
        )
    return Finding(what, address, True, _("answers"))


def elsewhere(address: str) -> Finding:
    return Finding(
        What.RETURN, address, None, _("it is on the person's device and cannot be called from here")
    )


def started(system: Application) -> list[Finding]:
    """Begin the sign-in where the tile does, and look at what the system asks for."""
    if not system.tile_url:
        return [Finding(What.START, "", None, _("without an address of the tile this cannot be tried"))]
    hosts = {urlsplit(uri).netloc for uri in [*system.redirect_uris.split(), system.tile_url]}
    address = system.tile_url
    for _step in range(MOST_STEPS):
        answer = asked(What.START, "GET", address)
        if isinstance(answer, Finding):
            return [answer]
        if not answer.location:
            break
        try:
            address = urljoin(address, answer.location)
            host = urlsplit(address).netloc
        except ValueError:  # no address at all
            host = ""
        if address.startswith(f"{issuer()}{reverse('oauth-authorize')}?"):
            return looked_at(system, address)
        if host not in hosts:
            return [Finding(What.START, address, None, _("it leads to a server that is not registered"))]
    return [Finding(What.START, address, None, _("it waits for a click, so the sign-in could not be tried"))]


def looked_at(system: Application, address: str) -> list[Finding]:
    try:  # which may have been sent ahead
        values = question_in(QueryDict(urlsplit(address).query))[0].dict()
    except Refused:
        words = _("The request has run out or was used before. Please begin again at the other system.")
        return [Finding(What.START, system.tile_url, False, words)]
    findings = []
    if values.get("client_id") != system.client_id:
        findings.append(Finding(What.START, system.tile_url, False, _("it comes with another client ID")))
    elif not system.redirect_uri_allowed(values.get("redirect_uri", "")):
        wrong = values.get("redirect_uri", "")[:200]
        findings.append(Finding(What.START, wrong, False, _("this address to return to is not registered")))
    elif values.get("response_type") != "code":
        findings.append(Finding(What.START, system.tile_url, False, _("it does not ask for a code")))
    else:
        findings.append(Finding(What.START, system.tile_url, True, _("begins the sign-in")))
    is_safe = values.get("code_challenge_method") == "S256" and S256.fullmatch(
        values.get("code_challenge", "")
    )
    findings.append(protected(system, bool(is_safe)))
    left_out = sorted(set(values.get("scope", "").split()) - set(scopes_for(system, values.get("scope", ""))))
    words = _("all of it is allowed")
    if left_out:
        words = format_lazy("{}: {}", _("not allowed, so it is left out"), ", ".join(left_out))
    findings.append(Finding(What.SCOPES, "", None if left_out else True, words))
    return findings


def protected(system: Application, is_safe: bool) -> Finding:
    if system.needs_pkce:
        words = _("used, with S256") if is_safe else _("missing; switch PKCE with S256 on in the system")
        return Finding(What.PKCE, "", is_safe, words)
    words = _("not used, as registered: its secret alone protects the code")
    if is_safe:
        words = _("used, with S256: do not register it any longer as one that knows no PKCE")
    return Finding(What.PKCE, "", None, words)


def told(address: str) -> Finding:
    """Send a logout token that nobody has signed: a sound system refuses it."""
    answer = asked(What.BACK, "POST", address, {"logout_token": FORGED})
    if isinstance(answer, Finding):
        return answer
    if answer.status in {200, 204}:
        return Finding(What.BACK, address, False, _("it takes a logout token that nobody has signed"))
    if answer.status in {400, 401, 403, 501}:
        return Finding(What.BACK, address, True, _("answers, and refuses a forged sign-out"))
    return Finding(What.BACK, address, None, f"HTTP {answer.status}")
