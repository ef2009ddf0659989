"""Signing in by the real form against a real slapd."""

import ldap
import pytest
from django.contrib.auth import authenticate
from django.test import Client
from django.urls import reverse

from demo.directory import person_dn
from demo.servers.slapd import Slapd
from sso.api import User
from tests.sso.conftest import PASSWORD, SMALL, ask, connect, parameters_of, sign_in

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


def is_signed_in(client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("typed", ["ha", " HA ", "ha@mic.example.gov.vn", "Ha@MIC.example.gov.vn", "ｈａ"])
def test_account_or_address_signs_the_person_in(client, synced, typed):
    response = sign_in(client, typed)

    assert response["Location"] == "/"
    assert client.session["_auth_user_id"] == str(User.objects.get(username="ha").pk)
    assert User.objects.count() == 3


@pytest.mark.parametrize(
    ("account", "password"),
    [
        ("ha", "falsch#1"),
        ("nobody", PASSWORD),
        ("*", PASSWORD),
        ("h*", PASSWORD),
        ("ha)(uid=*", PASSWORD),
        ("ha\\", PASSWORD),
        ("ha@", PASSWORD),
        ("ha", PASSWORD + "\0"),
        ("ha\0", PASSWORD),
    ],
)
def test_wrong_answers_get_one_message_and_keep_what_was_typed(client, synced, account, password):
    response = sign_in(client, account, password)

    assert (response.status_code, is_signed_in(client)) == (422, False)
    assert response.context["form"].errors
    assert password not in response.content.decode()


@pytest.mark.parametrize(("language", "words"), [("vi", "ký tự rỗng"), ("en", "Null characters")])
def test_what_cannot_be_a_name_is_told_in_the_readers_language(client, db, language, words):
    client.cookies["django_language"] = language

    assert words in sign_in(client, "ha\0").content.decode()


def test_typed_account_stays_in_both_languages(client, synced):
    for language, words in [("vi", "không đúng"), ("en", "wrong")]:
        client.post(reverse("language"), {"language": language, "next": "/"})

        page = sign_in(client, "ha", "wrong").content.decode()

        assert 'value="ha"' in page
        assert words in page


def test_p33_empty_password_is_nobody(client, synced):
    assert authenticate(None, username="ha", password="") is None
    assert not is_signed_in(sign_in(client, "ha", "").client)


def test_sign_in_creates_nobody(client, slapd):
    sign_in(client)

    assert (User.objects.count(), is_signed_in(client)) == (0, False)


def test_disabled_people_stay_outside(client, synced):
    sign_in(client)
    User.objects.filter(username="ha").update(is_active=False)

    assert client.get("/").status_code == 302
    sign_in(client)
    assert client.get("/").status_code == 302


def test_session_begins_with_a_new_key(client, synced):
    client.get(reverse("account_login"))
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key

    sign_in(client)

    assert client.session.session_key != before


@pytest.mark.parametrize(
    ("next_url", "lands"),
    [
        ("/systems/", "/systems/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:x", "/"),
        ("http://localhost/", "/"),
        ("http://127.0.0.1/x", "/"),
        ("//localhost/", "/"),
        ("\\\\evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example?x", "/"),
        ("//evil.example?/", "/"),
        ("/people/?q=//evil.example", "/people/?q=//evil.example"),
        ("/people/?q=" + "a" * 5000, "/people/?q=" + "a" * 5000),
        ("/people/?q=" + "a" * 9000, "/"),
    ],
)
def test_next_is_followed_within_the_intranet_only(client, synced, next_url, lands):
    assert sign_in(client, next=next_url)["Location"] == lands


def test_a_system_may_ask_at_length_of_somebody_who_is_not_signed_in_yet(client, synced, wiki):
    """ASP.NET Core sends all that it must know afterwards in the state, the page that somebody came for, too."""
    page = ask(client, wiki[0], state="s" * 4000)["Location"]

    back = client.post(page, {"login": "ha", "password": PASSWORD})

    assert "code" in parameters_of(client.get(back["Location"]))


def test_language_of_the_person_comes_along(client, synced):
    User.objects.filter(username="ha").update(language="en")

    response = sign_in(client)

    assert response.cookies["django_language"].value == "en"


def test_language_is_kept_for_the_person(client, synced):
    sign_in(client)

    response = client.post(reverse("language"), {"language": "en", "next": "https://evil.example/"})

    assert response["Location"] == "/"
    assert User.objects.get(username="ha").language == "en"
    assert client.post(reverse("language"), {"language": "xx"}).status_code == 404


def test_sign_out_is_by_post_only(client, synced):
    sign_in(client)

    client.get(reverse("account_logout"))
    assert is_signed_in(client)
    client.post(reverse("account_logout"))
    assert not is_signed_in(client)


def test_p19_reauthentication_asks_the_directory(client, synced, wiki):
    sign_in(client)
    response = ask(client, wiki[0], prompt="login")
    assert response["Location"].startswith(reverse("account_reauthenticate"))

    assert client.post(response["Location"], {"password": "wrong"}).status_code == 422
    back = client.post(response["Location"], {"password": PASSWORD})

    assert "code" in parameters_of(client.get(back["Location"]))


def test_p24_our_limit_comes_before_the_directorys(client, synced, admin_of):
    for spelling in ["ha", "HA", "ha@mic.example.gov.vn", " ha", "hA", "Ha", "ｈａ", "ha"] * 2:
        sign_in(client, spelling, "wrong")

    response = sign_in(client)

    assert not is_signed_in(client)
    assert "năm phút" in response.content.decode()
    attributes = ["pwdFailureTime", "pwdAccountLockedTime"]
    found = admin_of.search_s(person_dn("ha"), ldap.SCOPE_BASE, attrlist=attributes)[0][1]
    assert (len(found["pwdFailureTime"]), "pwdAccountLockedTime" in found) == (5, False)
    other = Client(REMOTE_ADDR="10.9.8.7")
    sign_in(other)
    assert is_signed_in(other)


def test_p30_stopped_directory_is_explained_and_counts_for_nothing(client, synced):
    inside = Client()
    sign_in(inside)
    synced.stop()

    for _try in range(12):
        response = sign_in(client)

    assert (response.status_code, response.context["since"].year > 2000) == (503, True)
    assert inside.get(reverse("account_logout")).status_code == 200
    synced.start()
    from django.core.cache import cache

    cache.delete("sso.directory.pause")
    sign_in(client)
    assert is_signed_in(client)


def test_p29_hanging_directory_is_an_outage_too(client, synced):
    synced.pause()
    try:
        assert sign_in(client).status_code == 503
    finally:
        synced.resume()


def test_wrong_service_password_is_an_outage_not_a_wrong_password(client, synced, settings):
    settings.AUTH_LDAP_BIND_PASSWORD = "changed"

    assert sign_in(client).status_code == 503


def test_second_directory_answers_when_the_first_does_not(client, synced, settings):
    connect(settings, synced, "ldap://127.0.0.1:9", synced.url)

    sign_in(client)

    assert is_signed_in(client)


def test_p31_certificate_of_another_ca_is_refused(client, slapd_folder, settings, db):
    with Slapd(slapd_folder / "tls", ldif=SMALL, tls=True) as server:
        connect(settings, server, server.tls_url)
        assert sign_in(client).status_code == 503

        settings.AUTH_LDAP_CONNECTION_OPTIONS = {
            **{k: v for k, v in settings.AUTH_LDAP_CONNECTION_OPTIONS.items() if k != ldap.OPT_X_TLS_NEWCTX},
            ldap.OPT_X_TLS_CACERTFILE: str(server.ca_file),
            ldap.OPT_X_TLS_NEWCTX: 0,
        }
        from django.core.cache import cache

        cache.clear()
        assert sign_in(client).status_code == 422  # the answer came: this person is not known yet


def test_sign_in_page_is_small_and_names_the_demo_only_in_the_demo(client, settings, db):
    page = client.get(reverse("account_login")).content
    settings.IS_DEMO = True
    demo = client.get(reverse("account_login"), {"as": "vanthu"}).content.decode()

    assert len(page) < 30_000
    assert b"Demo@2026" not in page
    assert b"quantri" not in page
    assert "Demo@2026" in demo
    assert 'value="vanthu"' in demo


def test_sign_in_asks_few_queries(client, synced, django_assert_max_num_queries):
    sign_in(client)  # the first one ever is remembered

    with django_assert_max_num_queries(6):
        sign_in(Client())
