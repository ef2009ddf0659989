"""What stays open outside the database is let go of, in whichever process it is: a real web server, another process."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from demo.servers import free_port
from demo.servers.process import wait_until
from tests.databases import sqlite_copy
from tests.intranet.test_live import ROOT, Page, web
from tests.sso.revocation_table import EVENTS, UNTOUCHED, pairs

pytestmark = [pytest.mark.slow, pytest.mark.servers]
LONGEST_SECONDS = 1.0

# A process beside the web server. It signs people in, and lets happen to them what it is told, line by line.
OTHER_PROCESS = """
import sys
import django
django.setup()
from django.test import Client
from sso.models import Session, User
from sso.services.sessions import end_sessions
from sso.services.revocation import Reason, revoke
from tests.conftest import record_sign_in
from tests.factories import person_of
from tests.sso.revocation_table import EVENTS
def sign_in(person):
    client = Client()
    client.force_login(person)
    record_sign_in(client, person)
    return client.session.session_key, client.session["sid"]
for line in sys.stdin:
    act, *words = line.strip().split("|")
    if act == "new":
        person = person_of()
        print(person.pk, *sign_in(person), flush=True)
    elif act == "again":
        print(words[0], *sign_in(User.objects.get(pk=words[0])), flush=True)
    elif act == "end":
        end_sessions([words[0]], Reason.ENDED_HERE)
        print("done", flush=True)
    elif act == "unnamed":
        session = Session.objects.get(sid=words[0])
        from sso.session_store import SessionStore
        data = SessionStore().decode(session.data)
        del data["account_authentication_methods"]
        session.data = SessionStore().encode(data)
        session.save()
        print("done", flush=True)
    elif act == "keep":
        revoke([int(words[0])], Reason.PASSWORD_CHANGED, keep=words[1])
        print("done", flush=True)
    else:
        EVENTS[act](User.objects.get(pk=words[0]))
        print("done", flush=True)
"""


class Other:
    """The other process."""

    def __init__(self, environment):
        command = [sys.executable, "-c", OTHER_PROCESS]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tell(self, *words) -> list[str]:
        self.process.stdin.write("|".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The port of a web server with pages and sockets, and the other process."""
    with served(tmp_path_factory.mktemp("live")) as both:
        yield both


@contextmanager
def served(folder):
    with web(folder) as (port, _session, environment):
        other = Other(environment)
        try:
            yield port, other
        finally:
            other.close()


def seconds_until_closed(page: Page) -> float:
    page.socket.settimeout(10)
    start = time.monotonic()
    assert page.close_code() == 4401
    return time.monotonic() - start


def stays_open(page: Page, seconds: float = LONGEST_SECONDS) -> bool:
    page.socket.settimeout(seconds)
    try:
        page.close_code()
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize(("event", "credential"), pairs(["socket"]))
def test_g2_sockets_are_closed_within_a_second_after_every_event(place, event, credential):
    port, other = place
    person, key, _sid = other.tell("new")
    _someone, foreign_key, _sid = other.tell("new")
    mine, foreign = Page(port, key), Page(port, foreign_key)
    time.sleep(0.2)  # both are open and listen

    assert other.tell(event, person) == ["done"]

    if (event, credential) in UNTOUCHED:
        assert stays_open(mine)
    else:
        assert seconds_until_closed(mine) < LONGEST_SECONDS
        assert stays_open(foreign, 0.1)


def test_of_one_session_only_its_sockets_are_closed(place):
    port, other = place
    person, key, sid = other.tell("new")
    _person, second_key, _sid = other.tell("again", person)
    mine, second = Page(port, key), Page(port, second_key)
    time.sleep(0.2)

    other.tell("end", sid)

    assert seconds_until_closed(mine) < LONGEST_SECONDS
    assert stays_open(second, 0.2)


def test_the_session_that_lives_on_keeps_its_sockets(place):
    port, other = place
    person, key, sid = other.tell("new")
    _person, second_key, _sid = other.tell("again", person)
    mine, second = Page(port, key), Page(port, second_key)
    time.sleep(0.2)

    other.tell("keep", person, sid)

    assert seconds_until_closed(second) < LONGEST_SECONDS
    assert stays_open(mine, 0.2)


def test_p18_a_session_that_our_sign_in_did_not_begin_gets_no_socket(place):
    port, other = place
    _person, key, sid = other.tell("new")
    other.tell("unnamed", sid)

    assert Page(port, key).close_code() == 4401


@pytest.mark.parametrize("event", [event for event in EVENTS if event != "rule of the system changed"])
def test_no_new_socket_opens_afterwards(place, event):
    port, other = place
    person, key, _sid = other.tell("new")

    other.tell(event, person)

    assert Page(port, key).close_code() == 4401


def test_the_service_with_its_processes_and_redis_lets_go_too(tmp_path, redis):
    """Pages and sockets live in processes of their own, forked from one that was loaded before."""
    port, sockets_port = free_port(), free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "INTRANET_SECRET_KEY": "for tests only",
        "INTRANET_BASE_URL": f"http://127.0.0.1:{sockets_port}",
        "INTRANET_VAR": str(tmp_path / "var"),
        "INTRANET_DATABASE_URL": f"sqlite:///{sqlite_copy(tmp_path)}",
        **redis.environment,
    }
    command = [sys.executable, "manage.py", "serve", "--port", str(port), "--sockets-port", str(sockets_port)]
    log = open(tmp_path / "log", "wb")  # noqa: SIM115 (closed below)
    parts = subprocess.Popen(
        [*command, "--workers", "1", "--without", "jobs", "timers"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    other = Other(environment)
    try:
        person, key, _sid = other.tell("new")
        wait_until(lambda: can_connect(sockets_port), 60, alive=lambda: parts.poll() is None)
        page = Page(sockets_port, key)
        time.sleep(0.3)

        redis.stop()  # it is for live updates; an end does not depend on it
        other.tell("left the directory", person)

        assert seconds_until_closed(page) < LONGEST_SECONDS
    finally:
        other.close()
        parts.terminate()
        parts.wait(timeout=40)
        log.close()


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
