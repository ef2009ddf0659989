"""Systems that know no PKCE (Moodle, WordPress): two admins let one of them in without, and no other."""

import pytest
from django.test import Client
from django.urls import reverse

from sso.models import Application, SystemRequest
from sso.services.clients import approve_request
from tests.factories import system_admin
from tests.sso.conftest import ask, parameters_of, redeem
from tests.sso.test_systems import FORM

pytestmark = pytest.mark.django_db
WITHOUT = {"code_challenge": None, "code_challenge_method": None}


@pytest.fixture
def moodle(wiki):
    wiki[0].without_pkce = True
    wiki[0].save()
    return wiki


def test_it_signs_people_in_with_its_secret_alone(session_of, person, moodle):
    browser = session_of(person)

    code = parameters_of(ask(browser, moodle[0], **WITHOUT))["code"]

    assert redeem(Client(), moodle[0], "wrong", code, code_verifier=None).status_code == 401
    assert redeem(Client(), *moodle, code, code_verifier=None).status_code == 200


def test_all_others_are_refused_without(session_of, person, wiki, public):
    browser = session_of(person)
    public[0].without_pkce = True  # which the form does not take
    public[0].save()

    for system in (wiki[0], public[0]):
        assert parameters_of(ask(browser, system, **WITHOUT))["error"] == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": "short"},
    ],
)
def test_half_a_challenge_is_no_way_around_it(session_of, person, moodle, changes):
    """authentik let pass whoever left it out at one of the two steps (CVE-2023-48228, CVE-2024-23647)."""
    assert parameters_of(ask(session_of(person), moodle[0], **changes))["error"] == "invalid_request"


def test_where_it_does_use_pkce_the_verifier_counts(session_of, person, moodle):
    browser = session_of(person)
    codes = [parameters_of(ask(browser, moodle[0]))["code"] for _twice in range(2)]

    assert redeem(Client(), *moodle, codes[0], code_verifier=None).json()["error"] == "invalid_request"
    assert redeem(Client(), *moodle, codes[0], code_verifier="x" * 64).json()["error"] == "invalid_grant"
    assert redeem(Client(), *moodle, codes[1]).status_code == 200


def test_a_challenge_that_was_taken_away_on_the_way_is_found_out(session_of, person, moodle):
    """RFC 9700 §4.8.2: the system has a verifier, so its request did have a challenge."""
    code = parameters_of(ask(session_of(person), moodle[0], **WITHOUT))["code"]

    assert redeem(Client(), *moodle, code).json()["error"] == "invalid_grant"


def test_it_counts_once_a_second_admin_has_agreed(signed_in):
    client = signed_in(system_admin())
    client.post(reverse("system-new"), FORM)
    system = Application.objects.get()
    approve_request(SystemRequest.objects.get(), by=system_admin())

    client.post(reverse("system-edit", args=[system.pk]), FORM | {"without_pkce": "on"})

    system.refresh_from_db()
    assert system.without_pkce is False
    approve_request(SystemRequest.objects.waiting().get(), by=system_admin())
    system.refresh_from_db()
    assert system.without_pkce is True


def test_a_system_without_a_secret_cannot_be_without_pkce_too(signed_in):
    form = FORM | {"client_type": "public", "without_pkce": "on"}

    page = signed_in(system_admin()).post(reverse("system-new"), form)

    assert (page.status_code, list(page.context["form"].errors)) == (422, ["without_pkce"])
