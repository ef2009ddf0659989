"""Notices appear on an open page without reload: the real web server, pages and sockets in one process."""

import base64
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from demo.servers import free_port
from demo.servers.process import wait_until
from tests.databases import sqlite_copy

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.servers]


class Page:
    """An open page's socket, as a browser makes it (RFC 6455), only listening."""

    def __init__(self, port: int, session: str = "", origin: str = ""):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        lines = [
            "GET /ws/notices/ HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Origin: {origin or f'http://127.0.0.1:{port}'}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            f"Cookie: session={session}",
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.stream = self.socket.makefile("rb")
        self.status = int(self.stream.readline().split()[1])
        while self.stream.readline().strip():
            pass

    def receive(self) -> tuple[int, bytes]:
        """Return opcode and payload of the next frame."""
        first, second = self.stream.read(2)
        length = second & 127
        if length == 126:
            length = int.from_bytes(self.stream.read(2))
        return first & 15, self.stream.read(length)

    def notice(self) -> dict:
        while True:
            opcode, payload = self.receive()
            if opcode == 1:
                return json.loads(payload)

    def close_code(self) -> int:
        while True:
            opcode, payload = self.receive()
            if opcode == 8:
                return int.from_bytes(payload[:2])


def manage(environment: dict, code: str) -> str:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


SIGN_IN = """
from django.test import Client
from tests.conftest import record_sign_in
from tests.factories import person_of
person = person_of(username="nguoi-nhan")
client = Client()
client.force_login(person)
record_sign_in(client, person)
print(client.session.session_key)
"""


# Somebody who must make a second factor before anything else.
SIGN_IN_ON_DUTY = SIGN_IN.replace("nguoi-nhan", "nguoi-no").replace(
    "print", "session = client.session; session['must_enrol'] = True; session.save(); print"
)


def listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


@contextmanager
def web(tmp_path: Path, **variables: str):
    """Yield port, session of a signed-in person and environment of a web server with a fresh database."""
    port = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.live_settings",
        "INTRANET_SECRET_KEY": "for tests only",
        "INTRANET_BASE_URL": f"http://127.0.0.1:{port}",
        "INTRANET_VAR": str(tmp_path / "var"),
        "INTRANET_DATABASE_URL": f"sqlite:///{sqlite_copy(tmp_path)}",
        **variables,
    }
    session = manage(environment, SIGN_IN)
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"]
    # As the service does: a page that is being sent when the loop ends would keep its thread for ever.
    command += ["--workers-kill-timeout", "5"]
    log = open(tmp_path / "web.log", "wb")  # noqa: SIM115 (closed below)
    server = subprocess.Popen(
        [*command, "--port", str(port), "intranet.asgi:application"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_until(lambda: listens(port), 120, alive=lambda: server.poll() is None)
        yield port, session, environment
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


TELL = """
from intranet.api import notify
from sso.api import User
notify("note.told", to=[User.objects.get(username="nguoi-nhan")], title="Có việc mới", url="/people/")
"""


def get(port, session, path="/", **headers):
    address = f"http://127.0.0.1:{port}{path}"
    return requests.get(address, cookies={"session": session}, headers=headers, timeout=20)


def tell_by_page(port, session):
    """Make the web server itself send a notice, by a page of it."""
    answer = get(port, session, "/tell/")
    assert [answer.status_code, answer.text] == [200, "told"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Port and session of a web server that stands alone."""
    with web(tmp_path_factory.mktemp("live")) as (port, session, environment):
        yield port, session, manage(environment, SIGN_IN_ON_DUTY)


def test_two_tabs_hear_of_a_notice_in_one_process(place):
    port, session, _on_duty = place
    tabs = [Page(port, session), Page(port, session)]
    get(port, session)
    tell_by_page(port, session)
    heard = [tab.notice() for tab in tabs]
    toast = get(port, session, f"/notices/new/?id={heard[0]['id']}", **{"HX-Request": "true"}).text

    assert [tab.status for tab in tabs] == [101, 101]
    assert heard == [{"id": heard[0]["id"], "kind": "note.told", "url": "/people/"}] * 2
    assert "Có việc mới" in toast


def test_strangers_and_foreign_pages_hear_nothing(place):
    port, session, on_duty = place

    codes = [Page(port).close_code(), Page(port, on_duty).close_code()]
    foreign = Page(port, session, origin="https://evil.example").status

    assert [codes, foreign] == [[4401, 4401], 403]


def test_no_content_type_breaks_a_page(place):
    """The server has our own handler (tests/intranet/test_handler.py)."""
    port, session, _other = place
    assert (
        get(port, session, "/people/?q=ha", **{"Content-Type": "text/plain; charset=hex"}).status_code == 200
    )


def test_notice_of_another_process_comes_through_redis_and_pages_work_without_it(tmp_path, redis):
    with web(tmp_path, **redis.environment) as (port, session, environment):
        page = Page(port, session)
        time.sleep(0.5)
        manage(environment, TELL)
        heard = page.notice()

        redis.stop()
        began = time.monotonic()
        statuses = [get(port, session, path).status_code for path in ("/", "/people/", "/notices/", "/tell/")]
        seconds = time.monotonic() - began
        manage(environment, TELL)
        kept = get(port, session, "/notices/").text.count("Có việc mới")

    assert heard["url"] == "/people/"
    assert statuses == [200] * 4
    assert seconds < 15
    assert kept == 3
