"""Systems that have no secret: they run in a browser or on somebody's device (RFC 8252, RFC 9700)."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from joserfc.jwk import ECKey

from sso.models import AccessToken, Application, AuditEntry, RefreshToken
from sso.services.checking import What, check_system
from sso.services.clients import approve_request, renew_secret
from tests.factories import person_of, system_admin
from tests.sso.conftest import (
    REDIRECT,
    VERIFIER,
    ask,
    browser_of,
    parameters_of,
    redeem,
    refresh,
    tokens_of,
    userinfo,
)
from tests.sso.test_systems import FORM

pytestmark = pytest.mark.django_db
PUBLIC = FORM | {"client_type": "public"}
APP = "vn.gov.example.app:/back"


# --- registering one -----------------------------------------------------------------------------


def test_a_system_has_a_secret_unless_somebody_says_otherwise(admin_client):
    page = admin_client.get(reverse("system-new"), {"preset": "other"})

    assert page.context["form"]["client_type"].value() == "confidential"
    assert "secret" in admin_client.post(reverse("system-new"), FORM).context
    assert Application.objects.get().client_type == "confidential"


def test_no_secret_is_made_shown_or_renewed(admin_client):
    page = admin_client.post(reverse("system-new"), PUBLIC, follow=True)

    system = Application.objects.get()
    assert page.redirect_chain == [(system.get_absolute_url(), 302)]
    assert "Không có" in page.content.decode()
    assert reverse("system-secret", args=[system.pk]) not in page.content.decode()
    assert (system.client_type, system.secret_ends_at, system.is_enabled) == ("public", None, False)
    form = {"overlap": "0", "age": "0"}
    assert admin_client.post(reverse("system-secret", args=[system.pk]), form).status_code == 403
    with pytest.raises(PermissionDenied):
        renew_secret(system, by=system_admin())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"authorization_grant_type": "client-credentials"}, "client_type"),
        ({"public_keys": '{"keys": [{"kty": "EC", "crv": "P-256", "x": "%s", "y": "%s"}]}'}, "public_keys"),
    ],
    ids=["program", "keys"],
)
def test_what_takes_a_secret_is_refused_at_the_field_and_kept(admin_client, changes, field):
    point = ECKey.generate_key("P-256").as_dict(private=False)
    changes = {
        name: value.replace("%s", point["x"], 1).replace("%s", point["y"]) for name, value in changes.items()
    }

    page = admin_client.post(reverse("system-new"), PUBLIC | changes)

    assert (page.status_code, list(page.context["form"].errors)) == (422, [field])
    assert page.context["form"]["client_type"].value() == "public"
    assert Application.objects.count() == 0


def test_a_device_may_be_registered_without_a_secret(admin_client):
    kind = {"authorization_grant_type": Application.GRANT_DEVICE_CODE, "redirect_uris": ""}

    admin_client.post(reverse("system-new"), PUBLIC | kind)

    system = Application.objects.get()
    approve_request(system.requests.get(), by=system_admin())
    assert Client().post(reverse("oauth-device"), {"client_id": system.client_id}).status_code == 200


# --- the kind changes -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["public", "confidential"])
def test_another_kind_waits_for_a_second_admin_and_ends_all_tokens(admin_client, wiki, public, kind):
    system, secret = wiki if kind == "public" else public
    tokens = tokens_of(browser_of(person_of()), (system, secret))
    form = FORM | {"client_type": kind, "redirect_uris": REDIRECT, "allowed_scopes": system.allowed_scopes}

    admin_client.post(reverse("system-edit", args=[system.pk]), form)

    assert Application.objects.get(pk=system.pk).client_type != kind
    assert userinfo(Client(), tokens["access_token"]).status_code == 200
    approve_request(system.requests.waiting().get(), by=system_admin())
    assert Application.objects.get(pk=system.pk).client_type == kind
    assert userinfo(Client(), tokens["access_token"]).status_code == 401
    assert (AccessToken.objects.count(), RefreshToken.objects.count()) == (0, 0)
    assert AuditEntry.objects.filter(cause="kind_changed").count() == 1


def test_the_secret_of_before_proves_nothing_any_more(wiki):
    system, old = wiki
    other = system_admin()
    for kind in ("public", "confidential"):
        system.requests.create(values={"client_type": kind}, asked_by=other)
        approve_request(system.requests.waiting().get(), by=system_admin())
        assert refresh(Client(), (system, old), "x").json()["error"] == "invalid_client"
        without = {"client_secret": ""}
        answer = refresh(Client(), (system, ""), "x", **without).json()["error"]
        assert answer == ("invalid_grant" if kind == "public" else "invalid_client")

    new = renew_secret(Application.objects.get(), by=other)

    assert refresh(Client(), (system, new), "x").json()["error"] == "invalid_grant"


def test_the_page_says_that_a_secret_is_to_be_made(admin_client, public):
    system = public[0]
    system.requests.create(values={"client_type": "confidential"}, asked_by=system_admin())
    approve_request(system.requests.waiting().get(), by=system_admin())

    page = admin_client.get(system.get_absolute_url()).content.decode()

    assert reverse("system-secret", args=[system.pk]) in page
    assert "Khóa sắp hết hạn" in page


def test_a_system_that_waits_loses_its_secret_with_its_kind(admin_client):
    secret = admin_client.post(reverse("system-new"), FORM).context["secret"]
    system = Application.objects.get()
    edit = reverse("system-edit", args=[system.pk])

    for kind in ("public", "confidential"):
        admin_client.post(edit, FORM | {"client_type": kind})
    approve_request(system.requests.waiting().get(), by=system_admin())

    assert Application.objects.get().client_type == "confidential"
    assert refresh(Client(), (system, secret), "x").json()["error"] == "invalid_client"


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        APP,
        "com.example.app:/",
        "a.b:/x/y?z=1",
        "http://127.0.0.1/back",
        "http://[::1]/back",
        "http://127.0.0.1:1/",
    ],
)
def test_apps_have_addresses_of_their_own(admin_client, address):
    form = PUBLIC | {"redirect_uris": address, "post_logout_redirect_uris": address}

    admin_client.post(reverse("system-new"), form)

    assert Application.objects.get().redirect_uris == address


@pytest.mark.parametrize(
    "address",
    [
        "example:/back",  # no dot: anybody's (RFC 8252 §7.1)
        "com.example.app://back",  # there is no host
        "com.example.app:back",
        "Com.example.app:/back",
        ".example:/back",
        "com.:/back",
        "com.example.app:/back#x",
        "com.example.app:/*",
        "com.example.app:/" + "x" * 1000,
        "com.example;script-src:/back",
        "javascript:alert(1)",
        "http://127.0.0.2/back",
        "http://wiki.example/",
    ],
)
@pytest.mark.parametrize("field", ["redirect_uris", "post_logout_redirect_uris"])
def test_addresses_that_could_be_anybodys_are_refused_at_the_field(admin_client, field, address):
    page = admin_client.post(reverse("system-new"), PUBLIC | {field: address})

    assert (page.status_code, list(page.context["form"].errors)) == (422, [field])
    assert page.context["form"][field].value() == address


@pytest.mark.parametrize("field", ["redirect_uris", "post_logout_redirect_uris"])
def test_a_system_on_a_server_has_no_address_of_an_app(admin_client, field):
    page = admin_client.post(reverse("system-new"), FORM | {field: APP})

    assert (page.status_code, list(page.context["form"].errors)) == (422, [field])


LOOPBACK = "http://127.0.0.1/back http://[::1]/six http://localhost:5000/name https://wiki.example/back"


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("http://127.0.0.1/back", True),
        ("http://127.0.0.1:49152/back", True),
        ("http://[::1]:49152/six", True),
        ("http://localhost:5000/name", True),
        ("http://localhost:5001/name", False),  # §8.3
        ("http://127.0.0.1:49152/other", False),
        ("http://127.0.0.1:49152/back/", False),
        ("http://127.0.0.1:49152/back?x=1", False),
        ("http://127.0.0.1:49152/six", False),
        ("http://[::1]:49152/back", False),
        ("http://127.0.0.1:123456/back", False),
        ("http://127.0.0.1:x/back", False),
        ("http://127.0.0.1:1@evil.example/back", False),
        ("http://a@127.0.0.1:1/back", False),
        ("http://127.0.0.1.evil.example/back", False),
        ("http://127.0.0.1:1\\@evil.example/back", False),
        ("https://127.0.0.1:1/back", False),
        ("HTTP://127.0.0.1:1/back", False),
        ("https://wiki.example:444/back", False),
        ("https://wiki.example:443/back", False),
        ("http://127.0.0.1:٣/back", False),
    ],
)
def test_only_the_port_of_an_apps_loopback_address_is_free(address, is_allowed):
    public = Application(client_type="public", redirect_uris=LOOPBACK)
    on_server = Application(client_type="confidential", redirect_uris=LOOPBACK)

    assert public.redirect_uri_allowed(address) is is_allowed
    assert on_server.redirect_uri_allowed(address) is (address in LOOPBACK.split())


def test_what_runs_on_a_device_is_not_called_by_the_check(public):
    system = public[0]
    system.redirect_uris, system.tile_url = f"{APP} http://127.0.0.1/back", ""

    found = check_system(system, by=system_admin())

    assert [(one.what, one.address, one.is_good) for one in found] == [
        (What.RETURN, APP, None),
        (What.RETURN, "http://127.0.0.1/back", None),
        (What.START, "", None),
    ]


# --- signing in ----------------------------------------------------------------------------------


def test_an_app_signs_in_at_the_port_it_has_got(session_of, public):
    public[0].redirect_uris = "http://127.0.0.1/callback"
    public[0].save()
    browser, here = session_of(person_of()), "http://127.0.0.1:51234/callback"
    page = ask(browser, public[0], redirect_uri=here)

    back = browser.post(page.context["answer_url"], {"allow": "yes"})["Location"]

    assert back.startswith(f"{here}?code=")
    code = back.partition("code=")[2].partition("&")[0]
    wrong = redeem(Client(), *public, code, client_secret=None, redirect_uri="http://127.0.0.1:5/callback")
    assert wrong.json()["error"] == "invalid_grant"
    tokens = redeem(Client(), *public, code, client_secret=None, redirect_uri=here)
    assert tokens.json()["token_type"] == "Bearer"


@pytest.mark.parametrize("address", [APP, "http://127.0.0.1:51234/back"])
def test_whoever_may_be_another_app_is_asked_about_each_time(session_of, public, address):
    """RFC 8252 §8.6: nobody knows which app of the device it is, also when the ministry trusts the system."""
    public[0].redirect_uris = f"{APP} http://127.0.0.1/back"
    public[0].save()
    browser = session_of(person_of())

    for _twice in range(2):
        page = ask(browser, public[0], redirect_uri=address)
        assert page.status_code == 200
        back = browser.post(page.context["answer_url"], {"allow": "yes"})
        assert back["Location"].startswith(f"{address}?code=")
    silent = ask(browser, public[0], redirect_uri=address, prompt="none")

    assert "error=consent_required" in silent["Location"]
    scheme = address.partition("/")[0]
    assert f"form-action 'self' {scheme};" in page["Content-Security-Policy"] + ";"


def test_the_sign_in_page_may_lead_to_an_app(client, public):
    public[0].redirect_uris = APP
    public[0].save()
    question = ask(client, public[0], redirect_uri=APP)

    page = client.get(question["Location"])

    assert "form-action 'self' vn.gov.example.app:;" in page["Content-Security-Policy"] + ";"


def test_an_app_is_left_to_its_own_address(session_of, public):
    browser = session_of(person_of())
    tokens = tokens_of(browser, public)
    question = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": APP, "state": "s"}

    assert browser.get(reverse("oauth-end-session"), question)["Location"] == f"{APP}?state=s"
    assert Client().get(reverse("oauth-end-session"), question)["Location"] == f"{APP}?state=s"


def test_a_code_without_its_verifier_is_nobodys(session_of, public):
    code = parameters_of(ask(session_of(person_of()), public[0]))["code"]

    stolen = redeem(Client(), *public, code, client_secret=None, code_verifier="x" * 64)

    assert stolen.json() == {"error": "invalid_grant"}
    assert redeem(Client(), *public, code, client_secret=None, code_verifier=VERIFIER).status_code == 200


def test_refresh_tokens_rotate_and_a_second_use_ends_all(session_of, public):
    """RFC 9700 §4.14.2."""
    first = tokens_of(session_of(person_of()), public)["refresh_token"]
    second = refresh(Client(), public, first).json()["refresh_token"]
    RefreshToken.objects.exclude(revoked=None).update(revoked="2026-01-01T00:00:00Z")

    answers = [refresh(Client(), public, token).json().get("error") for token in (first, second)]

    assert answers == ["invalid_grant", "invalid_grant"]
