"""The modules of the OpenID Foundation's plan for RP-initiated logout, each as one test of the same name."""

from io import StringIO
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.cache import caches
from django.core.management import call_command

from tests.sso.conformance.conftest import GOODBYE

pytestmark = pytest.mark.django_db(transaction=True)


def left_for(response) -> str:
    """Where the browser was sent, outside."""
    assert response.is_redirect, (response.status_code, response.url)
    return response.headers["Location"]


def is_asked(response) -> bool:
    """Say whether the person is asked before anything ends."""
    return response.status_code == 200 and urlsplit(response.url).path == "/oauth/end-session/"


def test_rp_initiated_logout(inside):
    hint = inside.tokens()["id_token"]

    answer = inside.sign_out(id_token_hint=hint, post_logout_redirect_uri=GOODBYE, state="s-1")

    assert left_for(answer) == f"{GOODBYE}?state=s-1"
    assert inside.answer(inside.ask(prompt="none"))["error"] == "login_required"


def test_discovery_endpoint_verification(party, issuer):
    assert party.told["end_session_endpoint"].startswith(issuer)


def test_rp_initiated_logout_bad_id_token_hint(inside):
    answer = inside.sign_out(id_token_hint="bad", post_logout_redirect_uri=GOODBYE, state="s-1")

    assert (answer.status_code, inside.is_signed_in) == (400, True)


def test_rp_initiated_logout_modified_id_token_hint(inside):
    head, body, signature = inside.tokens()["id_token"].split(".")
    modified = f"{head}.{body}.{signature[:-6]}AAAAAA"

    answer = inside.sign_out(id_token_hint=modified, post_logout_redirect_uri=GOODBYE, state="s-1")

    assert (answer.status_code, inside.is_signed_in) == (400, True)


def test_rp_initiated_logout_no_id_token_hint(inside):
    """Nobody proves that the person wants it, so the person is asked, and goes to a registered address only."""
    answer = inside.sign_out(client_id=inside.client_id, post_logout_redirect_uri=GOODBYE, state="s-1")
    nameless = inside.sign_out(post_logout_redirect_uri=GOODBYE, state="s-1")

    assert is_asked(answer)
    assert nameless.status_code == 400
    assert inside.is_signed_in


def test_rp_initiated_logout_no_params(inside):
    assert is_asked(inside.sign_out())
    assert inside.is_signed_in


def test_rp_initiated_logout_no_post_logout_redirect_uri(inside):
    answer = inside.sign_out(id_token_hint=inside.tokens()["id_token"], state="s-1")

    assert urlsplit(answer.url).path == "/sign-in/"
    assert not inside.answer(inside.ask(prompt="none")).get("code")


def test_rp_initiated_logout_no_state(inside):
    answer = inside.sign_out(id_token_hint=inside.tokens()["id_token"], post_logout_redirect_uri=GOODBYE)

    assert left_for(answer) == GOODBYE
    assert inside.answer(inside.ask(prompt="none"))["error"] == "login_required"


def test_rp_initiated_logout_only_state(inside):
    assert is_asked(inside.sign_out(state="s-1"))
    assert inside.is_signed_in


def test_rp_initiated_logout_bad_post_logout_redirect_uri(inside):
    hint = inside.tokens()["id_token"]

    answer = inside.sign_out(id_token_hint=hint, post_logout_redirect_uri="https://evil.example/bye")

    assert (answer.status_code, inside.is_signed_in) == (400, True)


def test_rp_initiated_logout_query_added_to_post_logout_redirect_uri(inside):
    hint = inside.tokens()["id_token"]

    answer = inside.sign_out(id_token_hint=hint, post_logout_redirect_uri=f"{GOODBYE}?foo=bar")

    assert (answer.status_code, inside.is_signed_in) == (400, True)


def test_state_is_given_back_letter_by_letter(inside):
    state = "a b&c=d#e/ă"

    answer = inside.sign_out(
        id_token_hint=inside.tokens()["id_token"], post_logout_redirect_uri=GOODBYE, state=state
    )

    assert dict(parse_qsl(urlsplit(left_for(answer)).query)) == {"state": state}


def test_hint_of_a_withdrawn_key_asks_the_person_and_then_goes_on(inside):
    """After an emergency each system still holds ID tokens of the key that got known (RP-Initiated Logout 1.0 §2)."""
    hint = inside.tokens()["id_token"]
    call_command("rotate_keys", "--now", stdout=StringIO())
    caches["process"].clear()

    answer = inside.sign_out(id_token_hint=hint, post_logout_redirect_uri=GOODBYE, state="s-1")
    elsewhere = inside.sign_out(id_token_hint=hint, post_logout_redirect_uri="https://evil.example/bye")
    of_another = inside.sign_out(id_token_hint=hint, client_id="another")

    assert (is_asked(answer), inside.is_signed_in) == (True, True)
    assert [elsewhere.status_code, of_another.status_code] == [400, 400]
    answer.url = answer.url.replace("/oauth/end-session/", "/oauth/sign-out/")  # where the form leads
    assert left_for(inside.fill(answer, where="browser")) == f"{GOODBYE}?state=s-1"
