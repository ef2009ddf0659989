"""Registering systems: pages and services."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from sso.models import AccessToken, Application
from sso.oauth.clients import is_secret
from sso.services import mail_token, renew_secret, save_system
from tests.factories import person_of, system_admin

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Wiki",
    "description": "",
    "tile_url": "https://wiki.example/",
    "icon": "apps",
    "tile_order": "10",
    "authorization_grant_type": "authorization-code",
    "redirect_uris": "https://wiki.example/a\r\nhttp://127.0.0.1:5000/b\r\n",
    "post_logout_redirect_uris": "",
    "allowed_scopes": ["openid", "email"],
    "skip_authorization": "on",
    "is_enabled": "on",
}


@pytest.fixture
def admin_client(signed_in):
    return signed_in(system_admin())


def test_registered_system_gets_a_secret_shown_once(admin_client):
    page = admin_client.post(reverse("system-new"), FORM)

    system = Application.objects.get()
    secret = page.context["secret"]
    assert is_secret(secret, system.client_secret)
    assert secret in page.content.decode()
    assert secret not in admin_client.get(system.get_absolute_url()).content.decode()
    assert system.redirect_uris == "https://wiki.example/a http://127.0.0.1:5000/b"
    assert (system.client_type, system.algorithm, system.allowed_scopes) == (
        "confidential",
        "RS256",
        ["openid", "email"],
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"redirect_uris": ""}, "redirect_uris"),
        ({"redirect_uris": "http://wiki.example/"}, "redirect_uris"),
        ({"redirect_uris": "https://*.example/"}, "redirect_uris"),
        ({"redirect_uris": "https://a@b.example/"}, "redirect_uris"),
        ({"redirect_uris": "https://b.example/#x"}, "redirect_uris"),
        ({"redirect_uris": "javascript:alert(1)"}, "redirect_uris"),
        ({"redirect_uris": "https://b.example:99999/"}, "redirect_uris"),
        ({"tile_url": "javascript:alert(1)"}, "tile_url"),
        ({"allowed_scopes": ["mail"]}, "allowed_scopes"),
        ({"allowed_scopes": []}, "allowed_scopes"),
    ],
)
def test_bad_input_is_told_at_the_field_and_kept(admin_client, changes, field):
    page = admin_client.post(reverse("system-new"), FORM | changes)

    assert list(page.context["form"].errors) == [field]
    assert Application.objects.count() == 0
    assert page.context["form"]["icon"].value() == "apps"


WHO = [("admin", 200), ("person", 404), ("nobody", 302)]


@pytest.mark.parametrize(("who", "status"), WHO)
@pytest.mark.parametrize("page", ["systems", "system-new", "system", "system-secret"])
def test_pages_are_for_system_admins(client, signed_in, wiki, who, status, page):
    people = {"admin": system_admin, "person": lambda: person_of(role="unit_admin")}
    if who in people:
        signed_in(people[who]())
    args = [wiki[0].pk] if page in {"system", "system-secret"} else []

    method = client.post if page == "system-secret" else client.get

    assert method(reverse(page, args=args)).status_code == status


@pytest.mark.parametrize("act", [save_system, renew_secret])
def test_services_are_for_system_admins(wiki, act):
    before = Application.objects.get().client_secret

    with pytest.raises(PermissionDenied):
        act(wiki[0], by=person_of(role="unit_admin"))

    assert Application.objects.get().client_secret == before


def test_new_secret_ends_the_old_one(wiki):
    row, old = wiki

    new = renew_secret(row, by=system_admin())

    row.refresh_from_db()
    assert (is_secret(old, row.client_secret), is_secret(new, row.client_secret)) == (False, True)


def test_mail_token_is_short_and_hashed():
    person = person_of()

    raw = mail_token(person)

    row = AccessToken.objects.get()
    assert (row.user, row.scope, row.token, len(raw)) == (person, "mail", "", 43)
    assert 290 < (row.expires - row.created).total_seconds() <= 300
    person.is_active = False
    with pytest.raises(PermissionDenied):
        mail_token(person)


@pytest.mark.parametrize("count", [1, 5])
def test_list_asks_as_many_queries_for_any_length(admin_client, count, django_assert_max_num_queries):
    for number in range(count):
        Application.objects.create(name=f"S{number}", client_type="confidential")

    admin_client.get(reverse("systems"))
    with django_assert_max_num_queries(12):
        admin_client.get(reverse("systems"))
