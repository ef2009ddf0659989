"""A real slapd, Dovecot and hand-over; Dovecot asks the test's own live server about tokens."""

import smtplib
from types import SimpleNamespace

import pytest
from django.urls import reverse
from imapclient import IMAPClient

from apps.mail.connections import POOL
from demo.people import DOMAIN, PASSWORD
from demo.servers import HOST, Dovecot, Handover, Introspection, Slapd
from demo.state import INTROSPECTION_PATH
from sso.api import Application
from tests.conftest import started
from tests.factories import UserFactory

SECRET = "a secret of Dovecot for the tests only"


@pytest.fixture(scope="session")
def mail_servers(servers_folder, live_server):
    asked = Introspection(live_server.url + INTROSPECTION_PATH, "dovecot", SECRET)
    slapd = started(Slapd(servers_folder / "mail-slapd"))
    dovecot = started(Dovecot(servers_folder / "mail-dovecot", slapd, asked))
    handover = started(Handover(servers_folder / "mail-handover", dovecot))
    yield SimpleNamespace(slapd=slapd, dovecot=dovecot, handover=handover)
    for server in (handover, dovecot, slapd):
        server.stop()


@pytest.fixture
def mail(transactional_db, mail_servers, settings):
    """The servers, with empty mailboxes, an empty pool, and a Dovecot that may ask about tokens."""
    settings.MAIL_IMAP_URL = mail_servers.dovecot.url
    settings.MAIL_SMTP_URL = mail_servers.handover.environment["INTRANET_SMTP_URL"]
    settings.MAIL_DOMAIN = DOMAIN
    Application.objects.create(
        client_id="dovecot",
        client_secret=SECRET,
        name="Dovecot",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        serves_scopes=["mail"],
    )
    POOL.clear()
    if not mail_servers.dovecot.is_running:
        mail_servers.dovecot.start()
    for name in ("nhanvien", "vanthu"):
        empty(mail_servers, name)
    yield mail_servers
    POOL.clear()


@pytest.fixture
def officer(mail):
    return UserFactory(username="nhanvien", full_name="Tạ Hoàng Nguyên Vỹ", email=f"nhanvien@{DOMAIN}")


@pytest.fixture
def clerk(mail):
    return UserFactory(username="vanthu", full_name="Phùng Thị Hồng Nhạn", email=f"vanthu@{DOMAIN}")


@pytest.fixture
def deliver(mail):
    """Return a function that delivers raw messages to an account over LMTP and returns their uids."""

    def deliver(account: str, *messages: bytes | str) -> list[int]:
        with smtplib.LMTP(HOST, mail.dovecot.lmtp_port) as lmtp:
            for message in messages:
                raw = message.encode() if isinstance(message, str) else message
                lmtp.sendmail(
                    f"x@{DOMAIN}",
                    [f"{account}@{DOMAIN}"],
                    raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
                )
        with mailbox(mail, account) as box:
            box.select_folder("INBOX")
            return sorted(box.search("ALL"))[-len(messages) :]

    return deliver


def url(name: str, *args) -> str:
    """The address of a page of mail."""
    return reverse(f"mail:{name}", args=args)


def mailbox(servers, account: str) -> IMAPClient:
    """Return the mailbox as a desktop program opens it, with the password."""
    box = IMAPClient(HOST, servers.dovecot.port, ssl=False)
    box.login(account, PASSWORD)
    return box


def empty(servers, account: str) -> None:
    with mailbox(servers, account) as box:
        for flags, _, name in box.list_folders():
            if not {b"\\NonExistent", b"\\Noselect"} & set(flags) and box.select_folder(name)[b"EXISTS"]:
                box.delete_messages(box.search("ALL"))
                box.expunge()


def letter(
    subject="Họp giao ban", text="Kính gửi đồng chí.", sender="Lê Hà <ha@mic.example.gov.vn>", more=""
) -> str:
    """Return a plain message."""
    return (
        f"From: {sender}\nTo: nhanvien@{DOMAIN}\nSubject: {subject}\nDate: Thu, 19 Nov 2026 08:12:00 +0700\n"
        f"Message-ID: <{abs(hash((subject, text)))}@mic.example.gov.vn>\n{more}MIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    )
