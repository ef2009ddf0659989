"""Connections to the directory (LDAP), and what is known of its health."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from os import getpid
from time import monotonic
from typing import TypeVar
from urllib.parse import urlsplit

import ldap
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from sso.directory.tls import OF_LIBLDAP, is_encrypted, tunnel_to

DOWN_SINCE = "sso.directory.down_since"
PAUSE = "sso.directory.pause"
PAUSE_SECONDS = 1  # after a failure nobody waits for the directory so long
AVOID_SECONDS = 30  # a directory that failed is asked after the others so long
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# Answers that mean "the directory cannot be asked", not "the password is wrong".
OUTAGES = (
    ldap.SERVER_DOWN,
    ldap.TIMEOUT,
    ldap.TIMELIMIT_EXCEEDED,
    ldap.CONNECT_ERROR,
    ldap.BUSY,
    ldap.UNAVAILABLE,
    ldap.LOCAL_ERROR,
    ldap.OPERATIONS_ERROR,
    ldap.PROTOCOL_ERROR,
    ldap.CONFIDENTIALITY_REQUIRED,
    ldap.STRONG_AUTH_REQUIRED,
)
log = logging.getLogger(__name__)
Server = ldap.ldapobject.LDAPObject
Answer = TypeVar("Answer")


class DirectoryUnavailable(Exception):
    """The directory does not answer, or not to us; ``since`` is when that was first noticed."""

    def __init__(self, reason: str = "", since: datetime | None = None):
        super().__init__(reason or "The directory does not answer.")
        self.since = since or timezone.now()


class LineBroken(DirectoryUnavailable):
    """A connection that had worked has ended; whether the directory answers a new one is not known."""


class DirectoryIncomplete(Exception):
    """What the directory returned cannot be all of it, or makes no sense; nothing may be done with it."""


# --- its health -----------------------------------------------------------------------------------

_seen_well_at = 0.0  # by this process


def note_outage(reason: object) -> DirectoryUnavailable:
    """Remember since when the directory is down, and return the error that says so."""
    global _seen_well_at
    _seen_well_at = 0.0
    now = timezone.now()
    if cache.add(DOWN_SINCE, now, None):
        log.error("The directory does not answer; nobody can sign in with a password: %s", reason)
    cache.set(PAUSE, True, PAUSE_SECONDS)
    return DirectoryUnavailable(str(reason), cache.get(DOWN_SINCE, now))


def note_answer() -> None:
    if cache.delete(DOWN_SINCE):
        log.warning("The directory answers again.")
    cache.delete(PAUSE)


def known_since(told: datetime | None = None) -> datetime | None:
    """Return since when the directory is down as far as this cache knows, ``told`` when nobody has tried before."""
    if told:
        cache.add(DOWN_SINCE, told, None)
    return cache.get(DOWN_SINCE, told)


def refuse_during_pause() -> bool:
    """Say whether the directory was down when last asked. Raises DirectoryUnavailable when that was a moment ago."""
    global _seen_well_at
    if monotonic() - _seen_well_at < PAUSE_SECONDS:
        return False
    known = cache.get_many([DOWN_SINCE, PAUSE])
    if PAUSE in known:
        raise DirectoryUnavailable(since=known.get(DOWN_SINCE))
    if DOWN_SINCE in known:
        return True
    _seen_well_at = monotonic()
    return False


def reason_of(error: ldap.LDAPError | None) -> str:
    details = error.args[0] if error and error.args and isinstance(error.args[0], dict) else {}
    return ": ".join(part for part in [details.get("desc", str(error)), details.get("info", "")] if part)


# --- opening --------------------------------------------------------------------------------------


def is_bare(url: str) -> bool:
    """Say whether passwords would leave this machine unencrypted on the way to ``url``."""
    parts = urlsplit(url)
    return parts.scheme == "ldap" and parts.hostname not in LOOPBACK and not settings.AUTH_LDAP_START_TLS


def opened(url: str) -> Server:
    """A new connection to ``url``, encrypted unless it stays on this machine; nobody is bound to it yet."""
    if is_bare(url):
        raise ldap.CONFIDENTIALITY_REQUIRED({"desc": f"{url} is not encrypted"})
    if not is_encrypted(url):
        return with_options(ldap.initialize(url), settings.AUTH_LDAP_CONNECTION_OPTIONS)
    options = {k: v for k, v in settings.AUTH_LDAP_CONNECTION_OPTIONS.items() if k not in OF_LIBLDAP}
    return with_options(ldap.initialize(url, fileno=tunnel_to(url)), options)


def with_options(server: Server, options: dict) -> Server:
    for option, value in options.items():
        server.set_option(option, value)
    return server


def bound_to(url: str) -> Server:
    """A new connection to ``url``, bound as the service account."""
    if not settings.AUTH_LDAP_BIND_PASSWORD:  # the directory would take it for an anonymous bind
        raise ldap.INAPPROPRIATE_AUTH({"desc": "the service account has no password"})
    server = opened(url)
    try:
        server.simple_bind_s(settings.AUTH_LDAP_BIND_DN, settings.AUTH_LDAP_BIND_PASSWORD)
    except ldap.LDAPError:
        close(server)
        raise
    return server


def close(server: Server) -> None:
    with suppress(ldap.LDAPError):
        server.unbind_s()


_failed_at: dict[str, float] = {}


def in_order() -> list[str]:
    """The directories as they are configured, those that failed lately last."""
    if not settings.LDAP_URLS:
        raise DirectoryUnavailable("INTRANET_LDAP_URL is not set.")
    avoided = {url for url, moment in _failed_at.items() if monotonic() - moment < AVOID_SECONDS}
    return sorted(settings.LDAP_URLS, key=lambda url: url in avoided)


def is_first(server: Server) -> bool:
    """Say whether ``server`` leads to the directory that is asked before all others."""
    first = ldap.initialize(settings.LDAP_URLS[0])  # opens nothing, and writes addresses as ``server`` does
    return server.get_option(ldap.OPT_URI) == first.get_option(ldap.OPT_URI)


def try_each(question: Callable[[str], Answer], without: set[str] = frozenset()) -> Answer:
    """Return question(url) of the first directory that answers. Raises DirectoryUnavailable."""
    failure = ldap.TIMEOUT({"desc": "No answer in time"})
    for url in in_order():
        if url in without:
            continue
        try:
            answer = question(url)
        except OUTAGES as error:
            _failed_at[url] = monotonic()
            failure = error
        else:
            _failed_at.pop(url, None)
            return answer
    raise note_outage(reason_of(failure)) from failure


@contextmanager
def connection() -> Iterator[Server]:
    """Open the first directory that answers, bound as the service account, for one piece of work."""
    server = try_each(bound_as_service)
    note_answer()
    try:
        yield server
    except OUTAGES as error:
        raise note_outage(reason_of(error)) from error
    finally:
        close(server)


def bound_as_service(url: str) -> Server:
    """As ``bound_to``; a refused service account is an outage, because nobody can sign in."""
    try:
        return bound_to(url)
    except OUTAGES:
        raise
    except ldap.LDAPError as error:
        raise ldap.UNAVAILABLE({"desc": reason_of(error)}) from error


# --- kept connections -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    server: Server
    url: str
    process: int
    since: float


class Pool:
    """Connections of the service account, kept for the next short question.

    ``ask`` never waits for one that is in use: it opens another, and keeps at most ``SIZE`` of them. One that the other
    side has closed meanwhile is replaced; one that nobody used for ``IDLE_SECONDS`` is not trusted any more, because a
    firewall may have forgotten it.
    """

    SIZE = 8
    IDLE_SECONDS = 60

    def __init__(self):
        self.idle: list[Kept] = []
        self.inherited: list[Kept] = []  # by a fork: not ours to use, nor to close by forgetting them

    def ask(self, question: Callable[[Server], Answer]) -> Answer:
        """Return question(server). Raises DirectoryUnavailable when no directory answers it."""
        silent = set()
        while kept := self.take():
            try:
                return self.answer(kept.server, kept.url, question)
            except (ldap.SERVER_DOWN, ldap.CONNECT_ERROR):
                continue
            except OUTAGES:
                _failed_at[kept.url] = monotonic()
                silent.add(kept.url)
                self.forget(kept.url)
        return try_each(lambda url: self.answer(bound_as_service(url), url, question), silent)

    def answer(self, server: Server, url: str, question: Callable[[Server], Answer]) -> Answer:
        try:
            answer = question(server)
        except ldap.LDAPError as error:
            close(server)
            if isinstance(error, OUTAGES):
                raise
            raise ldap.UNAVAILABLE({"desc": reason_of(error)}) from error
        if len(self.idle) < self.SIZE:
            self.idle.append(Kept(server, url, getpid(), monotonic()))
        else:
            close(server)
        return answer

    def take(self) -> Kept | None:
        """The connection used last, None when there is none to be trusted."""
        while self.idle:
            try:
                kept = self.idle.pop()
            except IndexError:  # another thread was faster
                return None
            if kept.process != getpid():
                self.inherited.append(kept)
                continue
            if kept.url in settings.LDAP_URLS and monotonic() - kept.since < self.IDLE_SECONDS:
                return kept
            close(kept.server)
        return None

    def forget(self, url: str) -> None:
        """Close all that lead to ``url``."""
        gone = [kept for kept in list(self.idle) if kept.url == url]
        for kept in gone:
            with suppress(ValueError):
                self.idle.remove(kept)
                close(kept.server)


service = Pool()
