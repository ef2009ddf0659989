"""The line to a directory elsewhere is encrypted, whole, and never waited for beyond the time limit."""

import socket
import threading
import time
from contextlib import closing, contextmanager, suppress

import ldap
import pytest
from django.core.cache import cache

from demo.directory import person_dn
from demo.servers.process import wait_until
from demo.servers.slapd import Slapd
from sso.directory import DirectoryUnavailable, read_directory
from sso.directory.connection import opened
from sso.directory.following import Feed, line
from sso.directory.passwords import check_password
from tests.sso.conftest import PASSWORD, SMALL, connect
from tests.sso.test_bind import trusting

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
# What a directory says that freezes then: half of a handshake; that it agrees to StartTLS, and half of a handshake.
HALF = b"\x16\x03\x03\x00\x7a\x02\x00"
AGREED = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"


@pytest.fixture(autouse=True)
def nothing_is_known():
    cache.clear()


@contextmanager
def freezing(*words: bytes, host: str = "127.0.0.1", port: int = 0):
    """A server that says one of ``words`` for each thing it hears, and then nothing more. Yields its port."""
    with closing(socket.create_server((host, port))) as door:

        def answer():
            guests = []
            while True:
                try:
                    guest, _address = door.accept()
                except OSError:
                    return
                guests.append(guest)
                for word in words:
                    guest.recv(4096)
                    guest.sendall(word)

        threading.Thread(target=answer, daemon=True).start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)


@contextmanager
def encrypted(settings, folder, ldif: str | None = SMALL, with_start_tls: bool = False):
    with Slapd(folder, ldif=ldif, tls=True) as server:
        connect(settings, server, server.url if with_start_tls else server.tls_url)
        settings.AUTH_LDAP_START_TLS = with_start_tls
        settings.AUTH_LDAP_CONNECTION_OPTIONS = trusting(settings, server.ca_file)
        yield server


def error_and_seconds(url: str) -> tuple[Exception, float]:
    """Return how a connection to ``url`` fails, and after how long; in a thread, which may never come back."""
    failed, began = [], time.monotonic()

    def attempt():
        try:
            opened(url)
        except ldap.LDAPError as error:
            failed.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(5)
    return (failed or [None])[0], time.monotonic() - began


@pytest.mark.parametrize(
    ("scheme", "words"),
    [("ldaps", []), ("ldaps", [HALF]), ("ldap", []), ("ldap", [AGREED]), ("ldap", [AGREED, HALF])],
)
def test_p29_a_directory_that_freezes_anywhere_in_its_handshake_is_given_up(settings, scheme, words):
    settings.AUTH_LDAP_START_TLS = scheme == "ldap"
    quick = {ldap.OPT_NETWORK_TIMEOUT: 1, ldap.OPT_TIMEOUT: 1}
    settings.AUTH_LDAP_CONNECTION_OPTIONS = settings.AUTH_LDAP_CONNECTION_OPTIONS | quick
    with freezing(*words) as port:
        error, seconds = error_and_seconds(f"{scheme}://127.0.0.1:{port}")

    assert isinstance(error, ldap.TIMEOUT)
    assert seconds < 2


def test_p29_a_directory_that_refuses_start_tls_is_not_asked_without(settings):
    settings.AUTH_LDAP_START_TLS = True
    with freezing(AGREED.replace(b"\x0a\x01\x00", b"\x0a\x01\x02")) as port:
        error, _seconds = error_and_seconds(f"ldap://127.0.0.1:{port}")

    assert isinstance(error, ldap.SERVER_DOWN)
    assert "StartTLS is refused (2)" in str(error)


@pytest.mark.parametrize("is_frozen", [True, False], ids=["frozen", "closed"])
def test_p29_the_second_address_of_a_host_answers_for_the_first(
    settings, slapd_folder, monkeypatch, is_frozen
):
    """A host of two addresses, one of which is dead: 127.0.0.2 before 127.0.0.1, as the resolver says."""
    known = socket.getaddrinfo

    def of_two(host, port, *args, **options):
        first = known("127.0.0.2", port, *args, **options)
        return (
            first + known("127.0.0.1", port, *args, **options) if host == "127.0.0.1" else known(host, port)
        )

    with encrypted(settings, slapd_folder / f"two-{is_frozen}") as server:
        monkeypatch.setattr(socket, "getaddrinfo", of_two)
        began = time.monotonic()
        if is_frozen:
            with freezing(HALF, host="127.0.0.2", port=server.tls_port):
                answer = check_password(person_dn("ha"), PASSWORD)
        else:
            answer = check_password(person_dn("ha"), PASSWORD)

    assert answer
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("with_start_tls", [False, True])
def test_a_whole_ministry_comes_over_an_encrypted_line_as_over_a_bare_one(
    settings, slapd_folder, with_start_tls
):
    with encrypted(settings, slapd_folder / f"whole-{with_start_tls}", None, with_start_tls) as server:
        over_tls = read_directory()
        settings.AUTH_LDAP_START_TLS = False
        connect(settings, server)
        bare = read_directory()

    assert len(over_tls.people) > 1000
    assert over_tls == bare


def test_changes_are_heard_over_an_encrypted_line_and_its_end_is_noticed(settings, slapd_folder):
    with (
        encrypted(settings, slapd_folder / "heard") as server,
        suppress(DirectoryUnavailable),
        line() as told,
    ):
        feed = Feed(told, "")
        before = len(feed.missed().said.people)
        admin = ldap.initialize(server.url)
        admin.simple_bind_s(server.admin_dn, server.admin_password)
        admin.modify_s(person_dn("ha"), [(ldap.MOD_REPLACE, "mobile", b"0900000002")])
        heard = feed.next(5)
        server.stop()
        assert feed.next(5) == "its end"  # not reached: that it has ended is an error

    assert (before, [person.dn for person in heard.said.people]) == (3, [person_dn("ha")])


def test_an_end_leaves_no_thread_and_no_socket_behind(settings, slapd_folder):
    with encrypted(settings, slapd_folder / "end"):
        check_password(person_dn("ha"), PASSWORD)
        threads = threading.active_count()
        for _time in range(20):
            check_password(person_dn("ha"), PASSWORD)

        wait_until(lambda: threading.active_count() <= threads, 5)
