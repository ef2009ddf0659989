"""Marking, moving, deleting: through the pages, against a real Dovecot."""

import re
from html import unescape

import pytest

from tests.mail.conftest import empty, letter, mailbox, url

pytestmark = pytest.mark.servers

ACTS = [
    ({"act": "read"}, "INBOX", {b"\\Seen"}),
    ({"act": "flag"}, "INBOX", {b"\\Flagged"}),
    ({"act": "archive"}, "Archive", set()),
    ({"act": "junk"}, "Junk", set()),
    ({"act": "delete"}, "Trash", set()),
    ({"act": "move", "target": "Archive"}, "Archive", set()),
]


@pytest.mark.parametrize(("data", "folder", "flags"), ACTS)
def test_acts_on_chosen_messages(data, folder, flags, signed_in, officer, deliver, mail):
    uids = deliver("nhanvien", letter("Một"), letter("Hai"))

    answer = signed_in(officer).post(url("act", "INBOX"), {"uid": uids[:1], **data})

    assert (answer.status_code, answer["Location"]) == (302, url("folder", "INBOX"))
    with mailbox(mail, "nhanvien") as box:
        box.select_folder(folder)
        [uid] = box.search(["SUBJECT", "Một"], "UTF-8")
        assert set(box.get_flags([uid])[uid]) - {b"\\Recent"} == flags


def test_deleting_in_the_trash_is_for_good(signed_in, officer, deliver, mail):
    [uid] = deliver("nhanvien", letter("Một"))
    client = signed_in(officer)
    client.post(url("act", "INBOX"), {"uid": uid, "act": "delete"})
    trashed = [row.summary.uid for row in client.get(url("folder", "Trash")).context["page"]]

    client.post(url("act", "Trash"), {"uid": trashed, "act": "delete"})

    assert list(client.get(url("folder", "Trash")).context["page"]) == []


@pytest.mark.parametrize(
    "data",
    [
        {"act": "read"},
        {"act": "explode", "uid": "1"},
        {"uid": "1"},
        {"act": "read", "uid": "1,2:*"},
        {"act": "read", "uid": "x"},
    ],
)
def test_a_wrong_act_changes_nothing_and_says_so(data, signed_in, officer, deliver):
    deliver("nhanvien", letter("Một"))
    client = signed_in(officer)

    page = client.post(url("act", "INBOX"), data, follow=True)

    assert [message.level_tag for message in page.context["messages"]] == ["error"]
    assert [row.is_unread for row in page.context["page"]] == [True]


def test_after_an_act_nobody_is_sent_elsewhere(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", letter("Một"))

    answer = signed_in(officer).post(
        url("act", "INBOX"), {"uid": uid, "act": "flag", "next": "https://evil.example/mail/"}
    )

    assert answer["Location"] == url("folder", "INBOX")


# --- undone ---


def offer_of(page) -> tuple[str, dict[str, str]]:
    """Return the address and the fields of the form that undoes what the page's message says."""
    [form] = re.findall(
        r'<form class="cluster" method="post" action="([^"]+/undo/)">(.*?)</form>',
        page.content.decode(),
        re.S,
    )
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[1])
    return unescape(form[0]), {name: unescape(value) for name, value in fields}


SUBJECT = re.compile(r'class="mail-subject">(?:<span.*?</span>|<svg.*?</svg>)*([^<]+)<')


def subjects(client, folder: str) -> list[str]:
    return sorted(SUBJECT.findall(client.get(url("folder", folder)).content.decode()))


UNDONE = [
    ({"act": "delete"}, "Trash"),
    ({"act": "archive"}, "Archive"),
    ({"act": "junk"}, "Junk"),
    ({"act": "move", "target": "Dự án/Số hóa"}, "Dự án/Số hóa"),
]


@pytest.mark.parametrize(("data", "folder"), UNDONE)
def test_what_was_put_away_comes_back_by_undo(data, folder, signed_in, officer, deliver, mail):
    with mailbox(mail, "nhanvien") as box:
        if not box.folder_exists("Dự án/Số hóa"):
            box.create_folder("Dự án/Số hóa")
    uids = deliver("nhanvien", letter("Một"), letter("Hai"), letter("Ba"))
    client = signed_in(officer)
    client.post(url("act", "INBOX"), {"uid": uids[0], "act": "flag"})

    page = client.post(url("act", "INBOX"), {"uid": uids[:2], "next": "/mail/?page=1", **data}, follow=True)
    assert (subjects(client, "INBOX"), subjects(client, folder)) == (["Ba"], ["Hai", "Một"])
    address, fields = offer_of(page)
    answer = client.post(address, fields)

    assert answer["Location"] == f"{url('folder', 'INBOX')}?page=1"
    assert (subjects(client, "INBOX"), subjects(client, folder)) == (["Ba", "Hai", "Một"], [])
    with mailbox(mail, "nhanvien") as box:
        box.select_folder("INBOX")
        assert len(box.search(["FLAGGED"])) == 1


def test_undo_of_what_another_program_took_meanwhile_says_so(signed_in, officer, deliver, mail):
    [uid] = deliver("nhanvien", letter("Một"))
    client = signed_in(officer)
    address, fields = offer_of(client.post(url("act", "INBOX"), {"uid": uid, "act": "delete"}, follow=True))
    with mailbox(mail, "nhanvien") as box:
        box.select_folder("Trash")
        box.delete_messages(box.search())
        box.expunge()

    page = client.post(address, fields, follow=True)

    assert [one.level_tag for one in page.context["messages"]] == ["warning"]


@pytest.mark.parametrize(
    "wrong", [{"uidvalidity": "1"}, {"uids": "1:*"}, {"uids": ""}, {"target": "Không có"}]
)
def test_a_wrong_undo_moves_nothing(wrong, signed_in, officer, deliver):
    [uid] = deliver("nhanvien", letter("Một"))
    client = signed_in(officer)
    address, fields = offer_of(client.post(url("act", "INBOX"), {"uid": uid, "act": "delete"}, follow=True))

    page = client.post(address, {**fields, **wrong}, follow=True)

    assert [one.level_tag for one in page.context["messages"]] == ["warning"]
    assert (subjects(client, "INBOX"), subjects(client, "Trash")) == ([], ["Một"])


def test_an_act_on_what_another_program_took_meanwhile_says_so(signed_in, officer, deliver, mail):
    [uid] = deliver("nhanvien", letter("Một"))
    empty(mail, "nhanvien")

    page = signed_in(officer).post(url("act", "INBOX"), {"uid": uid, "act": "archive"}, follow=True)

    assert [one.level_tag for one in page.context["messages"]] == ["warning"]


def test_what_is_deleted_for_good_cannot_be_undone(signed_in, officer, deliver):
    [uid] = deliver("nhanvien", letter("Một"))
    client = signed_in(officer)
    _address, fields = offer_of(client.post(url("act", "INBOX"), {"uid": uid, "act": "delete"}, follow=True))

    page = client.post(url("act", "Trash"), {"uid": fields["uids"], "act": "delete"}, follow=True)

    assert "/undo/" not in page.content.decode()
