"""Systems that take nothing, now or for long: one try, a rest, nothing lost, and nobody else waits."""

import socket
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from time_machine import travel

from intranet.models import Notification
from sso import outbound
from sso.models import Application, ProvisionedAccount, ProvisioningTarget
from sso.scim.client import seconds_of
from sso.services.provisioning.targets import run_now
from sso.services.provisioning.working import keep_in_step, provision
from tests.factories import person_of, system_admin
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
    ("answer", "fault"),
    [
        ((503, {}, b"busy"), "HTTP 503"),
        ((429, {"Retry-After": "7"}, {"detail": "quá nhiều"}), "HTTP 429: quá nhiều"),
        ((401, {}, {"detail": "no such token"}), "HTTP 401: no such token"),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), "HTTP 302"),
        ((307, {"Location": "https://elsewhere.example/"}, b""), "HTTP 307"),
    ],
)
def test_system_that_takes_nothing_costs_one_try_and_nothing_is_lost(target, shelf, queue, answer, fault):
    for name in ("a", "b", "c"):
        person_of(username=name)
    shelf.odd = always(answer)

    provision(target.pk, None)

    target.refresh_from_db()
    assert [method for method, _path in shelf.server.asked] == ["POST"]
    assert (target.fault, target.is_resting, set(states().values())) == (fault, True, {"waiting"})
    provision(target.pk, None)  # while it rests nobody asks again
    assert len(shelf.server.asked) == 1
    shelf.odd = lambda *asked: None
    with later(1):
        assert queue() == 1
    assert shelf.names() == ["a", "b", "c"]
    assert set(states().values()) == {"in_step"}
    target.refresh_from_db()
    assert (target.fault, target.faults, target.rests_until) == ("", 0, None)


def test_system_says_how_long_it_wants_to_be_left_alone(target, shelf, queue, ha):
    shelf.odd = always((503, {"Retry-After": "120"}, b""))

    provision(target.pk, None)

    target.refresh_from_db()
    assert 118 < (target.rests_until - timezone.now()).total_seconds() <= 120
    assert DBTaskResult.objects.get().run_after == target.rests_until


def test_system_that_lets_so_many_through_is_left_alone_no_longer_than_it_asks(target, shelf, queue, ha):
    shelf.odd = always((429, {"Retry-After": "1"}, b""))
    rests = []
    with travel(timezone.now(), tick=False) as clock:
        for _round in range(3):
            provision(target.pk, [ha.pk])
            target.refresh_from_db()
            rests.append((target.rests_until - timezone.now()).total_seconds())
            clock.shift(target.rests_until - timezone.now() + timedelta(seconds=1))

    assert rests == [1, 20, 60]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), (" 7", 7), ("999999999999", 3600), ("-1", None), ("", None), ("bald", None), ("1.5", None), ("٣", 3),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 3600), ("Wed, 99 Oct 2015", None)],
)  # fmt: skip
def test_retry_after_is_read_with_care(text, seconds):
    assert seconds_of(text) == seconds


def test_rest_grows_and_ends_with_the_first_success(target, shelf, queue, ha):
    shelf.odd = always((503, {}, b""))
    rests = []
    with travel(timezone.now(), tick=False) as clock:
        for _round in range(6):
            provision(target.pk, [ha.pk])
            target.refresh_from_db()
            rests.append((target.rests_until - timezone.now()).total_seconds())
            clock.shift(target.rests_until - timezone.now() + timedelta(seconds=1))

    assert rests == [5, 20, 60, 300, 900, 900]


def test_one_account_that_hangs_the_system_does_not_hold_up_the_others(target, shelf, queue):
    """Also when it is always the first: after a fault it stands behind the others."""
    for name in ("a", "b", "c"):
        person_of(username=name)

    def hangs_at_a(method, path, body):
        return (503, {}, b"") if method == "POST" and body["userName"] == "a" else None

    shelf.odd = hangs_at_a
    with travel(timezone.now(), tick=False) as clock:
        provision(target.pk, None)
        clock.shift(timedelta(seconds=6))
        queue()

    assert shelf.names() == ["b", "c"]
    assert states() == {"a": "waiting", "b": "in_step", "c": "in_step"}


def test_system_that_nobody_listens_at(target, shelf, queue, ha):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ProvisioningTarget.objects.update(base_url=f"http://127.0.0.1:{port}")

    provision(target.pk, None)

    target.refresh_from_db()
    assert (target.fault, states()) == ("refused", {"ha": "waiting"})
    assert target.fault_words == "máy chủ không nhận kết nối"


def test_system_that_is_silent_costs_seconds(target, shelf, queue, ha, monkeypatch):
    monkeypatch.setattr(outbound, "TIMEOUT", outbound.urllib3.Timeout(connect=0.3, read=0.3))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ProvisioningTarget.objects.update(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        provision(target.pk, None)

    target.refresh_from_db()
    assert (target.fault, states()) == ("too_slow", {"ha": "waiting"})


@pytest.mark.parametrize(
    "address", ["http://kho.example/scim", "https://169.254.169.254/", "https://127.0.0.2/"]
)
def test_address_that_may_not_be_called_is_not(target, queue, ha, address):
    """The form does not take it; a row from elsewhere is not called either."""
    ProvisioningTarget.objects.update(base_url=address)

    provision(target.pk, None)

    target.refresh_from_db()
    assert (target.fault, states()) == ("not_allowed", {"ha": "waiting"})


def test_token_that_cannot_be_read_is_told(target, shelf, queue, ha, settings):
    from cryptography.fernet import Fernet

    settings.SEALING_KEYS = [Fernet.generate_key().decode()]

    provision(target.pk, None)

    target.refresh_from_db()
    assert (target.fault, shelf.server.asked, states()) == ("no_token", [], {"ha": "waiting"})


# --- the page and the clock ------------------------------------------------------------------------


def test_run_now_does_not_wait_for_the_rest_to_be_over(target, shelf, queue, ha):
    shelf.odd = always((503, {"Retry-After": "3600"}, b""))
    provision(target.pk, None)
    shelf.odd = lambda *asked: None
    target.refresh_from_db()

    run_now(target, by=system_admin(username="tam"))
    while queue():
        pass

    assert states()["ha"] == "in_step"


def test_clock_looks_at_everybody_and_compares_at_night(target, shelf, queue, ha):
    with travel(timezone.localtime().replace(hour=12) + timedelta(days=1), tick=False) as clock:
        keep_in_step()
        while queue():
            pass
        target.refresh_from_db()
        assert (timezone.localtime(target.compare_at).hour, states()) == (2, {"ha": "in_step"})
        person_of(username="moi")
        keep_in_step()
        assert queue() == 0  # nobody has noted it, and it is not time
        clock.shift(timedelta(minutes=11))
        keep_in_step()
        while queue():
            pass
        assert states() == {"ha": "in_step", "moi": "in_step"}
        compared = ProvisioningTarget.objects.get().compared_at
        clock.move_to(target.compare_at + timedelta(minutes=1))
        keep_in_step()
        while queue():
            pass
        assert ProvisioningTarget.objects.get().compared_at > compared


def test_job_that_died_is_made_up_for(target, shelf, queue, ha):
    """It held the system and had not sent: after some minutes another goes on."""
    now = timezone.now()
    ProvisioningTarget.objects.update(
        busy_until=now + timedelta(minutes=3),
        compare_at=now + timedelta(days=1),
        look_at=now + timedelta(days=1),
    )
    ProvisionedAccount.objects.create(target=target, user=ha, due_at=now)

    with travel(now + timedelta(minutes=4), tick=False):
        keep_in_step()
        queue()

    assert states() == {"ha": "in_step"}


# --- who is told -----------------------------------------------------------------------------------


def told() -> list[tuple[str, str]]:
    """Who has been told what of systems that fail."""
    notices = Notification.objects.filter(kind__startswith="account.provisioning_failing_")
    return sorted(notices.values_list("to__username", "title"))


def test_system_that_keeps_failing_is_told_once_to_each_system_admin_in_their_language(
    target, shelf, queue, ha
):
    system_admin(username="tam", language="vi")
    system_admin(username="ann", language="en")
    words = [("ann", "Kho has not taken accounts for some minutes; look why"),
             ("tam", "Kho đã vài phút không nhận tài khoản; hãy xem vì sao")]  # fmt: skip
    shelf.odd = always((503, {}, b""))
    heard = []
    with travel(timezone.now(), tick=False) as clock:
        for _round in range(7):
            provision(target.pk, [ha.pk])
            keep_in_step()
            heard.append(told())
            target.refresh_from_db()
            clock.move_to(target.rests_until + timedelta(seconds=1))
    system_admin(username="new", language="vi")
    keep_in_step()

    assert heard == [[]] * 4 + [words] * 3
    assert told() == [words[0], ("new", words[1][1]), words[1]]
    assert Notification.objects.first().url == reverse("system-provisioning", args=[target.application_id])


@pytest.mark.parametrize("end", ["takes accounts again", "switched off", "system switched off"])
def test_notice_of_a_failing_system_is_taken_back_when_it_is_over(target, shelf, queue, ha, end):
    system_admin(username="tam")
    other = target_at(shelf.server.address, name="Kho khác")
    ProvisioningTarget.objects.update(faults=5, fault="HTTP 503")
    keep_in_step()
    assert len(told()) == 2

    if end == "takes accounts again":
        provision(target.pk, [ha.pk])
    elif end == "switched off":
        ProvisioningTarget.objects.filter(pk=target.pk).update(is_enabled=False)
    else:
        Application.objects.filter(pk=target.application_id).update(is_enabled=False)
    keep_in_step()

    assert [title.startswith(str(other)) for _who, title in told()] == [True]
