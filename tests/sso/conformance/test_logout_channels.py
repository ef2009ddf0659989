"""The modules of the OpenID Foundation's plans for back-channel and front-channel logout, each a test of its name."""

import re
import time
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from sso.models import Application
from tests.sso.conformance.conftest import GOODBYE
from tests.sso.conformance.party import SECONDS

pytestmark = pytest.mark.django_db(transaction=True)
OUT = "https://party.example/out"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def set_address(party, **address: str) -> None:
    Application.objects.filter(client_id=party.client_id).update(**address)


def test_backchannel_discovery_endpoint_verification(party, issuer):
    told = party.told

    assert told["backchannel_logout_supported"] is told["backchannel_logout_session_supported"] is True
    assert told["end_session_endpoint"].startswith(f"{issuer}/")


def test_backchannel_rp_initiated_logout(inside, receiver, queue):
    """The system is told by a token of the session's sid and the person's sub; its own address gets the state."""
    set_address(inside, backchannel_logout_uri=receiver.address)
    tokens = inside.tokens()

    answer = inside.sign_out(
        id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE, state="s" * 128
    )
    queue()

    assert answer.headers["Location"] == f"{GOODBYE}?state={'s' * 128}"
    assert receiver.requests == [("POST", "/logout", "application/x-www-form-urlencoded")]
    assert list(receiver.forms[0]) == ["logout_token"]
    keys = KeySet.import_key_set(requests.get(inside.told["jwks_uri"], timeout=SECONDS).json())
    token = jwt.decode(receiver.tokens[0], keys, algorithms=["RS256"])
    claims, now = token.claims, time.time()
    assert (claims["iss"], claims["aud"]) == (inside.issuer, inside.client_id)
    assert (claims["sub"], claims["sid"]) == (tokens["claims"]["sub"], tokens["claims"]["sid"])
    assert claims["iat"] - 5 <= now < claims["exp"]
    assert (claims["events"], bool(claims["jti"]), "nonce" in claims) == ({EVENT: {}}, True, False)
    assert token.header["kid"] in {key.kid for key in keys.keys}
    assert inside.answer(inside.ask(prompt="none"))["error"] == "login_required"


def test_frontchannel_discovery_endpoint_verification(party, issuer):
    response = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=SECONDS)

    assert response.headers["Content-Type"] == "application/json"
    told = response.json()
    assert told["frontchannel_logout_supported"] is told["frontchannel_logout_session_supported"] is True
    assert told["end_session_endpoint"].startswith(f"{issuer}/")


def test_frontchannel_rp_initiated_logout(inside):
    """The browser visits the system's address with our issuer and its sid, no more, and then goes where it was sent."""
    set_address(inside, frontchannel_logout_uri=f"{OUT}?a=1")
    tokens = inside.tokens()

    page = inside.sign_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE, state="s-1")

    (frame,) = re.findall(r'<iframe[^>]* src="([^"]+)"', page.text)
    address = urlsplit(unescape(frame))
    assert f"{address.scheme}://{address.netloc}{address.path}" == OUT
    assert parse_qs(address.query) == {
        "a": ["1"], "iss": [inside.issuer], "sid": [tokens["claims"]["sid"]],
    }  # fmt: skip
    (onward,) = re.findall(r'http-equiv="refresh" content="\d+; url=([^"]+)"', page.text)
    assert unescape(onward) == f"{GOODBYE}?state=s-1"
    assert inside.answer(inside.ask(prompt="none"))["error"] == "login_required"
