"""What works once does so for one of many that come at the same moment, on a database with rows to lock."""

import time
import uuid
from collections import Counter

import pytest
from django.test import Client
from django.urls import reverse
from joserfc import jwt
from joserfc.jwk import ECKey

from sso.api import ensure_client
from sso.models import AccessToken, DeviceGrant, Grant
from sso.oauth.assertions import KIND
from tests.factories import person_of
from tests.racing import all_at_once
from tests.sso.conftest import REDIRECT, browser_of

MANY = 20
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
pytestmark = [
    pytest.mark.servers,
    pytest.mark.races,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def board():
    row, _secret = ensure_client(
        "Board", authorization_grant_type=DEVICE, client_type="public", allowed_scopes=["openid"]
    )
    return row


def begin(board) -> dict:
    return Client().post(reverse("oauth-device"), {"client_id": board.client_id}).json()


def test_a_device_that_was_let_in_gets_its_tokens_once(board):
    codes, browser = begin(board), browser_of(person_of())
    browser.post(reverse("device"), {"code": codes["user_code"]})
    browser.post(reverse("device"), {"code": codes["user_code"], "allow": "yes"})
    form = {"grant_type": DEVICE, "device_code": codes["device_code"], "client_id": board.client_id}

    answers = Counter(
        all_at_once(MANY, lambda _number: Client().post(reverse("oauth-token"), form).status_code)
    )

    assert answers == {200: 1, 400: MANY - 1}
    assert AccessToken.objects.count() == 1


def test_a_device_is_let_in_by_one_of_the_people_who_type_its_code(board):
    codes, browsers = begin(board), [browser_of(person_of()) for _number in range(MANY)]
    form = {"code": codes["user_code"]}

    all_at_once(MANY, lambda number: browsers[number].post(reverse("device"), form).status_code)
    asked = all_at_once(
        MANY, lambda number: browsers[number].post(reverse("device"), form | {"allow": "yes"}).status_code
    )

    assert Counter(asked) == {200: 1, 422: MANY - 1}
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZED


def test_a_request_sent_ahead_gets_one_code(wiki):
    form = {
        "client_id": wiki[0].client_id, "client_secret": wiki[1], "redirect_uri": REDIRECT, "response_type": "code",
        "scope": "openid", "code_challenge": "c" * 43, "code_challenge_method": "S256",
    }  # fmt: skip
    name = Client().post(reverse("oauth-par"), form).json()["request_uri"]
    person = person_of()
    browsers = [browser_of(person) for _number in range(8)]  # as many as a person may have
    query = {"client_id": wiki[0].client_id, "request_uri": name}

    answers = all_at_once(
        len(browsers), lambda number: browsers[number].get(reverse("oauth-authorize"), query)
    )

    assert sum("code=" in answer.headers.get("Location", "") for answer in answers) == 1
    assert Grant.objects.count() == 1


def test_a_signed_proof_works_once(settings):
    key = ECKey.generate_key("P-256")
    system, _secret = ensure_client(
        "Job", authorization_grant_type="client-credentials", allowed_scopes=["profile"],
        public_keys={"keys": [key.as_dict(private=False)]},
    )  # fmt: skip
    claims = {
        "iss": system.client_id, "sub": system.client_id, "aud": settings.BASE_URL, "exp": int(time.time()) + 60,
        "jti": str(uuid.uuid4()),
    }  # fmt: skip
    signed = jwt.encode({"alg": "ES256"}, claims, key, algorithms=["ES256"])
    form = {"grant_type": "client_credentials", "client_assertion_type": KIND, "client_assertion": signed}

    answers = Counter(
        all_at_once(MANY, lambda _number: Client().post(reverse("oauth-token"), form).status_code)
    )

    assert answers == {200: 1, 401: MANY - 1}
