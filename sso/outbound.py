"""Calls to addresses that registered systems gave: to that host only, along no redirect, for a few seconds.

The name is looked up once and the connection goes to the address that was checked, so a name that points elsewhere a
moment later (DNS rebinding) gains nothing.
"""

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import urllib3
from django.db import models
from django.utils.translation import gettext_lazy as _

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# Some systems send only what looks like a browser to the sign-in.
LIKE_A_BROWSER = {"User-Agent": "Mozilla/5.0 (intranet)", "Accept": "text/html,*/*;q=0.8"}
TIMEOUT = urllib3.Timeout(connect=3, read=5)


class Trouble(models.TextChoices):
    """Why no answer came."""

    NOT_ALLOWED = "not_allowed", _("the address is not one that may be called")
    UNKNOWN_NAME = "unknown_name", _("the name of the server is unknown")
    REFUSED = "refused", _("the server does not accept the connection")
    TOO_SLOW = "too_slow", _("the server did not answer in time")
    CERTIFICATE = "certificate", _("the certificate of the server is not trusted")
    BROKEN = "broken", _("the server broke off")


class Unreachable(Exception):
    """No answer came; ``trouble`` says why."""

    def __init__(self, trouble: Trouble):
        super().__init__(str(trouble.value))
        self.trouble = trouble


@dataclass(frozen=True)
class Answer:
    status: int
    location: str = ""  # where it sends a browser


def call(method: str, url: str, form: Mapping[str, str] | None = None) -> Answer:
    """Return what ``url`` answers; its body is not read. Raises Unreachable."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Unreachable(Trouble.NOT_ALLOWED) from None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise Unreachable(Trouble.NOT_ALLOWED)
    pool = pool_for(parts.scheme, host, address_of(host, port), port)
    headers = {"Host": parts.netloc.rpartition("@")[2], **LIKE_A_BROWSER, "Connection": "close"}
    body = None
    if form is not None:
        body, headers["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
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
            return Answer(response.status, response.headers.get("Location", ""))
        finally:
            response.close()
    except urllib3.exceptions.SSLError:
        raise Unreachable(Trouble.CERTIFICATE) from None
    except urllib3.exceptions.NewConnectionError:
        raise Unreachable(Trouble.REFUSED) from None
    except urllib3.exceptions.TimeoutError:
        raise Unreachable(Trouble.TOO_SLOW) from None
    except (urllib3.exceptions.HTTPError, UnicodeError, ValueError):
        raise Unreachable(Trouble.BROKEN) from None
    finally:
        pool.close()


def pool_for(scheme: str, host: str, address: str, port: int) -> urllib3.HTTPConnectionPool:
    if scheme == "http":
        return urllib3.HTTPConnectionPool(address, port)
    return urllib3.HTTPSConnectionPool(
        address, port, ssl_context=trusted(), server_hostname=host, assert_hostname=host
    )


@cache
def trusted() -> ssl.SSLContext:
    """The certificate authorities that the machine trusts (/etc/ssl/certs, SSL_CERT_FILE)."""
    return ssl.create_default_context()


def address_of(host: str, port: int) -> str:
    """Return the network address of ``host`` that may be called: a neighbour's, never one of this machine or link."""
    try:
        found = [row[4][0] for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
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
