"""A resolver that does not answer holds up nobody for longer than a dead server would."""

import socket
import threading
import time
from types import SimpleNamespace

import ldap
import pytest
import urllib3

from apps.mail.imap import Connection
from sso import names
from sso.directory.connection import opened
from sso.names import kept_addresses, look_up
from sso.outbound import Unreachable, call

pytestmark = pytest.mark.any_database
FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 636))]


@pytest.fixture
def resolver(monkeypatch):
    """A resolver that answers as it is told to; ``questions`` counts what it was asked."""
    told = SimpleNamespace(answer=FOUND, released=threading.Event(), questions=0)

    def say(*_words, **_options):
        told.questions += 1
        if told.answer is None:
            told.released.wait(30)
        if isinstance(told.answer, Exception):
            raise told.answer
        return told.answer or []

    monkeypatch.setattr(socket, "getaddrinfo", say)
    monkeypatch.setattr(names, "_known", {})
    monkeypatch.setattr(names, "_under_way", {})
    yield told
    told.released.set()


def test_a_resolver_that_hangs_is_waited_for_in_vain_once_for_all(resolver):
    resolver.answer = None
    began = time.monotonic()

    for _time in range(3):
        with pytest.raises(TimeoutError):
            look_up("ldap.example", 636, 0.1)

    assert time.monotonic() - began < 1
    assert resolver.questions == 1


@pytest.mark.parametrize("failure", [None, socket.gaierror(-3, "Temporary failure in name resolution")])
def test_what_was_said_before_is_good_while_the_resolver_is_away(resolver, monkeypatch, failure):
    monkeypatch.setattr(names, "FRESH_SECONDS", -1)
    first = kept_addresses("ldap.example", 636, 1)
    resolver.answer = failure

    began = time.monotonic()
    later = [kept_addresses("ldap.example", 636, 0.1) for _time in range(5)]

    assert [first, *later] == [FOUND] * 6
    assert time.monotonic() - began < 1
    assert resolver.questions == 2


@pytest.mark.parametrize(("fresh", "address"), [(60, "192.0.2.7"), (-1, "192.0.2.8")])
def test_another_address_is_known_when_that_of_before_is_no_longer_fresh(
    resolver, monkeypatch, fresh, address
):
    monkeypatch.setattr(names, "FRESH_SECONDS", fresh)
    kept_addresses("ldap.example", 636, 1)
    resolver.answer = [(*FOUND[0][:4], ("192.0.2.8", 636))]

    [found] = kept_addresses("ldap.example", 636, 1)

    assert found[4] == (address, 636)


def test_a_directory_that_has_moved_is_found_with_the_next_question(resolver, settings):
    quick = {ldap.OPT_NETWORK_TIMEOUT: 1, ldap.OPT_TIMEOUT: 1}
    settings.AUTH_LDAP_CONNECTION_OPTIONS = settings.AUTH_LDAP_CONNECTION_OPTIONS | quick
    resolver.answer = [(*FOUND[0][:4], ("127.0.0.1", 9))]  # where nobody listens
    for _time in range(2):
        with pytest.raises(ldap.SERVER_DOWN):
            opened("ldaps://ldap.example")

    assert resolver.questions == 2


def test_a_directory_whose_name_nobody_resolves_is_given_up_in_time(resolver, settings):
    resolver.answer = None
    quick = {ldap.OPT_NETWORK_TIMEOUT: 1, ldap.OPT_TIMEOUT: 1}
    settings.AUTH_LDAP_CONNECTION_OPTIONS = settings.AUTH_LDAP_CONNECTION_OPTIONS | quick
    began = time.monotonic()

    with pytest.raises(ldap.TIMEOUT, match="no address of ldap"):
        opened("ldaps://ldap.example")

    assert time.monotonic() - began < 1


def test_a_system_whose_name_nobody_resolves_holds_up_no_sign_out_of_others(resolver, monkeypatch):
    resolver.answer = None
    monkeypatch.setattr("sso.outbound.TIMEOUT", urllib3.Timeout(connect=0.2))
    began = time.monotonic()

    with pytest.raises(Unreachable, match="too_slow"):
        call("POST", "https://wiki.example/logout", {"logout_token": "x"})

    assert time.monotonic() - began < 1


def test_a_mail_server_whose_name_nobody_resolves_is_given_up_in_time(resolver, monkeypatch):
    resolver.answer = None
    monkeypatch.setattr("apps.mail.imap.CONNECT_SECONDS", 0.2)
    began = time.monotonic()

    with pytest.raises(TimeoutError):
        Connection("imaps://mail.example:993", "ha", "token")

    assert time.monotonic() - began < 1
