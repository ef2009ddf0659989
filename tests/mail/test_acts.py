"""Marking, moving, deleting: through the pages, against a real Dovecot."""

import pytest

from tests.mail.conftest import letter, mailbox, url

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
