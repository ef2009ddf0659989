"""A system built on npm's openid-client, a program of its own: what it does not understand, it refuses."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from joserfc.jwk import ECKey, KeySet

from sso.api import ensure_client
from sso.models import SigningKey
from tests.conftest import missing
from tests.databases import KEPT, only_one
from tests.sso.conformance.conftest import CALLBACK, GOODBYE

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
HERE = Path(__file__).parent / "openid_client"
SCOPE = "openid profile email organization"


class Program:
    """The program, which does one thing after the other."""

    def __init__(self, folder: Path):
        command = ["node", "party.mjs"]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, act: str, **details) -> dict:
        self.process.stdin.write(json.dumps({"act": act, **details}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "failed" not in answer, (act, answer)
        return answer

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def installed() -> Path:
    """The program beside its packages, which npm fetches once."""
    if not shutil.which("npm"):
        missing("npm is not installed")
    name = sha256(b"".join(path.read_bytes() for path in sorted(HERE.iterdir()))).hexdigest()[:12]
    folder = KEPT / f"openid-client-{name}"
    with only_one():
        if not folder.exists():
            for old in KEPT.glob("openid-client-*"):
                shutil.rmtree(old)
            part = shutil.copytree(HERE, folder.with_suffix(".part"), dirs_exist_ok=True)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
            if subprocess.run(command, cwd=part).returncode:
                missing("npm cannot fetch openid-client")
            part.rename(folder)
    return folder


@pytest.fixture
def program(installed):
    started = Program(installed)
    yield started
    started.stop()


def registered(**fields):
    return ensure_client(
        "Party",
        redirect_uris=CALLBACK,
        post_logout_redirect_uris=GOODBYE,
        allowed_scopes=SCOPE.split(),
        skip_authorization=True,
        **fields,
    )


def cookie_of(person) -> str:
    browser = Client()
    browser.force_login(person)
    name = django_settings.SESSION_COOKIE_NAME
    return f"{name}={browser.cookies[name].value}"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_sign_in_refresh_and_sign_out(issuer, person, program, algorithm):
    system, secret = registered(algorithm=algorithm)
    cookie = cookie_of(person)
    program("discover", issuer=issuer, id=system.client_id, secret=secret, algorithm=algorithm)

    claims = program("flow", callback=CALLBACK, scope=SCOPE, cookie=cookie)["claims"]
    told = program("userinfo")
    assert (claims["sub"], claims["acr"]) == (str(person.subject), "1")
    assert (told["name"], told["unit"]["code"]) == (person.full_name, person.main_post.unit.code)
    assert program("introspect")["username"] == "ha"
    assert program("refresh")["claims"]["sid"] == claims["sid"]
    assert program("userinfo")["email"] == "ha@mic.example"

    assert program("logout", goodbye=GOODBYE, cookie=cookie)["location"] == f"{GOODBYE}?state=s-1"
    assert program("introspect") == {"active": False}


def test_sign_out_here_ends_what_the_system_holds(issuer, person, program):
    system, secret = registered()
    browser = Client()
    browser.force_login(person)
    name = django_settings.SESSION_COOKIE_NAME
    program("discover", issuer=issuer, id=system.client_id, secret=secret)
    program("flow", callback=CALLBACK, scope=SCOPE, cookie=f"{name}={browser.cookies[name].value}")
    assert program("introspect")["active"] is True

    browser.post(reverse("account_logout"))

    assert program("introspect") == {"active": False}


def test_a_revoked_token_is_gone(issuer, person, program):
    system, secret = registered()
    program("discover", issuer=issuer, id=system.client_id, secret=secret)
    program("flow", callback=CALLBACK, scope=SCOPE, cookie=cookie_of(person))

    program("revoke")

    assert program("introspect") == {"active": False}


def test_pushed_request_with_a_key_instead_of_a_secret(issuer, person, program):
    key = ECKey.generate_key("P-256", {"kid": "k1", "alg": "ES256"})
    system, _secret = registered(public_keys=KeySet([key]).as_dict(private=False))
    program("discover", issuer=issuer, id=system.client_id, key=key.as_dict(private=True))

    answer = program("flow", callback=CALLBACK, scope=SCOPE, cookie=cookie_of(person), pushed=True)

    assert "redirect_uri" not in answer["url"].replace("request_uri", "")
    assert answer["claims"]["sub"] == str(person.subject)
    assert program("introspect")["active"] is True


def test_a_system_without_a_secret(issuer, person, program):
    system, _secret = registered(client_type="public")
    cookie = cookie_of(person)
    program("discover", issuer=issuer, id=system.client_id)

    for pushed in (False, True):
        claims = program("flow", callback=CALLBACK, scope=SCOPE, cookie=cookie, pushed=pushed)["claims"]
        assert (claims["aud"], claims["sub"]) == (system.client_id, str(person.subject))
    assert program("userinfo")["name"] == person.full_name
    assert program("refresh")["claims"]["sid"] == claims["sid"]
    assert program("userinfo")["email"] == "ha@mic.example"
    with pytest.raises(AssertionError, match="CHALLENGE"):
        program("introspect")
    program("revoke")
    with pytest.raises(AssertionError, match="CHALLENGE"):
        program("userinfo")

    assert program("logout", goodbye=GOODBYE, cookie=cookie)["location"] == f"{GOODBYE}?state=s-1"


def test_device(issuer, person, program):
    kind = "urn:ietf:params:oauth:grant-type:device_code"
    system, _secret = registered(authorization_grant_type=kind, client_type="public")
    browser = Client()
    browser.force_login(person)
    program("discover", issuer=issuer, id=system.client_id)
    code = program("device", scope="openid")["user_code"]
    for form in ({"code": code}, {"code": code, "allow": "yes"}):
        browser.post(reverse("device"), form)

    assert program("poll")["claims"]["sub"] == str(person.subject)


def test_a_program_without_a_person(issuer, program):
    system, secret = registered(authorization_grant_type="client-credentials")
    program("discover", issuer=issuer, id=system.client_id, secret=secret)

    assert program("credentials", scope="profile")["scope"] == "profile"


def test_g17_a_system_that_runs_on_lives_through_three_rotations(issuer, person, program, settings):
    settings.KEYS_SIGN_FOR = timedelta(days=2)
    system, secret = registered()
    program("discover", issuer=issuer, id=system.client_id, secret=secret)
    signed_by = set()

    for hours in range(0, 24 * 7, 12):
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours)):
            later = hours * 3600
            program("flow", callback=CALLBACK, scope=SCOPE, cookie=cookie_of(person), later=later)
            program("refresh", later=later)
            keys = SigningKey.objects.filter(algorithm="RS256", signs_from__lte=datetime.now(UTC))
            signed_by.add(keys.latest("number").kid)

    assert len(signed_by) == 4
