"""What deploy/ holds is what works: nginx with its file before the real service."""

import base64
import json
import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
from http.client import HTTPSConnection
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlencode

import pytest

from demo.programs import Program
from demo.servers import Redis, Server, free_port
from demo.servers.certificates import make_certificates
from demo.servers.process import find_program
from tests.conftest import started
from tests.databases import sqlite_copy

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "deploy/nginx/intranet.conf"
NAME = "intranet.example.gov.vn"
FRAME = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    types {{ text/html html; text/css css; text/javascript js mjs; }}
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {site}
}}
"""

pytestmark = [pytest.mark.servers, pytest.mark.slow]


class Front(Server):
    """nginx with the file of deploy/, in which only ports, certificates and folders are others."""

    name = "front"
    unprivileged = False  # it serves what the suite writes

    def __init__(self, folder: Path, *, pages: int, sockets: int, var: Path):
        super().__init__(folder)
        self.plain_port, self.pages, self.sockets, self.var = free_port(), pages, sockets, var

    def prepare(self) -> None:
        make_certificates(self)
        changes = {
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen [::]:80;": "",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{self.port} ssl http2;",
            "listen [::]:443 ssl http2;": "",
            "/etc/ssl/intranet/fullchain.pem": f"{self.folder}/server.pem",
            "/etc/ssl/intranet/key.pem": f"{self.folder}/server.key",
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{self.pages};",
            "http://127.0.0.1:8001;": f"http://127.0.0.1:{self.sockets};",
        }
        site = SITE.read_text()
        for old, new in changes.items():
            assert site.count(old) == 1, old
            site = site.replace(old, new)
        site = site.replace("/var/log/nginx/", f"{self.folder}/")
        site = site.replace("/var/lib/intranet/", f"{self.var}/").replace("/opt/intranet/", f"{ROOT}/")
        self.write("nginx.conf", FRAME.format(folder=self.folder, site=site))

    def command(self) -> list[str]:
        words = ["-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", "stderr"]
        return [find_program("nginx"), *words]

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.check_hostname = False  # the certificate is for localhost; who signed it is checked
        return context


PREPARE = """
import json
from django.test import Client
from tests.conftest import record_sign_in
from tests.factories import person_of
from sso.api import ensure_client
person = person_of(username="nguoi-nhan")
client = Client()
client.force_login(person)
record_sign_in(client, person)
fields = {"redirect_uris": "https://wiki.example/", "allowed_scopes": ["openid"]}
row, secret = ensure_client("Wiki", client_id="wiki", **fields)
print(json.dumps(client.session.session_key))
"""


class Deployed:
    """The service behind nginx, as a browser at ``source`` sees it."""

    def __init__(self, front: Front, environment: dict[str, str], session: str):
        self.front, self.environment, self.session = front, environment, session

    def ask(self, method, path, body=None, *, source="127.0.0.1", **headers):
        """Return the answer with its whole ``text``."""
        connection = HTTPSConnection(
            "127.0.0.1", self.front.port, timeout=20, context=self.front.context(), source_address=(source, 0)
        )
        connection.request(method, path, body, {"Host": NAME, **headers})
        answer = connection.getresponse()
        answer.text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer

    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"__Host-session={self.session}"}

    def shell(self, code: str):
        """Return what ``code`` prints as JSON in a process of the suite."""
        words = [sys.executable, "manage.py", "shell", "-v0", "--no-imports", "-c", code]
        done = subprocess.run(words, cwd=ROOT, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def deployed(servers_folder):
    folder = servers_folder / "deployed"
    folder.mkdir()
    pages, sockets = free_port(), free_port()
    redis = started(Redis(servers_folder / "redis-deployed"))
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.live_settings",
        "INTRANET_SECRET_KEY": "for tests only",
        "INTRANET_BASE_URL": f"https://{NAME}",
        "INTRANET_ALLOWED_HOSTS": f"{NAME},127.0.0.1",
        "INTRANET_VAR": str(folder / "var"),
        "INTRANET_DATABASE_URL": f"sqlite:///{sqlite_copy(folder)}",
        "INTRANET_BEHIND_PROXY": "yes",
        "INTRANET_PROXIES": "1",
        "INTRANET_X_ACCEL_PREFIX": "/private-files",
        **redis.environment,
    }
    front = Front(folder / "nginx", pages=pages, sockets=sockets, var=folder / "var")
    suite = Deployed(front, environment, "")
    suite.session = suite.shell(PREPARE)
    words = [sys.executable, "manage.py", "collectstatic", "-v0", "--noinput"]
    subprocess.run(words, cwd=ROOT, env=environment, check=True)
    words = ["manage.py", "serve", "--workers", "1", "--port", str(pages), "--sockets-port", str(sockets)]
    words += ["--without", "timers", "jobs"]
    service = Program("service", words, environment, folder=folder / "service", port=pages)
    servers = [redis, started(service), started(front)]
    yield suite
    for server in reversed(servers):
        server.stop()


# --- nginx ----------------------------------------------------------------------------------------


def test_nginx_takes_the_file(deployed):
    front = deployed.front

    done = subprocess.run([*front.command(), "-t"], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_pages_come_through_with_their_headers(deployed):
    answer = deployed.ask("GET", "/sign-in/", **{"X-Forwarded-Proto": "http"})

    assert answer.status == 200
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert (
        "script-src" in answer.headers["Content-Security-Policy"]
        or "default-src" in answer.headers["Content-Security-Policy"]
    )
    cookies = answer.headers.get_all("Set-Cookie")
    assert [cookie for cookie in cookies if not cookie.startswith("__Host-") and "Secure" not in cookie] == []
    assert deployed.ask("GET", "/people/", **deployed.cookie()).status == 200
    assert deployed.ask("GET", "/people/").headers["Location"].startswith("/sign-in/")


def test_plain_http_is_sent_on(deployed):
    with socket.create_connection(("127.0.0.1", deployed.front.plain_port), timeout=10) as connection:
        connection.sendall(f"GET /people/?q=a HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        head = connection.makefile("rb").read().decode()

    assert head.startswith("HTTP/1.1 301")
    assert f"Location: https://{NAME}/people/?q=a\r\n" in head


def test_where_somebody_was_is_written_down_and_nothing_that_opens_something(deployed):
    paths = [
        "/people/?q=secret", "/oauth/end-session/?id_token_hint=secret", "/device/?code=secret#?",
        "/sign-in/invitation/secret/", "/calendar/feed/secret.ics", '/people/"x"?secret',
    ]  # fmt: skip
    for path in paths:
        deployed.ask("GET", path, Referer=f"https://{NAME}/?code=secret")
        with socket.create_connection(("127.0.0.1", deployed.front.plain_port), timeout=10) as plain:
            plain.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
            assert plain.makefile("rb").read()

    told = (deployed.front.folder / "access.log").read_text()

    assert "secret" not in told
    for place in ("/people/", "/oauth/end-session/", "/sign-in/invitation/...", "/calendar/feed/..."):
        assert told.count(f'"GET {place} HTTP/1.1" ') >= 2


def test_a_flood_of_tries_from_one_place_is_turned_away_and_pages_are_not(deployed):
    tries = (deployed.ask("POST", "/sign-in/", b"", source="127.0.0.9").status for _time in range(1000))
    statuses = [*takewhile(lambda status: status != 429, tries)]
    others = [
        deployed.ask("GET", "/sign-in/", source="127.0.0.9").status,
        deployed.ask("POST", "/sign-in/", b"", source="127.0.0.10").status,
    ]

    assert 100 <= len(statuses) < 1000
    assert (set(statuses), others) == ({403}, [200, 403])  # 403: without the form's token


def test_a_long_question_of_a_system_passes(deployed):
    """With what nginx takes by itself the way to the sign-in page, or an ID token as a hint, ends in a 414 or 502."""
    question = {
        "client_id": "wiki", "redirect_uri": "https://wiki.example/", "response_type": "code", "scope": "openid",
        "state": "s=" * 2000, "code_challenge": "c" * 43, "code_challenge_method": "S256",
    }  # fmt: skip
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    asked = deployed.ask("GET", f"/oauth/authorize/?{urlencode(question)}")
    page = deployed.ask("GET", asked.headers["Location"])
    leaving = deployed.ask("POST", "/oauth/end-session/", f"id_token_hint={'a' * 14000}", **form)
    refused = deployed.ask("GET", leaving.headers["Location"])

    assert len(asked.headers["Location"]) > 10_000
    assert [answer.status for answer in (asked, page, leaving, refused)] == [302, 200, 303, 400]


def test_another_host_is_refused(deployed):
    assert deployed.ask("GET", "/sign-in/", Host="evil.example").status == 400


def test_static_files_come_from_nginx_for_ever(deployed):
    page = deployed.ask("GET", "/sign-in/").text
    sheet = re.search(r'href="(/static/[^"]+\.css)"', page).group(1)

    answer = deployed.ask("GET", sheet)

    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/css")
    assert "immutable" in ", ".join(answer.headers.get_all("Cache-Control"))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" not in answer.headers  # nobody of ours was asked
    for path in ("/static../secret_key", "/static/../secret_key", "/static/%2e%2e/secret_key"):
        assert deployed.ask("GET", path).status in (400, 404)


def test_private_files_are_sent_by_nginx_and_by_leave_only(deployed):
    folder = Path(deployed.environment["INTRANET_VAR"]) / "private"
    folder.mkdir(exist_ok=True)
    (folder / "secret.txt").write_text("geheim")

    assert deployed.ask("GET", "/private-files/secret.txt", **deployed.cookie()).status == 404
    assert "geheim" not in deployed.ask("GET", "/private-files/../private-files/secret.txt").text


LAST_ADDRESS = """
import json
from sso.models import AuditEntry
found = AuditEntry.objects.filter(client="wiki", action="refused").order_by("pk")
print(json.dumps(list(found.values_list("address", flat=True))))
"""
FORGED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Real-IP": "6.6.6.7",
    "Forwarded": "for=6.6.6.8",
    "X-Client-IP": "6.6.6.9",
    "CF-Connecting-IP": "6.6.6.10",
}


def test_the_record_has_the_address_of_the_client_whatever_it_says(deployed):
    login = base64.b64encode(b"wiki:wrong").decode()
    about = {"Authorization": f"Basic {login}", "Content-Type": "application/x-www-form-urlencoded"}
    sources = {"127.0.0.2": {}, "127.0.0.3": FORGED, "127.0.0.4": {"X-Forwarded-For": "127.0.0.9, 10.0.0.1"}}

    for source, forged in sources.items():
        answer = deployed.ask(
            "POST", "/oauth/token/", "grant_type=client_credentials", source=source, **about, **forged
        )
        assert answer.status == 401

    assert deployed.shell(LAST_ADDRESS) == list(sources)


def test_the_largest_file_goes_through_and_a_larger_one_does_not(deployed):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    form |= {"Origin": f"https://{NAME}", "Referer": f"https://{NAME}/"}

    refused = deployed.ask(
        "POST", "/people/", b"a=" + b"x" * (27 << 20), Cookie="django_language=en; theme=dark", **form
    )
    assert (refused.status, "That was too much at once" in refused.text) == (413, True)
    assert '<html lang="en" data-bs-theme="dark">' in refused.text
    assert deployed.ask("POST", "/sign-in/", b"a=" + b"x" * 1000, **form).status == 403  # CSRF, by the suite


class Socket:
    """An open page's socket through nginx (RFC 6455), only listening."""

    def __init__(self, deployed: Deployed, **headers: str):
        plain = socket.create_connection(("127.0.0.1", deployed.front.port), timeout=20)
        self.socket = deployed.front.context().wrap_socket(plain, server_hostname="localhost")
        given = {
            "Host": NAME,
            "Origin": f"https://{NAME}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
            "Sec-WebSocket-Version": "13",
        } | headers
        lines = ["GET /ws/notices/ HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.stream = self.socket.makefile("rb")
        self.status = int(self.stream.readline().split()[1])
        while self.stream.readline().strip():
            pass

    def notice(self) -> dict:
        while True:
            first, second = self.stream.read(2)
            length = second & 127
            if length == 126:
                length = int.from_bytes(self.stream.read(2))
            payload = self.stream.read(length)
            if first & 15 == 1:
                return json.loads(payload)


def test_while_the_suite_is_away_nginx_says_so(servers_folder):
    nobody = Front(
        servers_folder / "nginx-alone", pages=free_port(), sockets=free_port(), var=servers_folder / "none"
    )
    try:
        browser = Deployed(started(nobody), {}, "")
        answer, style = browser.ask("POST", "/tasks/", "a=b"), browser.ask("GET", "/back-soon.css")
    finally:
        nobody.stop()

    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Hệ thống đang khởi động lại" in answer.text
    assert "Back in a moment" in answer.text
    assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "/back-soon.css" in answer.text
    assert (style.status, style.headers["Content-Type"]) == (200, "text/css")


def test_notices_arrive_over_the_socket(deployed):
    page = Socket(deployed, **deployed.cookie())
    assert page.status == 101

    assert deployed.ask("GET", "/tell/", **deployed.cookie()).text == "told"

    assert page.notice()["url"] == "/people/"


def test_a_socket_of_another_site_is_refused(deployed):
    assert Socket(deployed, Origin="https://evil.example", **deployed.cookie()).status == 403
