"""A scope that was taken away from a system is gone from all that it holds, at once."""

from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from sso.api import ensure_client
from sso.models import Application
from tests.sso.conftest import ask, introspect, parameters_of, redeem, refresh, tokens_of, userinfo

pytestmark = pytest.mark.django_db


def leave(system, *scopes: str) -> None:
    Application.objects.filter(pk=system[0].pk).update(allowed_scopes=list(scopes))


def test_userinfo_and_introspection_know_what_is_left(session_of, person, wiki):
    client = session_of(person)
    token = tokens_of(client, wiki, scope="openid profile email")["access_token"]

    leave(wiki, "openid", "profile")

    told = userinfo(client, token).json()
    assert (told["name"], "email" in told) == (person.full_name, False)
    assert introspect(client, wiki, token).json()["scope"] == "openid profile"


def test_a_token_of_which_nothing_is_left_is_good_for_nothing(session_of, person, wiki):
    client = session_of(person)
    token = tokens_of(client, wiki, scope="openid profile")["access_token"]

    leave(wiki, "email")

    assert introspect(client, wiki, token).json() == {"active": False}
    assert userinfo(client, token).json()["error"] == "invalid_token"


def test_a_single_claim_goes_with_its_scope(session_of, person, wiki):
    client = session_of(person)
    token = tokens_of(client, wiki, scope="openid", claims='{"userinfo": {"email": null, "name": null}}')

    leave(wiki, "openid", "profile")

    assert set(userinfo(client, token["access_token"]).json()) == {"sub", "name"}


def test_a_code_gets_no_more_than_is_left(session_of, person, wiki):
    client = session_of(person)
    claims = '{"userinfo": {"email": null}, "id_token": {"email": null, "name": null}}'
    first, second = (
        parameters_of(ask(client, wiki[0], scope="openid email", claims=claims))["code"] for _number in "12"
    )

    leave(wiki, "openid", "profile")
    tokens = redeem(client, *wiki, first).json()
    leave(wiki, "profile")

    assert tokens["scope"] == "openid"
    assert set(userinfo(client, tokens["access_token"]).json()) == {"error"}
    assert redeem(client, *wiki, second).json()["error"] == "invalid_scope"
    leave(wiki, "openid", "profile", "email")  # given back, it is for new tokens only
    assert set(userinfo(client, tokens["access_token"]).json()) == {"sub"}


def test_a_refresh_token_of_which_nothing_is_left_gives_nothing(session_of, person, wiki):
    """Keycloak's offline sessions went on without the scope that had made them (CVE-2025-12110)."""
    client = session_of(person)
    tokens = tokens_of(client, wiki, scope="openid profile")

    leave(wiki, "email")

    assert refresh(client, wiki, tokens["refresh_token"]).json()["error"] == "invalid_scope"


def test_the_server_of_a_scope_hears_of_no_token_without_it(session_of, person, wiki):
    """A webmail that may not open mailboxes any more is refused by the mail server at its next sign-in."""
    leave(wiki, "openid", "mail")
    dovecot = ensure_client("Dovecot", authorization_grant_type="client-credentials", serves_scopes=["mail"])
    client = session_of(person)
    token = tokens_of(client, wiki, scope="openid mail")["access_token"]
    before = introspect(client, dovecot, token).json()["active"]

    leave(wiki, "openid")

    assert (before, introspect(client, dovecot, token).json()) == (True, {"active": False})


def test_the_door_tells_no_more_than_is_left(session_of, person):
    row, secret = ensure_client(
        "Cũ",
        redirect_uris="https://old.example/.intranet/callback",
        allowed_scopes=["openid", "profile", "email"],
        skip_authorization=True,
    )
    headers = {"HTTP_X_DOOR_SYSTEM": row.client_id, "HTTP_X_DOOR_KEY": secret}
    browser = session_of(person)
    entered = browser.get(browser.get(reverse("door-start"), **headers)["Location"])
    browser.get(f"{reverse('door-callback')}?{urlsplit(entered['Location']).query}", **headers)
    before = browser.get(reverse("door-check"), **headers)

    leave((row, secret), "openid", "profile")

    after = browser.get(reverse("door-check"), **headers)
    assert ("X-Door-Mail" in before, "X-Door-Mail" in after, after["X-Door-User"]) == (
        True,
        False,
        person.username,
    )
