"""No form of a package changes identity: people, systems, tokens and factors have services of their own.

Those ask a second person, end access and write the record; the administration of Django and of Wagtail does neither.
"""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse

from sso.models import AccessToken, Application, User
from tests.factories import UserFactory, person_of, system_admin

pytestmark = pytest.mark.django_db

SYSTEM = {
    "client_id": "mine", "client_type": "confidential", "authorization_grant_type": "authorization-code",
    "client_secret": "x" * 60, "redirect_uris": "https://evil.example/cb", "name": "Mine", "algorithm": "RS256",
    "skip_authorization": "on", "is_enabled": "on", "is_approved": "on", "allowed_scopes": '["openid", "mail"]',
    "required_acr": "1", "rule": "{}", "public_keys": "{}", "serves_scopes": "[]", "tile_order": "1", "icon": "apps",
}  # fmt: skip
PERSON = {"username": "mine", "email": "mine@mic.example", "full_name": "Mine", "is_superuser": "on"}


@pytest.fixture
def superuser(signed_in):
    """The browser of somebody who may do all that Django knows of."""
    return signed_in(system_admin(is_superuser=True))


def kept() -> list:
    """All of identity that these forms could change."""
    models = (User, Application, AccessToken, Authenticator)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_p08_no_admin_alone_registers_a_system_by_djangos_pages(superuser):
    before = kept()

    answers = [superuser.get("/django-admin/sso/application/add/").status_code,
               superuser.post("/django-admin/sso/application/add/", SYSTEM).status_code]  # fmt: skip

    assert (answers, kept()) == ([403, 403], before)


def test_p08_djangos_pages_of_identity_are_shut_to_everybody(superuser, wiki):
    """authentik let the link between a person and an identity be changed (CVE-2026-49448)."""
    Authenticator.objects.create(user=UserFactory(), type=Authenticator.Type.TOTP, data={"secret": "x"})
    before = kept()
    shut = [model for model in admin.site._registry if model._meta.app_label in {"sso", "mfa", "account"}]
    names = [f"admin:{model._meta.app_label}_{model._meta.model_name}" for model in shut]

    answers = [
        superuser.get(reverse(f"{name}_{page}")).status_code
        for name in names
        for page in ("changelist", "add")
    ]
    answers.append(
        superuser.post(
            reverse("admin:sso_application_delete", args=[wiki[0].pk]), {"post": "yes"}
        ).status_code
    )

    assert {"application", "accesstoken", "authenticator"} <= {model._meta.model_name for model in shut}
    assert (set(answers), kept()) == ({403}, before)


@pytest.mark.parametrize("by", [{}, {"is_superuser": True}])
def test_p37_wagtails_pages_make_change_and_delete_nobody(signed_in, by):
    acting = system_admin(**by)
    acting.user_permissions.set(Permission.objects.filter(content_type__app_label="sso"))
    browser, victim = signed_in(acting), person_of()
    before = kept()
    users = "wagtailusers_users:"

    for path in [
        reverse(f"{users}add"),
        *(reverse(f"{users}{act}", args=[victim.pk]) for act in ("edit", "copy", "delete")),
        *(
            reverse("wagtail_bulk_action", args=["sso", "user", act]) + f"?id={victim.pk}"
            for act in ("delete", "set_active_state")
        ),
    ]:  # fmt: skip
        assert browser.get(path).status_code in {302, 403, 404}, path
        assert browser.post(path, PERSON | {"mark_as_active": ""}).status_code in {302, 403, 404}, path

    assert kept() == before
    assert "/admin/users/" not in browser.get("/admin/").content.decode()
