"""Presets: a well-known system is registered by its kind and address alone."""

import pytest
from django.urls import reverse

from sso.models import Application
from sso.presets import BY_SLUG, PRESETS, icons

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_preset_fills_in_a_form_that_can_be_saved(admin_client, preset):
    page = admin_client.get(reverse("system-new"), {"preset": preset.slug, "base": "https://x.example"})
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    if preset.slug == "other":
        data |= {"name": "Kho", "redirect_uris": "https://x.example/back"}

    saved = admin_client.post(reverse("system-new"), data, follow=True)

    assert saved.context["form"].errors == {} if "form" in saved.context else saved.status_code == 200
    system = Application.objects.get()
    snippet = saved.context["snippet"]
    assert (system.preset, system.is_public) == (preset.slug, preset.is_public)
    assert ("secret" in saved.context) is not preset.is_public
    if preset.slug != "other":
        assert system.client_id in snippet
        assert preset.is_public or saved.context["secret"] in snippet
        for name in ("base", "issuer", "discovery", "client_id", "secret"):
            assert f"{{{name}}}" not in snippet


def test_a_secret_stands_where_it_belongs_and_changes_no_word_around_it():
    text = BY_SLUG["wordpress"].text(secret="s3cr3t", client_id="me")

    assert "define('OIDC_CLIENT_SECRET', 's3cr3t');" in text


@pytest.mark.parametrize("slug", ["wordpress", "gitlab"])
def test_a_preset_says_when_nobody_has_tried_it_with_the_product(admin_client, slug):
    page = admin_client.get(reverse("system-new"), {"preset": slug, "base": "https://x.example"})
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}

    saved = admin_client.post(reverse("system-new"), data)

    assert ("chưa thử với chính sản phẩm" in saved.content.decode()) is (slug == "gitlab")


def test_each_preset_has_an_icon_that_is_there():
    assert {preset.icon for preset in PRESETS} <= icons()
