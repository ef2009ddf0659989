"""Another webmail (Roundcube) opens mailboxes with tokens of its own: a real Dovecot asks us about them."""

from imaplib import IMAP4

import pytest
from django.test import Client
from django.urls import reverse

from sso.api import ensure_client
from tests.sso.conftest import REDIRECT, browser_of, refresh, tokens_of

pytestmark = pytest.mark.servers
WANTED = "openid email mail"


@pytest.fixture
def webmail(mail):
    return ensure_client(
        "Roundcube", redirect_uris=REDIRECT, allowed_scopes=WANTED.split(), skip_authorization=True
    )


def opens(mail, account: str, token: str) -> bool:
    """Say whether Dovecot opens the mailbox of ``account`` by ``token``, as Roundcube asks it to (XOAUTH2)."""
    imap = IMAP4("127.0.0.1", mail.dovecot.port)
    words = f"user={account}@mic.example.gov.vn\x01auth=Bearer {token}\x01\x01".encode()
    try:
        imap.authenticate("XOAUTH2", lambda challenge: b"" if challenge else words)
    except IMAP4.error:
        return False
    finally:
        imap.shutdown()
    return True


def test_its_token_opens_the_mailbox_of_its_person_and_of_nobody_else(mail, officer, webmail):
    token = tokens_of(browser_of(officer), webmail, scope=WANTED)["access_token"]

    assert [opens(mail, name, token) for name in ("nhanvien", "vanthu")] == [True, False]


def test_what_it_refreshed_opens_it_until_the_person_has_signed_out(mail, officer, webmail):
    browser = browser_of(officer)
    first = tokens_of(browser, webmail, scope=WANTED)["refresh_token"]
    token = refresh(Client(), webmail, first).json()["access_token"]
    before = opens(mail, "nhanvien", token)

    browser.post(reverse("account_logout"), {"where": "browser"})

    assert (before, opens(mail, "nhanvien", token)) == (True, False)


def test_a_token_without_the_scope_opens_nothing(mail, officer, webmail):
    less = tokens_of(browser_of(officer), webmail, scope="openid email")["access_token"]
    wiki = ensure_client(
        "Wiki", redirect_uris=REDIRECT, allowed_scopes=["openid", "email"], skip_authorization=True
    )
    others = tokens_of(browser_of(officer), wiki, scope=WANTED)

    assert others["scope"] == "openid email"
    assert [opens(mail, "nhanvien", token) for token in (less, others["access_token"])] == [False, False]


def test_nobody_but_the_mail_server_and_the_webmail_learns_of_its_tokens(officer, webmail):
    token = tokens_of(browser_of(officer), webmail, scope="mail")["access_token"]
    stranger = ensure_client("Wiki", redirect_uris=REDIRECT, allowed_scopes=WANTED.split())

    def told(system) -> dict:
        form = {"token": token, "client_id": system[0].client_id, "client_secret": system[1]}
        return Client().post(reverse("oauth-introspect"), form).json()

    assert told(stranger) == {"active": False}
    assert told(webmail)["active"]
    header = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    assert Client().get(reverse("oauth-userinfo"), **header).status_code == 403
    assert Client().get(reverse("people"), **header).status_code == 302
