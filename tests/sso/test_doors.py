"""No door but our own makes a session or keeps a password."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from sso.api import User
from tests.factories import UserFactory, system_admin
from tests.sso.conftest import PASSWORD

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


def test_p18_no_other_url_signs_anybody_in(settings):
    UserFactory(username="ha")
    forms = [
        {"username": "ha", "password": PASSWORD},
        {"login": "ha", "password": PASSWORD},
        {"username": "ha", "password1": PASSWORD, "password2": PASSWORD, "new_password1": PASSWORD},
    ]
    paths = every_path()
    assert len(paths) > 100

    for path in paths:
        client = Client(raise_request_exception=False)
        for form in forms:
            client.post(path, form)
        assert "_auth_user_id" not in client.session, path
    assert [s for s in Session.objects.all() if "_auth_user_id" in s.get_decoded()] == []


def test_p18_a_session_that_our_sign_in_did_not_begin_is_ended(client):
    person = UserFactory()
    client.force_login(person)
    assert client.get(reverse("people")).status_code == 200
    session = client.session
    del session["account_authentication_methods"]
    session.save()

    assert client.get(reverse("people"))["Location"].startswith(reverse("account_login"))
    assert not Session.objects.filter(session_key=session.session_key).exists()


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


def test_p10_backends_are_the_directory_alone(settings):
    assert settings.AUTHENTICATION_BACKENDS == ["sso.backends.DirectoryBackend"]
