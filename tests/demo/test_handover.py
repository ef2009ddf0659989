import smtplib
from base64 import b64encode
from imaplib import IMAP4

import pytest

from demo.people import DOMAIN, PASSWORD

pytestmark = pytest.mark.servers
OWN = f"nhanvien@{DOMAIN}"
FRIEND = f"quantri.donvi@{DOMAIN}"


@pytest.fixture
def smtp(handover):
    with smtplib.SMTP("127.0.0.1", handover.port, timeout=10) as connection:
        connection.ehlo()
        yield connection


@pytest.fixture
def signed_in(smtp, endpoint):
    endpoint.tokens["good"] = {"active": True, "scope": "mail", "username": "nhanvien"}
    assert by_token(smtp, "nhanvien", "good")[0] == 235
    return smtp


def by_token(smtp, uid, token):
    return smtp.docmd(
        "AUTH", "XOAUTH2 " + b64encode(f"user={uid}\x01auth=Bearer {token}\x01\x01".encode()).decode()
    )


def message(subject, sender=OWN):
    return f"From: {sender}\r\nTo: {FRIEND}\r\nSubject: {subject}\r\n\r\nXin chao\r\n"


def count(dovecot, subject):
    imap = IMAP4("127.0.0.1", dovecot.port)
    imap.login("quantri.donvi", PASSWORD)
    imap.select()
    return len(imap.search(None, "SUBJECT", f'"{subject}"')[1][0].split())


def test_a_message_reaches_every_recipient(signed_in, dovecot):
    assert signed_in.sendmail(OWN, [FRIEND, OWN], message("reaches")) == {}
    assert count(dovecot, "reaches") == 1


def test_the_password_signs_in_too(smtp, dovecot):
    smtp.login("nhanvien", PASSWORD)

    assert smtp.sendmail(OWN, [FRIEND], message("password")) == {}


def test_nothing_is_taken_without_signing_in(smtp):
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        smtp.sendmail(OWN, [FRIEND], message("unsigned"))

    assert refused.value.smtp_code == 530


@pytest.mark.parametrize(
    ("uid", "facts"),
    [
        ("lanhdao", {"active": True, "scope": "mail", "username": "nhanvien"}),
        ("nhanvien", {"active": True, "scope": "openid", "username": "nhanvien"}),
        ("nhanvien", {"active": False, "scope": "mail", "username": "nhanvien"}),
    ],
)
def test_a_token_for_something_else_is_refused(smtp, endpoint, uid, facts):
    endpoint.tokens["bad"] = facts

    assert by_token(smtp, uid, "bad")[0] == 535


def test_garbage_for_a_token_is_refused(smtp):
    assert smtp.docmd("AUTH", "XOAUTH2 !!!")[0] == 535
    assert by_token(smtp, "nhanvien", "ờ")[0] == 535


def test_other_domains_are_refused(signed_in):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        signed_in.sendmail(OWN, ["somebody@example.com"], message("outside"))

    assert refused.value.recipients["somebody@example.com"][0] == 550


def test_unknown_people_are_refused(signed_in):
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        signed_in.sendmail(OWN, [f"khongco@{DOMAIN}"], message("unknown"))


def test_another_persons_address_is_refused_in_the_envelope(signed_in):
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        signed_in.sendmail(FRIEND, [FRIEND], message("forged envelope"))

    assert refused.value.smtp_code == 550


def test_another_persons_address_is_refused_in_the_header(signed_in, dovecot):
    with pytest.raises(smtplib.SMTPDataError) as refused:
        signed_in.sendmail(OWN, [FRIEND], message("forged header", sender=f"lanhdao@{DOMAIN}"))

    assert refused.value.smtp_code == 550
    assert count(dovecot, "forged header") == 0


def test_a_message_over_40_mb_is_refused(signed_in):
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        signed_in.sendmail(OWN, [FRIEND], message("large") + ("x" * 70 + "\r\n") * (41 * 1024 * 1024 // 72))

    assert refused.value.smtp_code == 552


def test_a_stopped_mail_server_asks_to_try_again(folder, slapd, endpoint):
    from demo.servers import Dovecot, Handover, Introspection

    asked = Introspection(endpoint.url, endpoint.client_id, endpoint.client_secret)
    endpoint.tokens["good"] = {"active": True, "scope": "mail", "username": "nhanvien"}
    with (
        Dovecot(folder / "stopped", slapd, asked) as dovecot,
        Handover(folder / "waiting", dovecot) as handover,
    ):
        dovecot.stop()
        with smtplib.SMTP("127.0.0.1", handover.port, timeout=10) as connection:
            connection.ehlo()
            by_token(connection, "nhanvien", "good")
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                connection.sendmail(OWN, [FRIEND], message("later"))

    assert refused.value.recipients[FRIEND][0] == 451
