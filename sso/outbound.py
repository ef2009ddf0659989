"""Calls to addresses that registered systems gave: to that host only, along no redirect, for a few seconds.

The name is looked up once and the connection goes to the address that was checked, so a name that points elsewhere a
moment later (DNS rebinding) gains nothing.
"""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import urllib3
from django.db import models
from django.utils.translation import gettext_lazy as _

from sso.names import look_up

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# Some systems send only what looks like a browser to the sign-in.
LIKE_A_BROWSER = {"User-Agent": "Mozilla/5.0 (intranet)", "Accept": "text/html,*/*;q=0.8"}
TIMEOUT = urllib3.Timeout(connect=3, read=5)
LONGEST_SECONDS = 20  # of an answer that keeps coming
PIECE_BYTES = 65536


class Trouble(models.TextChoices):
    """Why no answer came."""

    NOT_ALLOWED = "not_allowed", _("the address is not one that may be called")
    UNKNOWN_NAME = "unknown_name", _("the name of the server is unknown")
    REFUSED = "refused", _("the server does not accept the connection")
    TOO_SLOW = "too_slow", _("the server did not answer in time")
    CERTIFICATE = "certificate", _("the certificate of the server is not trusted")
    BROKEN = "broken", _("the server broke off")
    TOO_LONG = "too_long", _("the server answered more than can be meant")


class Unreachable(Exception):
    """No answer came; ``trouble`` says why."""

    def __init__(self, trouble: Trouble):
        super().__init__(str(trouble.value))
        self.trouble = trouble


@dataclass(frozen=True)
class Answer:
    status: int
    location: str = ""  # where it sends a browser
    retry_after: str = ""  # as it says it
    body: bytes = b""  # when it was asked for


def call(
    method: str, url: str, form: Mapping[str, str] | None = None, longest: float | None = None
) -> Answer:
    """Return what ``url`` answers within ``longest`` seconds; its body is not read. Raises Unreachable."""
    body, headers = None, dict(LIKE_A_BROWSER)
    if form is not None:
        body, headers["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
    return send(method, url, body, headers, longest=longest)


def send(
    method: str,
    url: str,
    body: str | bytes | None,
    headers: Mapping[str, str],
    most_bytes: int = 0,
    longest: float | None = None,
) -> Answer:
    """Return what ``url`` answers, with its body when ``most_bytes`` allows one. Raises Unreachable."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Unreachable(Trouble.NOT_ALLOWED) from None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise Unreachable(Trouble.NOT_ALLOWED)
    longest = LONGEST_SECONDS if longest is None else longest
    pool = pool_for(parts.scheme, host, address_of(host, port), port, longest)
    headers = {"Host": parts.netloc.rpartition("@")[2], **headers, "Connection": "close"}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    began = time.monotonic()
    try:
        response = pool.urlopen(
            method,
            target,
            body,
            headers,
            redirect=False,
            retries=False,
            timeout=TIMEOUT,
            preload_content=False,
        )
        try:
            if time.monotonic() - began > longest:  # its head was cut off, and may say anything
                raise Unreachable(Trouble.TOO_SLOW)
            told = response.headers
            found = body_of(response, most_bytes) if most_bytes else b""
            return Answer(response.status, told.get("Location", ""), told.get("Retry-After", ""), found)
        finally:
            response.close()
    except urllib3.exceptions.SSLError:
        raise Unreachable(Trouble.CERTIFICATE) from None
    except urllib3.exceptions.NewConnectionError:
        raise Unreachable(Trouble.REFUSED) from None
    except urllib3.exceptions.TimeoutError:
        raise Unreachable(Trouble.TOO_SLOW) from None
    except (urllib3.exceptions.HTTPError, UnicodeError, ValueError):
        was_cut_off = time.monotonic() - began > longest  # by us, before there was a line to read
        raise Unreachable(Trouble.TOO_SLOW if was_cut_off else Trouble.BROKEN) from None
    finally:
        pool.close()


class EndsByItself:
    """A connection that is cut off when the head of the answer does not come: a byte now and then is no answer."""

    alarm: threading.Timer | None = None

    def __init__(self, *address, longest: float, **options):
        super().__init__(*address, **options)
        self.longest = longest

    def connect(self) -> None:
        super().connect()
        self.alarm = threading.Timer(self.longest, cut_off, [self.sock])
        self.alarm.daemon = True
        self.alarm.start()

    def close(self) -> None:
        if self.alarm:
            self.alarm.cancel()
        super().close()


class Timed(EndsByItself, urllib3.connection.HTTPConnection):
    pass


class TimedTls(EndsByItself, urllib3.connection.HTTPSConnection):
    pass


def cut_off(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def body_of(response: urllib3.BaseHTTPResponse, most_bytes: int) -> bytes:
    """Return the body as it came over the line. Raises Unreachable when it is too long or takes too long."""
    pieces, size, ends = [], 0, time.monotonic() + LONGEST_SECONDS
    while piece := response.read1(PIECE_BYTES, decode_content=False):
        pieces.append(piece)
        size += len(piece)
        if size > most_bytes:
            raise Unreachable(Trouble.TOO_LONG)
        if time.monotonic() > ends:
            raise Unreachable(Trouble.TOO_SLOW)
    return b"".join(pieces)


def pool_for(scheme: str, host: str, address: str, port: int, longest: float) -> urllib3.HTTPConnectionPool:
    if scheme == "http":
        pool = urllib3.HTTPConnectionPool(address, port, longest=longest)
        pool.ConnectionCls = Timed
    else:
        pool = urllib3.HTTPSConnectionPool(
            address,
            port,
            ssl_context=trusted(),
            server_hostname=host,
            assert_hostname=host,
            longest=longest,
        )
        pool.ConnectionCls = TimedTls
    return pool


@cache
def trusted() -> ssl.SSLContext:
    """The certificate authorities that the machine trusts (/etc/ssl/certs, SSL_CERT_FILE)."""
    return ssl.create_default_context()


def address_of(host: str, port: int) -> str:
    """Return the network address of ``host`` that may be called: a neighbour's, never one of this machine or link."""
    try:
        found = [row[4][0] for row in look_up(host, port, TIMEOUT.connect_timeout)]
    except TimeoutError:
        raise Unreachable(Trouble.TOO_SLOW) from None
    except (OSError, UnicodeError):
        raise Unreachable(Trouble.UNKNOWN_NAME) from None
    for text in found:
        if may_call(text, host):
            return text
    raise Unreachable(Trouble.NOT_ALLOWED)


def may_call(text: str, host: str) -> bool:
    address = ip_address(text.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback:
        return host in LOOPBACK
    return not (
        address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved
    )
