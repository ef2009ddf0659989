"""Kept connections, against a real Dovecot."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from apps.mail import connections, mailbox
from apps.mail.connections import POOL, BrokeOff, MailServerDown, SignInRefused, mailbox_of
from tests.mail.conftest import letter, url
from tests.mail.conftest import mailbox as other_program

pytestmark = pytest.mark.servers


def subjects(user) -> list[str]:
    with mailbox_of(user) as box:
        return [row.summary.subject for row in mailbox.newest(box, 5)]


def test_a_connection_is_used_again(officer):
    seen = []
    for _ in range(3):
        with mailbox_of(officer) as box:
            seen.append(box)

    assert len(set(map(id, seen))) == 1


def test_people_never_see_each_others_mail_on_kept_connections(officer, clerk, deliver):
    deliver("nhanvien", letter("Của nhân viên"))
    deliver("vanthu", letter("Của văn thư"))
    people = [officer, clerk] * 10
    with ExitStack() as open_at_once:
        for person in people[:12]:
            open_at_once.enter_context(mailbox_of(person))

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(subjects, people))

    assert found == [["Của nhân viên"], ["Của văn thư"]] * 10


def test_a_raised_epoch_leaves_the_old_connection_unused(officer):
    with mailbox_of(officer) as first:
        pass
    officer.security_epoch += 1
    officer.save()

    with mailbox_of(officer) as second:
        pass

    assert second is not first


def test_what_the_server_refuses_unexpectedly_is_explained_and_its_connection_not_used_again(officer):
    with mailbox_of(officer) as first:
        pass

    with pytest.raises(BrokeOff), mailbox_of(officer) as box:
        box.create_folder("INBOX")

    with mailbox_of(officer) as second:
        assert (box is first, second is first) == (True, False)


def test_an_unused_connection_is_closed(officer, settings):
    settings.MAIL_IDLE_SECONDS = 0.2
    with mailbox_of(officer) as box:
        pass
    end = time.monotonic() + 5

    while (POOL._idle or box.socket().fileno() >= 0) and time.monotonic() < end:
        time.sleep(0.05)

    assert (POOL._idle, box.socket().fileno()) == ([], -1)


def test_the_longest_unused_connections_go_when_there_are_too_many(officer, clerk, settings):
    settings.MAIL_CONNECTIONS = 1
    with mailbox_of(officer) as first, mailbox_of(clerk):
        pass

    with mailbox_of(officer) as again:
        pass

    assert (again is first, len(POOL._idle)) == (True, 1)


def test_new_messages_are_seen_on_a_kept_connection(officer, deliver):
    deliver("nhanvien", letter("Một"))
    before = subjects(officer)

    deliver("nhanvien", letter("Hai"), letter("Ba"))

    assert (before, subjects(officer)) == (["Một"], ["Ba", "Hai", "Một"])


def test_what_another_program_deletes_is_gone_from_a_kept_connection(officer, deliver, mail):
    uids = deliver("nhanvien", letter("Một"), letter("Hai"), letter("Ba"))
    subjects(officer)

    with other_program(mail, "nhanvien") as box:
        box.select_folder("INBOX")
        box.delete_messages(uids[1:2])
        box.expunge()

    assert subjects(officer) == ["Ba", "Một"]


def test_a_restarted_server_is_found_again_at_once(officer, deliver, mail):
    deliver("nhanvien", letter("Trước"))
    subjects(officer)

    mail.dovecot.stop()
    mail.dovecot.start()

    assert subjects(officer) == ["Trước"]


def test_a_stopped_server_is_told_quickly_and_not_asked_for_a_while(officer, mail):
    subjects(officer)
    mail.dovecot.stop()
    with pytest.raises(MailServerDown):
        subjects(officer)
    mail.dovecot.start()

    started = time.monotonic()
    with pytest.raises(MailServerDown) as later:
        subjects(officer)
    quickly = time.monotonic() - started < 0.1
    POOL.clear()

    assert (quickly, subjects(officer), type(later.value)) == (True, [], MailServerDown)


def test_a_frozen_server_costs_no_more_than_the_time_limit(officer, mail):
    mail.dovecot.pause()
    try:
        started = time.monotonic()
        with pytest.raises(MailServerDown):
            subjects(officer)
        seconds = time.monotonic() - started
    finally:
        mail.dovecot.resume()

    assert 2 < seconds < 6


def test_who_makes_the_server_break_off_keeps_nobody_else_out(officer, clerk, mail):
    def wait_for_an_answer_that_does_not_come():
        with mailbox_of(officer) as box:
            box.socket().settimeout(0.2)
            box._imap.readline()

    with pytest.raises(MailServerDown):
        wait_for_an_answer_that_does_not_come()
    with pytest.raises(MailServerDown):
        subjects(officer)

    assert subjects(clerk) == []


@pytest.mark.parametrize(
    "name", ["a\r\nb", "a\nX1 LOGOUT", "\x00", "a\x7f", "x" * 400, "*", "%", "&-", "~/~"]
)
def test_no_name_of_a_folder_breaks_the_connection(name, signed_in, officer, clerk):
    client = signed_in(officer)

    paths = [
        url("folder", name),
        url("message", name, 1),
        url("changes", name, "1"),
        url("answer", name, 1, "reply"),
    ]

    assert [client.get(path).status_code for path in paths] == [404, 404, 404, 404]
    assert (subjects(officer), subjects(clerk)) == ([], [])


def test_a_garbage_token_is_refused_for_this_person_only(officer, clerk, monkeypatch):
    real = connections.mail_token
    monkeypatch.setattr(connections, "mail_token", lambda user: "garbage" if user == officer else real(user))

    with pytest.raises(SignInRefused):
        subjects(officer)

    assert subjects(clerk) == []


def test_only_so_many_are_opened_at_once(officer, monkeypatch):
    """The mail server asks us about each token meanwhile, so threads must be left to answer it."""
    for _ in range(POOL._room._initial_value):
        assert POOL._room.acquire(blocking=False)
    try:
        with pytest.raises(MailServerDown):
            subjects(officer)
    finally:
        POOL._room.release(POOL._room._initial_value)

    assert subjects(officer) == []
