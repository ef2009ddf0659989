"""Accounts that a system refuses or answers oddly: told on the page, tried again, never made twice."""

import socket
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from sso import outbound
from sso.models import AuditEntry, ProvisionedAccount, User
from sso.scim import client as scim_client
from sso.services.audit import Action
from sso.services.provisioning.sending import AGAIN
from sso.services.provisioning.working import keep_in_step, provision
from tests.factories import person_of
from tests.sso.scim.conftest import states, target_at
from tests.sso.scim.shelf import always, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(db, shelf):
    return target_at(shelf.server.address)


@pytest.fixture
def ha():
    return person_of(username="ha")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((400, {}, {"detail": "userName is too short", "scimType": "invalidValue"}), "HTTP 400: userName is too short"),
        ((403, {}, b"<html>"), "HTTP 403"),
        ((413, {}, {"scimType": "tooMany"}), "HTTP 413: tooMany"),
        ((500, {}, {"detail": "x" * 5000}), f"HTTP 500: {'x' * 190}"),
        ((500, {}, {"detail": "\x00\n\u202e…"}), "HTTP 500: …"),
        ((201, {}, b"not json"), "garbled"),
        ((201, {}, []), "garbled"),
        ((201, {}, {"id": 7}), "garbled"),
        ((201, {}, {"id": ".."}), "garbled"),
        ((201, {}, {"id": "k" * 256}), "garbled"),
        ((200, {"Content-Encoding": "gzip"}, {"id": "k1"}), None),  # what it claims to be does not matter
        ((201, {}, b"[" * 100_000), "garbled"),
        ((409, {}, b""), "hidden"),
    ],
)  # fmt: skip
def test_refused_account_is_told_and_tried_again(target, shelf, queue, ha, answer, told):
    shelf.odd = always(answer)

    provision(target.pk, None)

    row = ProvisionedAccount.objects.get()
    assert row.answer == (told or "")
    if told:
        assert states() == {"ha": "refused"}
        assert row.answer_words not in {"", "garbled", "hidden"}
        assert row.due_at - timezone.now() > AGAIN[0] - timedelta(seconds=5)
        assert AuditEntry.objects.filter(action=Action.ACCOUNT_REFUSED).count() == 1
        shelf.odd = lambda *asked: None
        with later(61):
            keep_in_step()
            while queue():
                pass
        assert states() == {"ha": "in_step"}
        assert shelf.names() == ["ha"]


def test_huge_answer_is_cut_off(target, shelf, queue, ha, monkeypatch):
    monkeypatch.setattr(scim_client, "MOST_BYTES", 100_000)
    shelf.odd = always((201, {}, b"x" * 10_000_000))

    provision(target.pk, None)

    assert ProvisionedAccount.objects.get().answer == "too_long"


def test_head_that_trickles_for_ever_is_cut_off(monkeypatch):
    """A byte now and then keeps each single wait short."""
    monkeypatch.setattr(outbound, "LONGEST_SECONDS", 0.3)
    over = threading.Event()

    def trickle(listener):
        line, _address = listener.accept()
        with line, suppress(OSError):
            line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not over.wait(0.05):
                line.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=trickle, args=[listener], daemon=True)
        server.start()
        with pytest.raises(outbound.Unreachable) as caught:
            outbound.call("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/")
        over.set()
        server.join()

    assert caught.value.trouble == outbound.Trouble.TOO_SLOW


def test_answer_that_trickles_for_ever_is_cut_off(monkeypatch):
    monkeypatch.setattr(outbound, "LONGEST_SECONDS", 0.0)

    class Drips:
        def read1(self, size, decode_content):
            return b"x"

    with pytest.raises(outbound.Unreachable) as caught:
        outbound.body_of(Drips(), 10**9)

    assert caught.value.trouble == outbound.Trouble.TOO_SLOW


def test_account_whose_making_was_not_answered_is_not_made_twice(target, shelf, queue, ha):
    """It was made, but the answer got lost: it is looked for before another is made."""

    def made_but_broken(method, path, body):
        if method == "POST":
            shelf.usual(method, path, body)
            return 502, {}, b""

    shelf.odd = made_but_broken
    provision(target.pk, None)
    shelf.odd = lambda *asked: None

    with later(2):
        provision(target.pk, [ha.pk])

    assert shelf.names() == ["ha"]
    assert states() == {"ha": "in_step"}


def test_account_whose_making_was_not_answered_is_switched_off_when_its_person_leaves(
    target, shelf, queue, ha
):
    def made_but_broken(method, path, body):
        if method == "POST":
            shelf.usual(method, path, body)
            return 502, {}, b""

    shelf.odd = made_but_broken
    provision(target.pk, None)
    shelf.odd = lambda *asked: None
    User.objects.filter(pk=ha.pk).update(is_active=False)

    provision(target.pk, [ha.pk])

    assert [user["active"] for user in shelf.users.values()] == [False]
    assert states() == {"ha": "off"}


def test_three_faults_in_a_row_leave_the_system_alone(target, shelf, queue):
    for name in "abcde":
        person_of(username=name)
    shelf.odd = always((500, {}, b""))

    provision(target.pk, None)

    target.refresh_from_db()
    assert (len(shelf.server.asked), target.is_resting) == (3, True)


def test_filter_that_is_not_honoured_finds_nobody_else(target, shelf, queue, ha):
    """A server that ignores the filter answers with everybody: the first one must not be taken for ours."""
    shelf.users["k9"] = {"id": "k9", "userName": "giamdoc"}

    def ignores_filter(method, path, body):
        if method == "POST":
            return 409, {}, b""
        if "filter=" in path:
            return shelf.usual("GET", "/Users", None)

    shelf.odd = ignores_filter
    provision(target.pk, None)

    assert ProvisionedAccount.objects.get().answer == "hidden"
    assert shelf.users["k9"] == {"id": "k9", "userName": "giamdoc"}


@pytest.mark.parametrize("status", [400, 501])
def test_filter_that_is_refused_is_done_without(target, shelf, queue, ha, status):
    shelf.users["k9"] = {"id": "k9", "userName": "ha"}

    def refuses_filter(method, path, body):
        if method == "POST":
            return 409, {}, b""
        if "filter=" in path:
            return status, {}, b""

    shelf.odd = refuses_filter
    provision(target.pk, None)

    assert (states(), shelf.users["k9"]["externalId"]) == ({"ha": "in_step"}, str(ha.subject))


def test_two_accounts_of_one_name_are_for_somebody_to_look_at(target, shelf, queue, ha):
    shelf.users |= {key: {"id": key, "userName": "ha"} for key in ("k8", "k9")}
    shelf.odd = always((409, {}, b""))

    provision(target.pk, None)

    assert ProvisionedAccount.objects.get().answer == "twice"
