"""Calls to systems: to their own addresses only, and what the live check says of them."""

import socket
import ssl
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.core.exceptions import PermissionDenied
from django.utils.translation import override

from demo.servers import free_port
from demo.servers.certificates import make_certificates
from demo.servers.process import Server
from sso import outbound
from sso.models import Application
from sso.outbound import Trouble, Unreachable, call, may_call
from sso.services.checking import What, check_system, looked_at, started, told
from tests.factories import person_of, system_admin
from tests.serving import served


@pytest.fixture
def server():
    """A server that answers what its ``answer`` says and keeps what it was asked."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.command, self.path, self.headers["Host"]))
            status, location = self.server.answers.get(self.path, (200, ""))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *args):
            """Requests are no news."""

    made = HTTPServer(("127.0.0.1", free_port()), Handler)
    made.answers = {}
    with served(made):
        yield SimpleNamespace(
            address=f"http://127.0.0.1:{made.server_port}", seen=seen, answers=made.answers, made=made
        )


@pytest.mark.parametrize(
    "address",
    [
        "http://wiki.example/", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "javascript:alert(1)",
        "", "//127.0.0.1/", "https://", "http://127.0.0.1:99999/", "http://[::1", "http://127.0.0.1.evil.example/",
        "https://169.254.169.254/latest/", "https://[fe80::1]/", "https://0.0.0.0/", "https://127.0.0.2/",
        "https://[::ffff:127.0.0.1]/", "https://2130706433/", "https://224.0.0.1/",
    ],
)  # fmt: skip
def test_no_address_of_this_machine_or_its_link_is_called(address):
    with pytest.raises(Unreachable) as caught:
        call("GET", address)

    assert caught.value.trouble in {Trouble.NOT_ALLOWED, Trouble.UNKNOWN_NAME}


@pytest.mark.parametrize(
    ("address", "host", "may"),
    [
        ("10.1.2.3", "wiki.example", True), ("192.168.0.7", "wiki.example", True), ("127.0.0.1", "wiki.example", False),
        ("127.0.0.1", "127.0.0.1", True), ("::1", "wiki.example", False), ("::ffff:127.0.0.1", "wiki.example", False),
        ("169.254.169.254", "wiki.example", False), ("fe80::1%eth0", "wiki.example", False),
        ("fd00::1", "wiki.example", True),
    ],
)  # fmt: skip
def test_name_that_points_to_this_machine_is_not_called(address, host, may):
    assert may_call(address, host) is may


def test_redirect_is_told_and_not_followed(server):
    server.answers["/a"] = (302, f"{server.address}/b")

    answer = call("GET", f"{server.address}/a")

    assert (answer.status, answer.location, len(server.seen)) == (302, f"{server.address}/b", 1)


def test_server_that_is_silent_costs_seconds_not_minutes(monkeypatch):
    monkeypatch.setattr(outbound, "TIMEOUT", outbound.urllib3.Timeout(connect=0.3, read=0.3))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        with pytest.raises(Unreachable) as caught:
            call("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/")

    assert (caught.value.trouble, time.monotonic() - began < 2) == (Trouble.TOO_SLOW, True)


def test_port_that_nobody_listens_at_is_refused():
    with pytest.raises(Unreachable) as caught:
        call("GET", f"http://127.0.0.1:{free_port()}/")

    assert caught.value.trouble == Trouble.REFUSED


@pytest.mark.parametrize("trusts", [True, False])
def test_certificate_must_be_trusted_and_of_that_host(server, servers_folder, monkeypatch, trusts):
    holder = Server(servers_folder / "tls")
    holder.folder.mkdir(exist_ok=True)
    make_certificates(holder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(holder.folder / "server.pem", holder.folder / "server.key")
    server.made.socket = context.wrap_socket(server.made.socket, server_side=True)
    known = ssl.create_default_context(cafile=holder.folder / "ca.pem" if trusts else None)
    monkeypatch.setattr(outbound, "trusted", lambda: known)
    port = server.made.server_port

    if trusts:
        assert call("GET", f"https://localhost:{port}/").status == 200
        assert server.seen == [("GET", "/", f"localhost:{port}")]
    else:
        with pytest.raises(Unreachable) as caught:
            call("GET", f"https://localhost:{port}/")
        assert caught.value.trouble == Trouble.CERTIFICATE


# --- the check -----------------------------------------------------------------------------------


def system(server, **fields):
    values = {"redirect_uris": f"{server.address}/back", "tile_url": f"{server.address}/start", "client_id": "me",
              "allowed_scopes": ["openid"]}  # fmt: skip
    return Application(**values | fields)


GOOD = {"client_id": "me", "response_type": "code", "scope": "openid", "code_challenge_method": "S256",
        "code_challenge": "a" * 43}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "what", "good"),
    [
        ({}, What.PKCE, True), ({}, What.START, True), ({}, What.SCOPES, True),
        ({"code_challenge": ""}, What.PKCE, False), ({"code_challenge_method": "plain"}, What.PKCE, False),
        ({"client_id": "other"}, What.START, False), ({"redirect_uri": "https://evil.example/"}, What.START, False),
        ({"response_type": "token"}, What.START, False), ({"scope": "openid organization"}, What.SCOPES, None),
    ],
)  # fmt: skip
def test_what_the_system_asks_for_is_looked_at(server, changes, what, good):
    query = urlencode(GOOD | {"redirect_uri": f"{server.address}/back"} | changes)

    found = {finding.what: finding.is_good for finding in looked_at(system(server), f"https://x/?{query}")}

    assert found[what] is good


@pytest.mark.parametrize(("challenge", "words"), [("", "chỉ có khóa bí mật"), ("a" * 43, "bỏ đánh dấu")])
def test_system_that_is_registered_without_pkce_may_do_without(server, challenge, words):
    query = urlencode(GOOD | {"redirect_uri": f"{server.address}/back", "code_challenge": challenge})

    found = {one.what: one for one in looked_at(system(server, without_pkce=True), f"https://x/?{query}")}

    assert found[What.PKCE].is_good is None
    assert words in str(found[What.PKCE].words)


def test_what_is_asked_for_and_not_allowed_is_named_as_such(server):
    query = urlencode(GOOD | {"redirect_uri": f"{server.address}/back", "scope": "openid phone email"})

    found = {finding.what: finding.words for finding in looked_at(system(server), f"https://x/?{query}")}

    assert found[What.SCOPES] == "chưa được phép nên bị bỏ qua: email, phone"
    with override("en"):  # the check runs in threads of its own, which know no reader
        assert found[What.SCOPES] == "not allowed, so it is left out: email, phone"


@pytest.mark.parametrize(
    ("fields", "is_named"),
    [
        ({}, True),
        ({"frontchannel_logout_uri": "http://127.0.0.1:1/out"}, False),
        ({"authorization_grant_type": "client-credentials"}, False),
        ({"client_type": "public"}, False),
        ({"redirect_uris": "http://127.0.0.1:1/.intranet/callback"}, False),
    ],
)
def test_a_system_that_takes_no_sign_out_is_found(db, fields, is_named):
    about = {
        "redirect_uris": "http://127.0.0.1:1/back",
        "authorization_grant_type": "authorization-code",
        "client_type": "confidential",
    } | fields

    found = check_system(Application(client_id="me", allowed_scopes=["openid"], **about), by=system_admin())

    assert [one.is_good for one in found if one.what == What.BACK] == ([None] if is_named else [])


def test_only_system_admins_have_a_system_called(db, server):
    with pytest.raises(PermissionDenied):
        check_system(Application(redirect_uris=server.address), by=person_of())

    assert server.seen == []


def test_start_of_the_sign_in_is_followed_on_the_systems_own_hosts_only(server):
    server.answers |= {"/start": (302, "/next"), "/next": (302, "https://169.254.169.254/")}

    findings = started(system(server))

    assert [path for _method, path, _host in server.seen] == ["/start", "/next"]
    assert [(finding.is_good, finding.address) for finding in findings] == [
        (None, "https://169.254.169.254/")
    ]


@pytest.mark.parametrize("location", ["http://[", "//a]b", "http://a:99999999/"])
def test_an_address_that_is_none_leads_nowhere(server, location):
    server.answers["/start"] = (302, location)

    (finding,) = started(system(server))

    assert (finding.what, finding.is_good, len(server.seen)) == (What.START, None, 1)


def test_endless_redirects_end(server):
    server.answers["/start"] = (302, "/start")

    started(system(server))

    assert len(server.seen) == 5


@pytest.mark.parametrize(
    ("status", "good"), [(400, True), (200, False), (204, False), (404, None), (500, None)]
)
def test_logout_address_that_takes_anything_is_named(server, status, good):
    server.answers["/out"] = (status, "")

    assert told(f"{server.address}/out").is_good is good
