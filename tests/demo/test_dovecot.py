import smtplib
from imaplib import IMAP4

import pytest

from demo.people import PASSWORD

pytestmark = pytest.mark.servers
MAIL_TOKEN = {"active": True, "scope": "openid mail", "username": "nhanvien"}


def sign_in(dovecot, mechanism, uid, token):
    message = {
        "XOAUTH2": f"user={uid}\x01auth=Bearer {token}\x01\x01",
        "OAUTHBEARER": f"n,a={uid},\x01auth=Bearer {token}\x01\x01",
    }[mechanism]
    imap = IMAP4("127.0.0.1", dovecot.port)
    imap.authenticate(mechanism, lambda challenge: message.encode() if not challenge else b"")
    return imap


def test_the_password_of_the_directory_opens_the_mailbox(dovecot):
    assert IMAP4("127.0.0.1", dovecot.port).login("nhanvien", PASSWORD)[0] == "OK"


def test_a_wrong_password_does_not_and_delays_nobody_else(dovecot):
    with pytest.raises(IMAP4.error, match="AUTHENTICATIONFAILED"):
        IMAP4("127.0.0.1", dovecot.port).login("nhanvien", "Demo@2027")

    quick = IMAP4("127.0.0.1", dovecot.port, timeout=2)
    assert quick.login("vanthu", PASSWORD)[0] == "OK"


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_mail_token_opens_the_mailbox_of_its_owner(dovecot, endpoint, mechanism):
    endpoint.tokens["good"] = MAIL_TOKEN

    assert sign_in(dovecot, mechanism, "nhanvien", "good").select()[0] == "OK"


@pytest.mark.parametrize(
    ("uid", "facts"),
    [
        ("lanhdao", MAIL_TOKEN),  # somebody else's
        ("nhanvien", {**MAIL_TOKEN, "active": False}),
        ("nhanvien", {**MAIL_TOKEN, "scope": "openid email"}),
        ("nhanvien", {"active": False}),
    ],
)
def test_other_tokens_do_not(dovecot, endpoint, uid, facts):
    endpoint.tokens["bad"] = facts

    with pytest.raises(IMAP4.error):
        sign_in(dovecot, "XOAUTH2", uid, "bad")


def test_a_mailbox_has_its_special_folders(dovecot):
    imap = IMAP4("127.0.0.1", dovecot.port)
    imap.login("quantri", PASSWORD)

    _, lines = imap.lsub()
    _, special = imap.list('""', '"*"')

    assert {line.split()[-1] for line in lines} >= {b"Sent", b"Drafts", b"Trash", b"Junk", b"Archive"}
    assert all(
        any(flag in line for line in special) for flag in (b"\\Sent", b"\\Drafts", b"\\Trash", b"\\Junk")
    )


def test_lmtp_delivers_to_people_and_refuses_strangers(dovecot):
    with smtplib.LMTP("127.0.0.1", dovecot.lmtp_port) as lmtp:
        lmtp.sendmail(
            "a@mic.example.gov.vn", ["quantri@mic.example.gov.vn"], "Subject: LMTP\r\n\r\nXin chao\r\n"
        )
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            lmtp.sendmail("a@mic.example.gov.vn", ["khongco@mic.example.gov.vn"], "Subject: LMTP\r\n\r\n")
    imap = IMAP4("127.0.0.1", dovecot.port)
    imap.login("quantri", PASSWORD)
    imap.select()

    assert imap.search(None, "SUBJECT", "LMTP") == ("OK", [b"1"])
