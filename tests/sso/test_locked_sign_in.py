"""Who is locked in the directory reads at the sign-in what everybody reads, and the record knows more."""

import re

import pytest
from django.conf import settings
from django.test import Client

from sso.models import AuditEntry
from sso.services.audit import Action
from tests.sso.conftest import PASSWORD, sign_in
from tests.sso.following import FOR_EVER, person

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
TRIES = {
    "locked, right password": ("ha", PASSWORD),
    "locked, wrong password": ("ha", "khong-dung"),
    "wrong password": ("dung", "khong-dung"),
    "nobody": ("khongco", "khong-dung"),
}
WORDS = {
    "vi": ["không đúng", "tài khoản đang bị khóa", "bộ phận hỗ trợ của Trung tâm Thông tin"],
    "en": ["is wrong", "the account is locked", "ask the help desk of the information centre"],
}


@pytest.fixture
def ha_is_locked(ear, admin):
    admin.person("ha", pwdAccountLockedTime=FOR_EVER)
    ear.hear()
    assert not person("ha").is_active


def page_after(account: str, password: str, language: str) -> str:
    browser = Client()
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = sign_in(browser, account, password)
    page = answer.content.decode().replace(f'value="{account}"', "")
    return f"{answer.status_code} {re.sub(r'(csrfmiddlewaretoken|data-challenge|nonce)[^>]*', '', page)}"


@pytest.mark.parametrize("language", WORDS)
def test_a_lock_is_told_to_nobody_and_named_to_everybody(ha_is_locked, language):
    pages = {name: page_after(*typed, language) for name, typed in TRIES.items()}

    assert len(set(pages.values())) == 1
    assert [word for word in WORDS[language] if word not in pages["nobody"]] == []


def test_the_record_says_that_the_account_is_disabled(ha_is_locked):
    for account, password in TRIES.values():
        sign_in(Client(), account, password)

    entries = AuditEntry.objects.filter(action=Action.REFUSED).order_by("pk")
    assert [(entry.person_name.split(" (")[-1], entry.cause, entry.facts) for entry in entries] == [
        ("ha)", "wrong_password", {"account": "disabled"}),
        ("ha)", "wrong_password", {"account": "disabled"}),
        ("dung)", "wrong_password", {}),
        ("", "unknown_account", {}),
    ]
