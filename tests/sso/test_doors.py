"""No door but our own makes a session or keeps a password."""

import re
from base64 import b64encode
from json import dumps

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from sso.api import Reason, User, revoke
from sso.models import Session
from sso.models.credentials import hashed
from tests.factories import UserFactory, system_admin
from tests.sso.conftest import PASSWORD
from tests.sso.factors import with_app

pytestmark = pytest.mark.django_db


def every_path() -> list[str]:
    """An address for each mounted URL, with plausible values for its parameters."""
    found = []

    def walk(patterns, prefix):
        for item in patterns:
            path = prefix + re.sub(r"\\Z$|\$$", "", str(item.pattern).removeprefix("^"))
            if isinstance(item, URLPattern):
                found.append(example(path))
            else:
                walk(item.url_patterns, path)

    walk(get_resolver().url_patterns, "/")
    return sorted(set(found))


def example(path: str) -> str:
    path = re.sub(r"<(?:int|positive_int)?:?(?:\w*_id|pk|id)>|<int:\w+>", "1", path)
    path = re.sub(r"<uuid:\w+>", "00000000-0000-0000-0000-000000000001", path)
    path = re.sub(r"<(?:\w+:)?\w+>", "x", path)
    path = re.sub(r"\(\?P<\w+>[^()]*(?:\([^()]*\)[^()]*)*\)", "x", path)
    return re.sub(r"[\\^$?*+]|\(\?:[^)]*\)", "", path).replace("//", "/")


NAMES = ["username", "login", "account", "user", "email", "name", "id_username"]
WORDS = ["password", "passwd", "pass", "password1", "old_password", "code", "token"]
DOORS = {"/sign-in/"}  # the one address where account and password are answered with a session


def credentials() -> list[dict]:
    """What is sent to every address, all that anything here might take for a sign-in."""
    basic = b64encode(f"ha:{PASSWORD}".encode()).decode()
    everything = {**dict.fromkeys(NAMES, "ha"), **dict.fromkeys(WORDS, PASSWORD)}
    forms = [{name: "ha", word: PASSWORD} for name in NAMES[:3] for word in WORDS[:2]]
    new = {"password1": PASSWORD, "password2": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD}
    as_json = {"data": dumps(everything), "content_type": "application/json"}
    headers = [
        {"Authorization": f"Basic {basic}"},
        {"Authorization": f"Bearer {PASSWORD}"},
        {"Remote-User": "ha", "X-Forwarded-User": "ha", "X-Remote-User": "ha"},
        {"X-Requested-With": "XMLHttpRequest"},
    ]
    return [
        {"data": everything},
        {"data": {**everything, **new, "next": "/"}},
        *({"data": form} for form in forms),
        as_json,
        *({"data": everything, "headers": one} for one in headers),
    ]


@pytest.mark.servers
def test_p18_no_other_url_signs_anybody_in(synced, signed_people):
    """Every mounted address is visited with right credentials by every way; ours alone begins a session."""
    paths = every_path()
    assert len(paths) > 150
    sent = credentials()

    for path in paths:
        client = Client(raise_request_exception=False, HTTP_HOST="localhost:8000")
        client.get(path, sent[0]["data"], headers={"Authorization": sent[-4]["headers"]["Authorization"]})
        for one in sent if path not in DOORS else []:
            client.post(path, **one)
        assert "_auth_user_id" not in client.session, path
    assert signed_people() == set()


@pytest.mark.servers
def test_p18_our_own_door_wants_its_own_fields_and_the_second_step(synced, signed_people):
    for one in credentials():
        Client(raise_request_exception=False).post("/sign-in/", **one)
    assert signed_people() == {"ha"}
    with_app(User.objects.get(username="ha"))
    revoke(User.objects.get(username="ha"), Reason.EVERYWHERE)

    for one in credentials():
        client = Client(raise_request_exception=False)
        client.post("/sign-in/", **one)
        for path in every_path():  # half way in, nothing else lets in either
            if path.startswith(("/sign-in/", "/account/", "/oauth/", "/admin/login", "/language")):
                client.post(path, {})
                client.get(path)

    assert signed_people() == set()


@pytest.fixture
def signed_people():
    """Return a function: the accounts of the sessions that somebody is signed in to."""
    return lambda: set(Session.objects.in_force().exclude(user=None).values_list("user__username", flat=True))


def test_p18_a_session_that_our_sign_in_did_not_begin_is_ended(client):
    person = UserFactory()
    client.force_login(person)
    assert client.get(reverse("people")).status_code == 200
    session = client.session
    del session["account_authentication_methods"]
    session.save()

    assert client.get(reverse("people"))["Location"].startswith(reverse("account_login"))
    assert not Session.objects.filter(key_hash=hashed(session.session_key)).exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account_authentication_methods", []),
        ("account_authentication_methods_user", "0"),  # P25: half way as one person, finished as another
        ("sid", ""),
    ],
)
def test_p18_a_session_without_the_whole_record_is_ended(client, name, value):
    client.force_login(UserFactory())
    session = client.session
    session[name] = value
    session.save()

    assert client.get(reverse("people"))["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("path", ["/admin/login/", "/django-admin/login/", "/_util/login/"])
def test_p18_other_sign_in_pages_lead_to_ours(client, path):
    response = client.get(path, {"next": "/admin/pages/"})

    assert response["Location"] == f"{reverse('account_login')}?next=%2Fadmin%2Fpages%2F"


@pytest.mark.parametrize(
    "path",
    [
        "/admin/password_reset/",
        "/admin/password_reset/confirm/x/y/",
        "/django-admin/password_change/",
        "/django-admin/sso/user/1/password/",
        "/password/set/",
        "/password/reset/",
        "/password/change/",
        "/signup/",
        "/accounts/login/",
        "/accounts/signup/",
        "/email/",
    ],
)
def test_p21_no_page_sets_a_password(path, signed_in):
    admin = system_admin(is_superuser=True)

    assert signed_in(admin).get(path).status_code == 404


def test_p21_no_password_is_kept_whoever_sets_it():
    person = UserFactory()

    person.set_password("Secret#2026")
    person.save()
    created = User.objects.create_user("x", password="Secret#2026")

    for user in (person, created):
        assert not user.check_password("Secret#2026")
        assert user.password.startswith("!")


@pytest.mark.servers
def test_p10_backends_are_the_directory_and_for_others_their_passkeys_alone(settings, synced):
    """The second one lets nobody in for typing anything: it only answers for sessions."""
    assert settings.AUTHENTICATION_BACKENDS == [
        "sso.backends.DirectoryBackend",
        "sso.backends.PasskeyBackend",
    ]
    assert authenticate(None, username=UserFactory(origin="local").username, password=PASSWORD) is None
