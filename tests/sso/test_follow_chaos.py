"""``manage.py follow_directory`` as a process beside a real slapd, while both are stopped, cut and killed."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

import ldap
import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from demo import programs, state
from demo.directory import UNITS, person_dn
from demo.servers import HOST, Slapd, free_port
from sso.api import User
from sso.models import DirectoryFollowed
from sso.services.tokens import mail_token
from tests.conftest import record_sign_in
from tests.sso.conftest import SMALL, person_ldif, unit_ldif

pytestmark = [pytest.mark.slow, pytest.mark.servers, pytest.mark.django_db(transaction=True)]

CROWD = 150
GOAL_SECONDS = 1.0
AFTER_RECONNECT = 5.0
LDIF = "\n".join(
    [SMALL, unit_ldif("VP", "BO"), *(person_ldif(f"nv{n}", f"Nguyễn Văn {n}") for n in range(CROWD))]
)


class Relay(threading.Thread):
    """Stands between the follower and slapd: passes everything on, or nothing (``deaf``), or hangs up (``cut``)."""

    def __init__(self, target: int):
        super().__init__(daemon=True)
        self.target, self.port = target, free_port()
        self.listener = socket.create_server((HOST, self.port))
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.hears = threading.Event()
        self.hears.set()

    def run(self):
        with suppress(OSError):
            while True:
                near, _address = self.listener.accept()
                far = socket.create_connection((HOST, self.target))
                self.pairs.append((near, far))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def pump(self, source, sink):
        with suppress(OSError):
            while data := source.recv(65536):
                self.hears.wait()
                sink.sendall(data)

    def cut(self):
        for pair in self.pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self.pairs.clear()

    def close(self):
        self.hears.set()
        self.listener.close()
        self.cut()


@pytest.fixture
def crowd(slapd_folder):
    """A slapd with 150 more people, and its administrator."""
    with Slapd(slapd_folder / f"crowd{free_port()}", ldif=LDIF) as server:
        yield server


@pytest.fixture
def admin(crowd):
    server = ldap.initialize(crowd.url)
    server.simple_bind_s(crowd.admin_dn, crowd.admin_password)
    yield server
    server.unbind_s()


def environment(slapd, **more: str) -> dict[str, str]:
    base = connection.settings_dict
    if connection.vendor == "postgresql":
        url = f"postgres://{base['USER']}@{base['HOST']}:{base['PORT']}/{base['NAME']}"
    else:
        url = f"sqlite:///{base['NAME']}"
    return {**slapd.environment, "INTRANET_DATABASE_URL": url, "INTRANET_LDAP_TIMEOUT": "1", **more}


@contextmanager
def follower(slapd, folder, **more: str):
    program = programs.follower(environment(slapd, **more), folder)
    with program:
        assert soon(lambda: DirectoryFollowed.objects.filter(mode="live", fault="").exists(), 60), (
            program.log_tail()
        )
        yield program


def soon(true, seconds: float) -> float | None:
    """Return after how many seconds ``true()`` was, None when it was not in time."""
    began = time.monotonic()
    while (spent := time.monotonic() - began) < seconds:
        if true():
            return spent or 1e-9
        time.sleep(0.005)
    return None


def person(uid: str) -> User:
    return User.objects.get(username=uid)


def modify(admin, uid: str, name: str, value: str | None) -> None:
    admin.modify_s(person_dn(uid), [(ldap.MOD_REPLACE, name, value and [value.encode()])])


class Holder:
    """Somebody with a session and a token."""

    def __init__(self, uid: str):
        self.browser = Client()
        user = person(uid)
        self.browser.force_login(user)
        record_sign_in(self.browser, user)
        self.token = mail_token(user)

    def is_out(self) -> bool:
        page = self.browser.get("/account/").status_code
        answer = (
            Client().get(reverse("oauth-userinfo"), HTTP_AUTHORIZATION=f"Bearer {self.token}").status_code
        )
        return (page, answer) == (302, 401)

    def accepted_for(self, seconds: float) -> float:
        """Return how long after now the last request began that was still let in, ``seconds`` when all were."""
        began, last = time.monotonic(), 0.0
        while (now := time.monotonic() - began) < seconds:
            if self.is_out():
                return last
            last = now
            time.sleep(0.03)  # the follower needs the processor, too
        return seconds


def lock(admin, uid):
    modify(admin, uid, "pwdAccountLockedTime", "000001010000Z")


def unlock(admin, uid):
    modify(admin, uid, "pwdAccountLockedTime", None)


def reset(admin, uid):
    admin.passwd_s(person_dn(uid), None, f"Another#{random.randrange(10**6)}")


def move(admin, uid):
    here = person(uid).unit.code
    there = "VP" if here == "KHTC" else "KHTC"
    posts = [("departmentNumber", there), ("intranetPost", f"{there}$Chuyên viên$320$member")]
    admin.modify_s(person_dn(uid), [(ldap.MOD_REPLACE, name, [value.encode()]) for name, value in posts])


@contextmanager
def load():
    """Two people who read a page every twentieth of a second."""
    ends = threading.Event()

    def read(uid):
        browser = Client()
        user = person(uid)
        browser.force_login(user)
        record_sign_in(browser, user)
        while not ends.wait(0.05):
            assert browser.get("/account/").status_code == 200
        connections.close_all()

    readers = [threading.Thread(target=read, args=(uid,)) for uid in ("dung", "tam")]
    for reader in readers:
        reader.start()
    try:
        yield
    finally:
        ends.set()
        for reader in readers:
            reader.join()


def test_g1_150_random_changes_under_load_leave_no_stale_session_and_no_stale_token(crowd, admin, tmp_path):
    chance = random.Random(2026)
    spans = []
    with follower(crowd, tmp_path / "follower") as program:
        with load():
            for number in range(CROWD):
                uid = f"nv{chance.randrange(CROWD)}"
                act = chance.choice([lock, reset, move])
                holder = Holder(uid)
                assert not holder.is_out()
                act(admin, uid)
                spans.append(holder.accepted_for(5))
                if act is lock:
                    unlock(admin, uid)
                    assert soon(lambda: person(uid).is_active, 5), program.log_tail()  # noqa: B023 (called at once)
                assert spans[-1] < 5, f"{number} {act.__name__} {uid}: {program.log_tail()}"
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(15) == 0
    assert sorted(spans)[int(0.99 * CROWD)] < GOAL_SECONDS


def test_stopped_hanging_deaf_and_cut_directories_change_nothing_and_are_followed_again(
    crowd, admin, tmp_path
):
    relay = Relay(crowd.port)
    relay.start()
    url = f"ldap://{HOST}:{relay.port}"
    with follower(crowd, tmp_path / "follower", INTRANET_LDAP_URL=url) as program:

        def followed_again(number: int):
            server = ldap.initialize(crowd.url)
            server.simple_bind_s(crowd.admin_dn, crowd.admin_password)
            lock(server, f"nv{number}")
            assert soon(lambda: not person(f"nv{number}").is_active, AFTER_RECONNECT), program.log_tail(40)
            unlock(server, f"nv{number}")
            assert soon(lambda: person(f"nv{number}").is_active, 2)
            server.unbind_s()
            assert User.objects.active().count() == CROWD + 3

        def is_noticed():
            return DirectoryFollowed.objects.exclude(fault="").exists()

        relay.cut()
        followed_again(1)
        relay.hears.clear()
        assert soon(is_noticed, 20), program.log_tail()
        assert "Not followed since" in status(crowd)
        relay.hears.set()
        followed_again(2)
        crowd.pause()
        assert soon(is_noticed, 20), program.log_tail()
        crowd.resume()
        followed_again(3)
        crowd.stop()
        assert soon(is_noticed, 20), program.log_tail()
        crowd.start()
        followed_again(4)
        assert soon(lambda: "Last change applied" in status(crowd), 5)
        assert "Traceback" not in program.log.read_text()
    relay.close()


def status(slapd) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "follow_directory", "--status"],
        cwd=state.PROJECT, env={**os.environ, **environment(slapd)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_killed_in_the_midst_a_second_one_goes_on_where_the_first_was(crowd, admin, tmp_path):
    with follower(crowd, tmp_path / "first") as first:
        lock(admin, "nv1")
        assert soon(lambda: not person("nv1").is_active, 5)
        second = programs.follower(environment(crowd), tmp_path / "second")
        with second:
            assert soon(lambda: "waits for its end" in second.log.read_text(), 60), second.log_tail()
            first.pause()
            lock(admin, "nv2")
            admin.delete_s(person_dn("nv3"))
            unlock(admin, "nv1")
            os.killpg(first.process.pid, signal.SIGKILL)
            first.process.wait()

            assert soon(lambda: not person("nv2").is_active, AFTER_RECONNECT), second.log_tail()
            assert (person("nv1").is_active, person("nv3").is_active) == (True, False)


def test_a_directory_that_tells_no_changes_is_read_again_and_again(slapd_folder, tmp_path):
    with Slapd(slapd_folder / f"plain{free_port()}", ldif=LDIF) as server:
        server.stop()
        config = server.folder / "slapd.conf"
        text = config.read_text()
        begin, end = text.index("overlay syncprov"), text.index("overlay ppolicy")
        plain = text[:begin] + text[end:]
        server.config = lambda: plain
        server.start()
        program = programs.follower(
            environment(server, INTRANET_DIRECTORY_SECONDS="1"), tmp_path / "follower"
        )
        with program:
            assert soon(lambda: DirectoryFollowed.objects.filter(mode="periodic").exists(), 60), (
                program.log_tail()
            )
            admin = ldap.initialize(server.url)
            admin.simple_bind_s(server.admin_dn, server.admin_password)
            lock(admin, "nv1")
            admin.add_s(f"ou=P1,ou=VP,ou=BO,{UNITS}", [
                ("objectClass", [b"organizationalUnit", b"intranetUnit"]), ("ou", b"P1"),
                ("intranetUnitCode", b"P1"), ("intranetUnitName", "Phòng 1".encode()),
            ])  # fmt: skip

            assert soon(lambda: not person("nv1").is_active, 10), program.log_tail()
