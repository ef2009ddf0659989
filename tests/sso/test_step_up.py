"""How strong a sign-in was, what systems and dangerous acts ask for, and that tokens tell the truth of it."""

import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from joserfc import jws

from sso.api import User
from sso.models import AuditEntry
from sso.step_up import SURE_FOR, is_sure, when_sure
from tests.factories import UserFactory, system_admin
from tests.sso.conftest import PASSWORD, ask, parameters_of, sign_in, tokens_of
from tests.sso.factors import (
    browser,
    code_now,
    options_in,
    passkey_sign_in,
    with_app,
    with_codes,
    with_passkey,
)

pytestmark = pytest.mark.django_db
AGAIN = "/sign-in/again/"


def inside(person, *kinds: str, age: float = 0):
    """A browser whose session says that ``person`` has shown ``kinds`` so many seconds ago."""
    client = browser()
    client.force_login(person)
    session = client.session
    at = time.time() - age
    session["account_authentication_methods"] = [
        {"method": "password", "at": at} if kind == "password" else {"method": "mfa", "type": kind, "at": at}
        for kind in kinds
    ]
    session.save()
    return client


def give(person, *kinds: str) -> None:
    """Let ``person`` have these factors."""
    for kind in kinds:
        Authenticator.objects.create(
            user=person, type=kind, data=PASSKEY if kind == "webauthn" else {"secret": "x"}
        )


PASSKEY = {"name": "x", "credential": {}}
SESSIONS = {
    "1": ["password"],
    "2": ["password", "totp"],
    "2 by recovery code": ["password", "recovery_codes"],
    "3": ["webauthn"],
}


# --- what systems demand -------------------------------------------------------------------------


def expected(demanded: str, shown: str, has: tuple[str, ...]) -> str:
    """The rule in words: enough is enough; who has more confirms; who has not, sets it up first."""
    within_reach = "3" if "webauthn" in has else "2" if "totp" in has else "1"
    if shown[0] >= demanded:
        return "code"
    return "confirm" if within_reach >= demanded else "set up"


@pytest.mark.parametrize("demanded", ["1", "2", "3"])
@pytest.mark.parametrize("shown", SESSIONS)
@pytest.mark.parametrize("has", [(), ("totp",), ("webauthn",), ("totp", "webauthn")], ids="+".join)
def test_demand_of_a_system_is_met_or_nothing_is_issued(demanded, shown, has, wiki):
    wiki[0].required_acr = demanded
    wiki[0].save()
    person = UserFactory()
    give(person, *has)

    response = ask(inside(person, *SESSIONS[shown]), wiki[0])

    match expected(demanded, shown, has):
        case "code":
            assert "code" in parameters_of(response)
        case "confirm":
            assert response["Location"].startswith(f"{AGAIN}?next=%2Foauth%2Fauthorize%2F")
            assert response["Location"].endswith(f"need={demanded}")
        case "set up":
            assert response.status_code == 403
            assert reverse("account-security-passkey-new") in response.content.decode()


@pytest.mark.parametrize("demanded", ["2", "3"])
def test_silent_request_is_told_that_the_person_must_do_something(demanded, wiki):
    wiki[0].required_acr = demanded
    wiki[0].save()

    response = ask(inside(UserFactory(), "password"), wiki[0], prompt="none")

    assert parameters_of(response)["error"] == "login_required"


def test_consent_does_not_lead_past_the_demand(wiki):
    wiki[0].required_acr, wiki[0].skip_authorization = "2", False
    wiki[0].save()
    person = UserFactory()
    give(person, "totp")
    client = inside(person, "password")
    query = ask(client, wiki[0]).wsgi_request.META["QUERY_STRING"]

    response = client.post(f"{reverse('oauth-consent')}?{query}", {"allow": "yes"})

    assert response["Location"].startswith(AGAIN)


# --- what systems ask for ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("acr_values", "shown", "has", "outcome"),
    [
        ("2", "1", ("totp",), "confirm"),
        ("3", "1", ("webauthn",), "confirm"),
        ("3", "2", ("totp", "webauthn"), "confirm"),
        ("2", "1", (), "1"),  # asked for, not demanded: the token says what there was
        ("3", "1", ("totp",), "1"),
        ("3 2", "2", ("totp", "webauthn"), "2"),
        ("1 2", "1", ("totp",), "1"),
        ("urn:x 2", "2", ("totp",), "2"),
        ("urn:x", "1", ("totp",), "1"),
        ("", "3", ("webauthn",), "3"),
    ],
)
def test_acr_values_are_asked_of_those_who_have_it(acr_values, shown, has, outcome, wiki):
    person = UserFactory()
    give(person, *has)
    client = inside(person, *SESSIONS[shown])

    if outcome == "confirm":
        assert ask(client, wiki[0], acr_values=acr_values)["Location"].startswith(AGAIN)
    else:
        assert claims_of(tokens_of(client, wiki, acr_values=acr_values))["acr"] == outcome


def claims_of(tokens) -> dict:
    import json

    return json.loads(jws.extract_compact(tokens["id_token"].encode()).payload)


@pytest.mark.parametrize(
    ("shown", "acr", "amr"),
    [
        (["password"], "1", ["pwd"]),
        (["password", "totp"], "2", ["mfa", "otp", "pwd"]),
        (["password", "recovery_codes"], "2", ["mfa", "otp", "pwd"]),
        (["webauthn"], "3", ["mfa", "pop", "user"]),
        (["password", "webauthn"], "3", ["mfa", "pop", "pwd", "user"]),
    ],
)
def test_tokens_tell_the_truth_of_the_sign_in(shown, acr, amr, wiki):
    claims = claims_of(tokens_of(inside(UserFactory(), *shown), wiki))

    assert (claims["acr"], claims["amr"]) == (acr, amr)


def test_max_age_counts_what_was_shown_within_it(wiki):
    """A second factor of this morning does not make a password of this moment strong."""
    person = UserFactory()
    give(person, "totp")
    client = inside(person, "password", "totp", age=7200)
    session = client.session
    session["account_authentication_methods"] += [{"method": "password", "at": time.time()}]
    session.save()

    assert claims_of(tokens_of(client, wiki, max_age="300"))["acr"] == "1"
    assert claims_of(tokens_of(client, wiki))["acr"] == "2"
    assert ask(client, wiki[0], max_age="300", acr_values="2")["Location"].startswith(AGAIN)


# --- dangerous acts ------------------------------------------------------------------------------


@login_not_required
@when_sure
def act(request):
    return HttpResponse("done")


def request_of(client, person, method="get"):
    request = getattr(RequestFactory(), method)("/act/")
    request.session, request.user = client.session, person
    return request


@pytest.mark.parametrize(
    ("has", "shown", "is_enough"),
    [
        ((), ["password"], True),
        (("totp",), ["password"], False),
        (("totp",), ["password", "totp"], True),
        (("totp",), ["password", "recovery_codes"], True),
        (("webauthn",), ["password"], False),
        (("webauthn",), ["webauthn"], True),
        (("webauthn",), ["password", "recovery_codes"], True),
        (("totp", "webauthn"), ["password", "totp"], False),
        (("totp", "webauthn"), ["webauthn"], True),
    ],
)
@pytest.mark.parametrize("age", [0, SURE_FOR - 5, SURE_FOR + 5])
def test_act_wants_the_strongest_factor_within_five_minutes(has, shown, is_enough, age):
    person = UserFactory()
    give(person, *has)

    assert is_sure(request_of(inside(person, *shown, age=age), person)) is (is_enough and age < SURE_FOR)


def test_act_is_not_done_before_the_person_has_confirmed():
    person = UserFactory()
    late = inside(person, "password", age=400)

    assert act(request_of(late, person))["Location"] == f"{AGAIN}?next=%2Fact%2F&need=act"
    assert act(request_of(inside(person, "password"), person)).content == b"done"


def test_fragment_is_told_to_confirm_as_a_page():
    person = UserFactory()
    request = request_of(inside(person, "password", age=400), person)
    request.META["HTTP_HX_REQUEST"] = "true"

    assert act(request)["HX-Redirect"].startswith(AGAIN)


ACTS = [
    ("account-security-passkey-new", [], "get"),
    ("account-security-app", [], "get"),
    ("account-security-app", [], "post"),
    ("account-security-codes", [], "post"),
    ("account-security-remove", [1], "post"),
    ("account-security-passkey", [1], "get"),
    ("factor-reset", ["ha"], "get"),
    ("factor-reset", ["ha"], "post"),
    ("factor-reset-decide", [1], "post"),
    ("system-new", [], "get"),
    ("system-new", [], "post"),
    ("system-secret", [1], "post"),
    ("password-reset", ["ha"], "get"),
    ("password-reset", ["ha"], "post"),
    ("access", ["ha"], "post"),
    ("account-delegation", [], "post"),
]


@pytest.mark.parametrize(("name", "arguments", "method"), ACTS)
def test_dangerous_acts_want_a_fresh_proof(name, arguments, method):
    UserFactory(username="ha")
    client = inside(system_admin(), "password", age=400)

    response = getattr(client, method)(reverse(name, args=arguments), {"reason": "x", "words": "x"})

    asked = response.get("Location", "").startswith(AGAIN)
    assert asked or (response.status_code, AGAIN in response.content.decode()) == (401, True)


def test_what_was_typed_is_not_lost_when_the_five_minutes_are_over():
    UserFactory(username="ha")
    client = inside(system_admin(), "password", age=400)

    page = client.post(reverse("factor-reset", args=["ha"]), {"reason": 'Mất điện thoại "cũ"'})

    assert (page.status_code, ("reason", 'Mất điện thoại "cũ"') in page.context["typed"]) == (401, True)


# --- confirming ----------------------------------------------------------------------------------


@pytest.fixture
def confirm(ha):
    """Open the page as ha, long signed in, send ``form`` and return whether an act may follow."""

    def send(client, need="act", **form):
        response = client.post(f"{AGAIN}?next=/account/security/&need={need}", form)
        return response.status_code == 302 and client.get(reverse("account-security-app")).status_code == 200

    return send


@pytest.mark.servers
def test_password_confirms_for_those_who_have_nothing_else(ha, confirm):
    client = inside(ha, "password", age=400)

    assert not confirm(client, password="wrong")
    assert confirm(client, password=PASSWORD)
    assert AuditEntry.objects.filter(person_id=ha.pk, action="confirmed").count() == 1


@pytest.mark.servers
def test_password_and_code_confirm_only_together(ha, confirm):
    with_app(ha)
    client = inside(ha, "password", "totp", age=400)

    assert not confirm(client, password=PASSWORD)
    assert not confirm(client, code=code_now(ha))
    assert not confirm(client, password="wrong", code=code_now(ha))
    assert confirm(client, password=PASSWORD, code=code_now(ha))


@pytest.mark.servers
def test_wrong_password_spends_no_code(ha, confirm):
    with_app(ha)
    codes = with_codes(ha)
    client = inside(ha, "password", age=400)

    confirm(client, password="wrong", code=codes[0])

    assert confirm(client, password=PASSWORD, code=codes[0])


@pytest.mark.servers
def test_passkey_or_recovery_code_confirms_for_those_with_a_passkey_never_the_app(ha, confirm):
    with_app(ha)
    key = with_passkey(ha, inside(ha, "password", "totp"))
    codes = Authenticator.objects.get(user=ha, type="recovery_codes").wrap().get_unused_codes()
    client = inside(ha, "password", "totp", age=400)

    assert not confirm(client, password=PASSWORD, code=code_now(ha))
    assert confirm(inside(ha, "password", age=400), password=PASSWORD, code=codes[0])
    page = client.get(f"{AGAIN}?need=act")
    assert confirm(client, credential=key.get(options_in(page)))


@pytest.mark.servers
@pytest.mark.parametrize("form", [{}, {"credential": "{}"}, {"password": ""}, {"code": "1"}, {"trust": "on"}])
def test_nothing_confirms_nothing(ha, confirm, form):
    with_passkey(ha, inside(ha, "password"))

    assert not confirm(inside(ha, "password", age=400), **form)


@pytest.mark.servers
def test_p25_anothers_passkey_confirms_nothing(ha, confirm):
    with_passkey(ha, inside(ha, "password"))
    dung = User.objects.get(username="dung")
    theirs = with_passkey(dung, inside(dung, "password"))
    client = inside(ha, "password", age=400)

    page = client.get(f"{AGAIN}?need=act")

    assert not confirm(client, credential=theirs.get(options_in(page)))


@pytest.mark.servers
def test_step_up_leads_back_to_the_system_with_the_strength_it_wants(ha, wiki):
    key = with_passkey(ha, inside(ha, "password"))
    client = inside(ha, "password", age=60)
    wiki[0].required_acr = "3"
    wiki[0].save()
    asked = ask(client, wiki[0])

    page = client.get(asked["Location"])
    back = client.post(asked["Location"], {"credential": key.get(options_in(page))})

    assert "code" in parameters_of(client.get(back["Location"]))
    assert 'name="password"' not in page.content.decode()


@pytest.mark.servers
def test_trusted_browser_is_no_step_up(ha, wiki):
    """authentik's CVE-2026-54730: the trust in a device passed for the factor itself."""
    with_app(ha)
    client = browser()
    sign_in(client)
    client.post("/sign-in/second-step/", {"code": code_now(ha), "trust": "on"})
    client.post(reverse("account_logout"))
    sign_in(client)
    wiki[0].required_acr = "2"
    wiki[0].save()

    assert ask(client, wiki[0])["Location"].startswith(AGAIN)
    assert client.get(reverse("account-security-app"))["Location"].startswith(AGAIN)


@pytest.mark.servers
def test_sign_in_by_passkey_is_fresh_enough_for_five_minutes(ha):
    key = with_passkey(ha, inside(ha, "password"))
    client = browser()
    passkey_sign_in(client, key)

    assert client.get(reverse("account-security-app")).status_code == 200
    with time_machine.travel(timezone.now() + timezone.timedelta(seconds=SURE_FOR + 5)):
        assert client.get(reverse("account-security-app"))["Location"].startswith(AGAIN)
