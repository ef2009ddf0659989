"""Folders that somebody else shares: what may not be done in them is said, and reading needs no more than to read."""

import pytest

from apps.mail.connections import POOL
from demo.servers import Dovecot, Introspection
from demo.state import INTROSPECTION_PATH
from tests.conftest import started
from tests.mail.conftest import DOMAIN, SECRET, letter, mailbox, url

pytestmark = pytest.mark.servers

NOT_ALLOWED = [("error", "Người chia sẻ thư mục này không cho phép bạn làm việc đó.")]


@pytest.fixture
def shared(mail, servers_folder, live_server, settings):
    """Return a function that lets the clerk share a folder with the officer, and returns its name for them."""
    asked = Introspection(live_server.url + INTROSPECTION_PATH, "dovecot", SECRET)
    dovecot = started(
        Dovecot(servers_folder / "mail-dovecot-shared", mail.slapd, asked, search=False, shares=True)
    )
    settings.MAIL_IMAP_URL = dovecot.url
    POOL.clear()
    kept, mail.dovecot = mail.dovecot, dovecot

    def share(name: str, rights: str) -> str:
        with mailbox(mail, "vanthu") as box:
            box.create_folder(name)
            box.append(name, letter("Một").encode())
            box.setacl(name, "nhanvien", rights)
        return f"shared/vanthu/{name}"

    yield share
    mail.dovecot = kept
    POOL.clear()
    dovecot.stop()


def said(page) -> list[tuple[str, str]]:
    return [(one.level_tag, str(one)) for one in page.context["messages"]]


@pytest.mark.parametrize("rights", ["lr", "lrs"])
def test_a_folder_that_is_only_shared_to_be_read_is_read_and_answered(
    rights, shared, signed_in, officer, clerk, mail
):
    folder = shared(f"Chung {rights}", rights)
    client = signed_in(officer)

    pages = [client.get(url("folder", folder)), client.get(url("message", folder, 1))]
    acts = [
        client.post(url("act", folder), {"uid": "1", "act": name}, follow=True)
        for name in ("archive", "delete")
    ]
    data = {"to": f"nhanvien@{DOMAIN}", "subject": "Re: Một", "act": "send"}
    answered = client.post(url("answer", folder, 1, "reply"), data, follow=True)

    assert [page.status_code for page in pages] == [200, 200]
    assert [row.summary.subject for row in pages[0].context["page"]] == ["Một"]
    assert [said(page) for page in acts] == [NOT_ALLOWED, NOT_ALLOWED]
    assert said(answered) == [("success", "Đã gửi thư.")]


def test_a_folder_that_is_shared_to_work_in_is_worked_in(shared, signed_in, officer, clerk):
    folder = shared("Chung ghi", "lrwstipe")
    client = signed_in(officer)

    page = client.post(url("act", folder), {"uid": "1", "act": "delete"}, follow=True)

    assert page.status_code == 200
    assert [row.summary.subject for row in client.get(url("folder", "Trash")).context["page"]] == ["Một"]
