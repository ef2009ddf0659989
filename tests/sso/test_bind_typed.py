"""What people type, and how often they may, against a real slapd."""

import ast
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ldap
import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, example, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from demo.directory import person_dn
from demo.servers.slapd import Slapd
from sso.backends import REFUSED_AFTER, canonical_name
from sso.directory import DirectoryUnavailable, PasswordRefused, read_directory
from sso.directory.connection import close, service
from sso.directory.passwords import change_password, check_password, find_entry
from sso.limits import TooManyTries, network_of
from sso.models import Session, User
from sso.services.sync import sync
from tests.sso.conftest import PASSWORD, SMALL, connect, person_ldif, sign_in

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_kept_connections():
    yield
    while kept := service.take():
        close(kept.server)


@pytest.fixture(scope="module")
def kept_slapd(slapd_folder):
    """One small directory for many questions."""
    with Slapd(slapd_folder / "questions", ldif=SMALL) as server:
        yield server


SPECIAL = st.text(alphabet='ha*()\\\0|&=<>~,+"#; \u00e9\u1ecbA\uff48\n', max_size=12)


@limits(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.one_of(SPECIAL, st.text(max_size=20)))
@example(typed="*")
@example(typed="ha)(objectClass=*")
@example(typed="ha\0")
@example(typed="\\68\\61")
@example(typed="*)(uid=*))(|(uid=*")
def test_p32_nothing_typed_finds_more_than_the_account_it_spells(kept_slapd, settings, typed):
    connect(settings, kept_slapd)
    try:
        found = find_entry(typed)
    except DirectoryUnavailable as error:  # never an outage for what somebody typed
        pytest.fail(f"{typed!r}: {error}")

    assert found is None or found.dn in {person_dn("ha"), person_dn("dung"), person_dn("tam")}
    assert found is None or canonical_name(re.sub(r"\s", "", typed)) in {"ha", "dung", "tam"}


@limits(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    password=st.text(max_size=20),
)
@example(name="ha", password="")
@example(name="ha", password="\0")
@example(name="ha,ou=people", password="x")
def test_p32_no_password_but_the_right_one_is_accepted(kept_slapd, settings, name, password):
    connect(settings, kept_slapd)

    assert check_password(person_dn("tam"), password) is None
    assert check_password(person_dn(name), password) is None
    assert check_password(name, password) is None


@limits(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=st.text(max_size=12), new=st.text(max_size=12))
@example(old="", new="")
@example(old="\0", new="\0")
def test_p32_a_password_is_not_changed_without_the_old_one(kept_slapd, settings, old, new):
    connect(settings, kept_slapd)

    with pytest.raises(PasswordRefused):
        change_password(person_dn("tam"), old, new)
    assert check_password(person_dn("dung"), PASSWORD)


def test_p33_an_empty_password_is_refused_at_every_bind(client, synced, settings):
    assert check_password(person_dn("ha"), "") is None
    assert authenticate(None, username="ha", password="") is None
    with pytest.raises(PasswordRefused):
        change_password(person_dn("ha"), "", "Một mật khẩu mới 1")
    with pytest.raises(PasswordRefused):
        change_password(person_dn("ha"), PASSWORD, "")
    sign_in(client)
    again = client.post("/sign-in/again/", {"password": ""})
    assert again.status_code in {200, 422}
    settings.AUTH_LDAP_BIND_PASSWORD = ""
    service.forget(synced.url)
    with pytest.raises(DirectoryUnavailable):
        find_entry("ha")


def test_p26_an_account_has_one_spelling(synced):
    spellings = ["ha", " HA ", "ｈａ", "Ha@MIC.example.gov.vn"]

    people = {authenticate(None, username=typed, password=PASSWORD) for typed in spellings}

    assert people == {User.objects.get(username="ha")}
    assert User.objects.count() == 3


def test_p32_only_escaping_functions_build_filters_and_names():
    """Whatever puts a value into "(attribute=…)" or "uid=…,ou=…" does so by filter_format or escape_dn_chars."""
    looks_like = re.compile(r"\([\w.;-]+[~<>]?=(%s|\{|$)|^(uid|cn|ou|dc)=(%s|\{|$)")
    allowed = {"filter_format"}
    wrong = []
    for path in [*ROOT.glob("sso/**/*.py"), *ROOT.glob("apps/**/*.py"), *ROOT.glob("intranet/**/*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        good = {
            id(argument)
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in allowed
            for argument in call.args
        }
        for node in ast.walk(tree):
            wrong += [f"{path}:{node.lineno}" for text in built_in(node, good) if looks_like.search(text)]

    assert wrong == []


def built_in(node, good):
    """The literal parts of a text that ``node`` puts together."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "{" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mod, ast.Add)):
        yield from (
            side.value + ("" if isinstance(node.op, ast.Mod) else "{")
            for side in (node.left, node.right)
            if isinstance(side, ast.Constant) and isinstance(side.value, str) and id(side) not in good
        )
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "format":
        value = node.func.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


# --- P24: our limit stands before the directory's -------------------------------------------------


ALIASES = [
    "chung@mic.example.gov.vn",
    "c1@mic.example.gov.vn",
    "c2@mic.example.gov.vn",
    "c3@mic.example.gov.vn",
]


def test_p24_every_address_of_an_entry_counts_as_the_one_account(slapd_folder, settings, db):
    many = person_ldif("chung", "Phạm Văn Chung")
    many += "".join(f"mail: {address}\n" for address in ALIASES[1:])
    with Slapd(slapd_folder / "aliases", ldif=f"{SMALL}\n{many}") as server:
        connect(settings, server)
        sync(read_directory(), tell=lambda line: None)
        settings.SIGN_IN_TRIES = {"pair": 50, "account": 8, "address": 100}

        refused = 0
        for address in ["chung", *ALIASES] * 4:
            try:
                assert authenticate(None, username=address, password="wrong") is None
            except TooManyTries:
                refused += 1

        assert refused == 12
        assert failures_of(server, "chung") == (8, False)


@pytest.mark.parametrize("account", ["ha", "nobody"])
def test_p24_limits_do_not_tell_which_accounts_exist(client, synced, account):
    """Tries by the account and by its address are counted together, also when there is no such account."""
    for _try in range(5):
        sign_in(client, account, "wrong")

    response = sign_in(client, f"{account}@mic.example.gov.vn", "wrong")

    assert "năm phút" in response.content.decode()


@pytest.mark.parametrize("account", ["ha", "nobody"])
def test_p24_the_time_of_a_refusal_does_not_tell_which_accounts_exist(synced, account):
    """slapd writes down the wrong password of an account that exists, which takes longer."""
    began = time.monotonic()

    assert authenticate(None, username=account, password="wrong") is None

    assert time.monotonic() - began >= REFUSED_AFTER


def test_p24_a_computer_that_changes_its_address_is_one(synced):
    """Of IPv6 everybody has a whole /64; else one stranger alone could close an account."""
    for number in range(9):
        sign_in(Client(REMOTE_ADDR=f"2001:db8:1:2::{number + 1:x}"), "ha", "wrong")

    assert failures_of(synced, "ha") == (5, False)
    sign_in(Client(REMOTE_ADDR="2001:db8:1:3::1"), "ha", PASSWORD)
    assert Session.objects.filter(user__username="ha").exists()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("unknown", "unknown"),
    ],
)
def test_p23_network_of_an_address(address, network):
    assert network_of(address) == network


@pytest.mark.django_db(transaction=True)
def test_p24_tries_at_the_same_moment_cannot_pass_the_limit(synced, settings):
    settings.SIGN_IN_TRIES = {"pair": 100, "account": 8, "address": 100}

    def guess(number: int) -> str:
        try:
            return "wrong" if authenticate(None, username="dung", password=f"x{number}") is None else "in"
        except TooManyTries:
            return "stopped"
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(guess, range(30)))

    assert (answers.count("wrong"), answers.count("stopped")) == (8, 22)
    assert failures_of(synced, "dung") == (8, False)


def failures_of(server, uid: str) -> tuple[int, bool]:
    """How many wrong passwords the directory has counted, and whether it locked the account."""
    admin = ldap.initialize(server.url)
    admin.simple_bind_s(server.admin_dn, server.admin_password)
    names = ["pwdFailureTime", "pwdAccountLockedTime"]
    found = admin.search_s(person_dn(uid), ldap.SCOPE_BASE, attrlist=names)[0][1]
    admin.unbind_s()
    return len(found.get("pwdFailureTime", [])), "pwdAccountLockedTime" in found
