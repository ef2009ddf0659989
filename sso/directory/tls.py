"""Encrypted lines to the directory, made by Python.

libldap (2.5 with GnuTLS) heeds no time limit while a directory that froze says nothing, or half a sentence, of its TLS:
it waits without end or runs at full speed, for a host with several addresses even when it connects asynchronously. So
it speaks into one end of a pair of sockets, and what it says is carried over a line whose every step has a limit.
"""

import os
import select
import socket
import ssl
import threading
from contextlib import suppress
from functools import cache
from time import monotonic
from urllib.parse import urlsplit

import ldap
from django.conf import settings
from pyasn1.codec.ber import decoder
from pyasn1.error import PyAsn1Error, SubstrateUnderrunError
from pyasn1_modules import rfc2251

from sso.names import doubt, kept_addresses

PORTS = {"ldap": 389, "ldaps": 636}
PIECE_BYTES = 65536
SHORTEST = 0.1  # seconds for an address when those before it have taken all the time
START_TLS = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"  # RFC 4511 §4.14.1
OF_LIBLDAP = {ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_CACERTFILE, ldap.OPT_X_TLS_NEWCTX}


def is_encrypted(url: str) -> bool:
    """Say whether a line to ``url`` begins with TLS, at once or when both have agreed to it (StartTLS)."""
    scheme = urlsplit(url).scheme
    return scheme == "ldaps" or (scheme == "ldap" and settings.AUTH_LDAP_START_TLS)


def tunnel_to(url: str) -> int:
    """Return a socket for libldap, which will close it; what is written there goes to ``url`` encrypted.

    The addresses of the host are tried one after the other. Raises LDAP's errors.
    """
    line = line_to(url)
    here, there = socket.socketpair()
    threading.Thread(target=carry, args=(line, there), daemon=True).start()
    return here.detach()


def line_to(url: str) -> ssl.SSLSocket:
    parts = urlsplit(url)
    options = settings.AUTH_LDAP_CONNECTION_OPTIONS
    ends = monotonic() + options[ldap.OPT_NETWORK_TIMEOUT]
    failure = ldap.TIMEOUT({"desc": "No answer in time"})
    try:
        context = trusted(*stamp_of(options.get(ldap.OPT_X_TLS_CACERTFILE)))
        port = parts.port or PORTS[parts.scheme]
        found = kept_addresses(parts.hostname, port, options[ldap.OPT_NETWORK_TIMEOUT] / 2)
    except TimeoutError as error:
        raise ldap.TIMEOUT({"desc": str(error)}) from error
    except (OSError, UnicodeError) as error:
        raise ldap.SERVER_DOWN({"desc": "Can't contact LDAP server", "info": str(error)}) from error
    for count, (family, kind, protocol, _name, address) in enumerate(found):
        now = monotonic()
        share = now + max(ends - now, SHORTEST) / (len(found) - count)
        raw = socket.socket(family, kind, protocol)
        try:
            raw.settimeout(share - now)
            raw.connect(address)
            raw.settimeout(max(share - monotonic(), SHORTEST))
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            if parts.scheme == "ldap":
                agree(raw)
            return context.wrap_socket(raw, server_hostname=parts.hostname)
        except TimeoutError:
            failure = ldap.TIMEOUT({"desc": "No answer in time"})
        except ssl.SSLCertVerificationError as error:
            failure = ldap.CONNECT_ERROR(
                {"desc": "Its certificate is not trusted", "info": error.verify_message}
            )
        except (OSError, PyAsn1Error) as error:
            failure = ldap.SERVER_DOWN({"desc": "Can't contact LDAP server", "info": str(error)})
        raw.close()
    doubt(parts.hostname, port)
    raise failure


def agree(line: socket.socket) -> None:
    """Ask for TLS on ``line`` (RFC 4511 §4.14). Raises OSError when the directory will not or says something else."""
    line.sendall(START_TLS)
    told = b""
    while piece := line.recv(PIECE_BYTES):
        told += piece
        with suppress(SubstrateUnderrunError):
            message, _rest = decoder.decode(told, asn1Spec=rfc2251.LDAPMessage())
            if message["protocolOp"].getName() != "extendedResp":
                break
            if code := int(message["protocolOp"]["extendedResp"]["resultCode"]):
                raise OSError(f"StartTLS is refused ({code})")
            return
    raise OSError("StartTLS is not understood")


def stamp_of(ca_file: str | None) -> tuple[str | None, int]:
    """Return the file with the time of its last change, so that another one is read anew."""
    return ca_file, os.stat(ca_file).st_mtime_ns if ca_file else 0


@cache
def trusted(ca_file: str | None, _changed: int) -> ssl.SSLContext:
    """The authorities in ``ca_file``, without one those that the machine trusts."""
    context = ssl.create_default_context(cafile=ca_file)
    # As libldap does it: the file may name the one that signed and none above, in the form of older authorities.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def carry(line: ssl.SSLSocket, end: socket.socket) -> None:
    """Carry between the directory and libldap what they say, until one of them ends."""
    patience = settings.AUTH_LDAP_CONNECTION_OPTIONS[ldap.OPT_TIMEOUT]
    ready = select.poll()
    for one in (line, end):
        ready.register(one, select.POLLIN)
    with line, end, suppress(OSError):
        while True:
            for number, _event in ready.poll():
                if number == end.fileno():
                    said = end.recv(PIECE_BYTES)
                    line.settimeout(patience)
                    line.sendall(said)
                else:
                    said = heard(line)
                    end.sendall(said or b"")
                if said == b"":
                    return


def heard(line: ssl.SSLSocket) -> bytes | None:
    """Return all that can be read now, None for what is of TLS itself, b"" at the end."""
    line.settimeout(0)
    try:
        said = line.recv(PIECE_BYTES)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None
    while said and line.pending():
        said += line.recv(line.pending())
    return said
