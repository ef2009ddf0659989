"""How a registered system speaks with the provider: signature, audience, group and keys, set by two admins."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.urls import reverse
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from sso.api import ensure_client
from sso.models import Application, SystemRequest
from sso.services.clients import approve_request
from tests.factories import system_admin
from tests.sso.test_systems import FORM

pytestmark = pytest.mark.django_db
KEY = ECKey.generate_key("P-256", {"kid": "k1"})
WEAK = RSAKey.import_key(rsa.generate_private_key(65537, 1024))  # noqa: S505 (that is the point)
KEYS = KeySet([KEY]).as_dict(private=False)
TECHNICAL = {
    "subject_group": "health",
    "algorithm": "ES256",
    "token_audience": "https://api.example",
    "public_keys": json.dumps(KEYS),
}


def technical(system: Application) -> dict:
    system.refresh_from_db()
    return {name: getattr(system, name) for name in TECHNICAL}


def test_a_new_system_gets_what_was_typed(admin_client):
    admin_client.post(reverse("system-new"), FORM | TECHNICAL)

    assert technical(Application.objects.get()) == TECHNICAL | {"public_keys": KEYS}


def test_left_empty_it_is_an_ordinary_system(admin_client):
    admin_client.post(reverse("system-new"), FORM)

    usual = {"subject_group": "", "algorithm": "RS256", "token_audience": "", "public_keys": {}}
    assert technical(Application.objects.get()) == usual


def test_changes_wait_for_a_second_admin(admin_client):
    admin_client.post(reverse("system-new"), FORM)
    system, second = Application.objects.get(), system_admin()
    approve_request(SystemRequest.objects.waiting().get(), by=second)
    before = technical(system)

    admin_client.post(reverse("system-edit", args=[system.pk]), FORM | TECHNICAL)

    assert technical(system) == before
    approve_request(SystemRequest.objects.waiting().get(), by=second)
    assert technical(system) == TECHNICAL | {"public_keys": KEYS}


@pytest.mark.parametrize(
    "keys",
    [
        "x",
        "[]x",
        "[1]",
        '"x"',
        "1",
        '{"keys": []}',
        '{"keys": [1]}',
        '{"keys": [{"kty": "EC"}]}',
        '{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}',
        pytest.param(
            json.dumps({"keys": [KEY.as_dict(private=False) | {"kid": "\ud800"}]}), id="half a letter"
        ),
        pytest.param(json.dumps({"keys": [KEY.as_dict(private=False) | {"kid": "\0"}]}), id="NUL"),
        pytest.param("[" * 3000, id="too deep"),
        pytest.param("9" * 5000, id="too many digits"),
        pytest.param(json.dumps({"keys": [KEY.as_dict(private=True)]}), id="private"),
        pytest.param(json.dumps({"keys": [WEAK.as_dict(private=False)]}), id="1024 bits"),
        pytest.param(json.dumps({"keys": [OctKey.generate_key(256).as_dict(private=True)]}), id="symmetric"),
    ],
)
def test_keys_that_are_none_or_not_public_are_refused_at_the_field(admin_client, keys):
    page = admin_client.post(reverse("system-new"), FORM | {"public_keys": keys})

    assert (page.status_code, list(page.context["form"].errors)) == (422, ["public_keys"])
    assert Application.objects.count() == 0


def test_a_device_is_registered_without_an_address(admin_client):
    kind = {"authorization_grant_type": Application.GRANT_DEVICE_CODE, "redirect_uris": ""}

    admin_client.post(reverse("system-new"), FORM | kind)

    assert Application.objects.get().authorization_grant_type == Application.GRANT_DEVICE_CODE


@pytest.mark.parametrize("host", ["a.example;script-src", "a.example'", "a.example,b.example", "a b.example"])
@pytest.mark.parametrize("field", ["redirect_uris", "frontchannel_logout_uri"])
def test_an_address_that_would_end_a_content_policy_is_refused_at_the_field(admin_client, host, field):
    page = admin_client.post(reverse("system-new"), FORM | {field: f"https://{host}/back"})

    assert (page.status_code, list(page.context["form"].errors)) == (422, [field])


def test_an_api_is_not_called_like_a_system_that_people_sign_in_to(admin_client, wiki):
    """Its access tokens would carry our signature and that system's name: what looks at no more lets them in."""
    program = ensure_client("API", authorization_grant_type="client-credentials")[0]

    page = admin_client.post(reverse("system-new"), FORM | {"token_audience": wiki[0].client_id})

    assert (page.status_code, list(page.context["form"].errors)) == (422, ["token_audience"])
    admin_client.post(reverse("system-new"), FORM | {"token_audience": program.client_id})
    assert Application.objects.get(token_audience=program.client_id).name == "Wiki"
