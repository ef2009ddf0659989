"""The door before systems that know no OpenID Connect: a real nginx asks us about each request."""

import socket
from urllib.parse import urlsplit
from wsgiref.simple_server import make_server

import pytest
import requests
from django.test import Client
from django.urls import reverse

from demo.foreign_system import QuietHandler
from demo.servers import Nginx, free_port
from sso.api import Reason, ensure_client, revoke
from sso.models import RefreshToken, Session
from sso.presets import BY_SLUG
from sso.services.rules import Way, as_rule, save_rule
from sso.services.uses import systems_of
from sso.views.door import safe_back
from tests.conftest import record_sign_in, started
from tests.factories import UnitFactory, UserFactory, person_of, system_admin
from tests.serving import serve
from tests.sso.revocation_table import EVENTS

CALLBACK = "https://old.example/.intranet/callback"


def old_system(callback=CALLBACK, **fields):
    scopes = ["openid", "profile", "email", "organization"]
    return ensure_client(
        "Cũ", redirect_uris=callback, allowed_scopes=scopes, skip_authorization=True, **fields
    )


# --- who may ask ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["check", "start", "callback", "leave"])
def test_only_the_server_with_the_secret_may_ask(client, page):
    row, secret = old_system()
    other, others_secret = ensure_client("Wiki", redirect_uris="https://wiki.example/callback")
    url = reverse(f"door-{page}")

    def asked(system, key):
        return client.get(url, HTTP_X_DOOR_SYSTEM=system, HTTP_X_DOOR_KEY=key).status_code

    assert client.get(url).status_code == 404
    assert asked(row.client_id, secret) != 404
    for system, key in [
        (row.client_id, ""), (row.client_id, "x" * 128), (row.client_id, others_secret), ("unknown", secret),
        ("\x00", secret), (other.client_id, others_secret),
    ]:  # fmt: skip
        assert asked(system, key) == 404
    assert client.post(url, HTTP_X_DOOR_SYSTEM=row.client_id, HTTP_X_DOOR_KEY=secret).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["", "x", "%00", '"', "a" * 5000, "é", "=;", "null", "x" * 43])
def test_malformed_cookie_lets_in_nobody(client, cookie):
    """One passed the door of authentik (CVE-2026-25748)."""
    row, secret = old_system()
    client.cookies["__Host-door"] = cookie

    answer = client.get(reverse("door-check"), HTTP_X_DOOR_SYSTEM=row.client_id, HTTP_X_DOOR_KEY=secret)

    assert (answer.status_code, "X-Door-User" in answer) == (401, False)


@pytest.mark.parametrize(
    ("target", "safe"),
    [
        ("/a?b=c&d=%20e", "/a?b=c&d=%20e"), ("/", "/"), ("", "/"), ("//evil.example/", "/"), ("/\\evil.example", "/"),
        ("https://evil.example/", "/"), ("/.intranet/start?back=/", "/"), ("/é", "/"), ("/a\r\nSet-Cookie: x=1", "/"),
        ("/" + "a" * 5000, "/"),
    ],
)  # fmt: skip
def test_way_back_stays_on_the_host(target, safe):
    assert safe_back(target) == safe


@pytest.mark.django_db
def test_code_of_another_browser_signs_nobody_in(client):
    """Login CSRF: the state is bound to the browser by a cookie of its own."""
    row, secret = old_system()
    headers = {"HTTP_X_DOOR_SYSTEM": row.client_id, "HTTP_X_DOOR_KEY": secret}
    client.get(reverse("door-start"), **headers)

    for answer in (client, Client()):
        response = answer.get(
            reverse("door-callback"), {"code": "x", "state": "forged", "iss": "x"}, **headers
        )
        assert response["Location"] == "/"
        assert "__Host-door" not in response.cookies


# --- with a real nginx ---------------------------------------------------------------------------


class Legacy:
    """A system that believes the header Remote-User and shows it."""

    def __init__(self):
        self.port = free_port()
        self.server = make_server("127.0.0.1", self.port, self, handler_class=QuietHandler)
        serve(self.server)

    def __call__(self, environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
        told = {
            name: environ.get(f"HTTP_{name}", "") for name in ("REMOTE_USER", "REMOTE_EMAIL", "REMOTE_UNIT")
        }
        return [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {told}".encode()]


@pytest.fixture
def legacy():
    system = Legacy()
    yield system
    system.server.shutdown()
    system.server.server_close()


@pytest.fixture
def door(live_server, settings, legacy, servers_folder):
    """nginx by our own snippet before the old system: (address, row)."""
    settings.BASE_URL = live_server.url
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    row, secret = old_system(f"{address}/.intranet/callback")
    snippet = BY_SLUG["gateway"].text(issuer=live_server.url, client_id=row.client_id, base=address)
    site = snippet.replace("SECRET", secret).replace("127.0.0.1:8080", f"127.0.0.1:{legacy.port}")
    server = started(Nginx(servers_folder / f"nginx-{port}", site, port=port))
    yield address, row
    server.stop()


@pytest.fixture
def inside(live_server):
    """Return a function that gives a browser the intranet's session of a person."""

    def browser_of(person) -> requests.Session:
        client, browser = Client(), requests.Session()
        client.force_login(person)
        record_sign_in(client, person)
        browser.cookies.set("session", client.cookies["session"].value, domain="localhost.local")
        return browser

    return browser_of


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_whole_way_in_and_out(door, inside, live_server):
    address, row = door
    unit = UnitFactory(code="KHTC")
    person = person_of(unit, username="ha")
    stranger = requests.get(f"{address}/page?x=1&y=%2F2", timeout=20)
    assert stranger.url.startswith(f"{live_server.url}/sign-in/")

    browser = inside(person)
    page = browser.get(f"{address}/page?x=1&y=%2F2", timeout=20)

    assert page.url == f"{address}/page?x=1&y=%2F2"
    assert page.text == (
        "GET /page {'REMOTE_USER': 'ha', 'REMOTE_EMAIL': 'ha@mic.example', 'REMOTE_UNIT': 'KHTC'}"
    )
    assert browser.post(f"{address}/form", {"a": 1}, timeout=20).text.startswith(
        "POST /form {'REMOTE_USER': 'ha'"
    )
    forged = {
        "Remote-User": "admin",
        "Remote_User": "admin",
        "X-Door-User": "admin",
        "X-Door-Key": "x",
        "X-Door-System": "x",
    }
    assert "'REMOTE_USER': 'ha'" in browser.get(f"{address}/page", headers=forged, timeout=20).text
    assert RefreshToken.objects.count() == 1

    save_rule(row, [Way(units=(UnitFactory(code="VP").pk,))], by=system_admin())
    refused = browser.get(f"{address}/page", timeout=20)
    assert (refused.status_code, refused.url.startswith(live_server.url)) == (403, True)

    row.rule = {}
    row.save()
    assert browser.get(f"{address}/page", timeout=20).url == f"{address}/page"
    revoke(person, Reason.LOCKED)
    assert browser.get(f"{address}/page", timeout=20).url.startswith(f"{live_server.url}/sign-in/")


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("length", [1000, 1400, 1800, 3900, 7000])
def test_a_long_address_comes_back_or_leads_to_the_beginning(door, inside, length):
    """nginx takes 4 kB of headers from us, and browsers as much of a cookie."""
    address, _row = door
    wanted = f"{address}/page?x={'%C3%A9' * (length // 6)}"

    page = inside(person_of(username="ha")).get(wanted, timeout=20)

    assert page.url in {wanted, f"{address}/"}
    assert (page.url == wanted) is (length < 1500)
    assert "'REMOTE_USER': 'ha'" in page.text


FORGED = {"Remote-User": "admin", "X-Door-User": "admin", "X-Original-URI": "/.intranet/callback"}
WAYS_ROUND = [
    "/", "//", "/page/../page", "/%2e%2e/page", "/.intranet", "/.intranet/../page", "/.intranet/%2e%2e/page",
    "/.intranet/%2e%2e%2fpage", "/.%69ntranet/../page", "//.intranet/../page", "/page;/.intranet/start", "/page%00",
    "/page?/.intranet/callback", "/PAGE", "/.intranet/check", "/.intranet/check/../../page", "/.INTRANET/start",
]  # fmt: skip


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_no_way_of_writing_an_address_or_header_gets_a_stranger_in(door):
    """Rules that look at a path are passed by other ways of writing it (CVE-2026-95811); this door has none."""
    address, _row = door
    parts = urlsplit(address)
    for path in WAYS_ROUND:
        for method in ("GET", "POST", "HEAD", "PUT"):
            text = ask_raw(parts.port, method, path, FORGED | {"Cookie": "door=admin; door-start=x"})
            assert "REMOTE_USER" not in text, (method, path, text)


def ask_raw(port: int, method: str, path: str, headers: dict[str, str]) -> str:
    """Send ``path`` letter by letter, as no library would."""
    lines = [
        f"{method} {path} HTTP/1.0",
        "Host: 127.0.0.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        found = b""
        while part := sock.recv(65536):
            found += part
    return found.decode("utf-8", "replace")


@pytest.mark.django_db
def test_cookie_of_one_system_opens_no_other(session_of, client):
    """Also not when both stand on one host, and not after the session has ended."""
    first, first_secret = old_system()
    second, second_secret = ensure_client(
        "Cũ hơn",
        redirect_uris="https://older.example/.intranet/callback",
        allowed_scopes=["openid"],
        skip_authorization=True,
    )
    browser = session_of(UserFactory())
    headers = {"HTTP_X_DOOR_SYSTEM": first.client_id, "HTTP_X_DOOR_KEY": first_secret}
    start = browser.get(reverse("door-start") + "?back=/x", **headers)
    entered = browser.get(start["Location"])
    back = browser.get(reverse("door-callback") + "?" + urlsplit(entered["Location"]).query, **headers)
    cookie = back.cookies["__Host-door"]
    client.cookies["__Host-door"] = cookie.value

    def checked(row, secret):
        return client.get(
            reverse("door-check"), HTTP_X_DOOR_SYSTEM=row.client_id, HTTP_X_DOOR_KEY=secret
        ).status_code

    assert back["Location"] == "/x"
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["domain"]) == (
        True,
        True,
        "Lax",
        "",
    )
    assert (checked(first, first_secret), checked(second, second_secret)) == (200, 401)
    Session.objects.all().delete()
    assert checked(first, first_secret) == 401


def door_cookie_of(browser, headers) -> str:
    """The cookie of the protected host after a whole sign-in."""
    start = browser.get(reverse("door-start"), **headers)
    entered = browser.get(start["Location"])
    back = browser.get(reverse("door-callback") + "?" + urlsplit(entered["Location"]).query, **headers)
    return back.cookies["__Host-door"].value


@pytest.mark.django_db
@pytest.mark.parametrize("event", EVENTS)
def test_whatever_ends_access_ends_the_cookie(session_of, client, event):
    row, secret = ensure_client(
        "Wiki", redirect_uris=CALLBACK, allowed_scopes=["openid"], skip_authorization=True
    )
    headers = {"HTTP_X_DOOR_SYSTEM": row.client_id, "HTTP_X_DOOR_KEY": secret}
    person = UserFactory()
    client.cookies["__Host-door"] = door_cookie_of(session_of(person), headers)
    before = client.get(reverse("door-check"), **headers).status_code

    EVENTS[event](person)

    assert (before, client.get(reverse("door-check"), **headers).status_code) == (200, 401)


@pytest.mark.django_db
def test_cookie_is_kept_as_a_hash_only(session_of):
    row, secret = old_system()
    cookie = door_cookie_of(
        session_of(UserFactory()), {"HTTP_X_DOOR_SYSTEM": row.client_id, "HTTP_X_DOOR_KEY": secret}
    )

    assert cookie not in str(list(RefreshToken.objects.values()))


@pytest.mark.django_db
def test_network_of_the_rule_is_asked_at_each_request(session_of, client):
    row, secret = old_system(rule=as_rule([Way(networks=("10.0.0.0/8", "127.0.0.0/8"))]))
    headers = {"HTTP_X_DOOR_SYSTEM": row.client_id, "HTTP_X_DOOR_KEY": secret}
    client.cookies["__Host-door"] = door_cookie_of(session_of(UserFactory()), headers)

    codes = [
        client.get(reverse("door-check"), HTTP_X_DOOR_ADDRESS=at, **headers).status_code
        for at in ("10.1.1.1", "8.8.8.8")
    ]

    assert codes == [200, 401]


@pytest.mark.django_db
def test_g14_person_sees_that_the_system_behind_the_door_has_read_who_it_is(session_of, client):
    row, secret = old_system()
    person = UserFactory()
    headers = {"HTTP_X_DOOR_SYSTEM": row.client_id, "HTTP_X_DOOR_KEY": secret}
    client.cookies["__Host-door"] = door_cookie_of(session_of(person), headers)

    assert client.get(reverse("door-check"), **headers).status_code == 200

    (held,) = systems_of(person)
    assert [(use.application, use.scope) for use in held.uses] == [(row, " ".join(row.allowed_scopes))]
