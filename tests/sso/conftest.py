"""A real slapd with a small ministry in it, and people who signed in by the real form."""

import uuid
from base64 import b64encode
from urllib.parse import parse_qsl, urlencode, urlsplit

import ldap
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.test import Client
from django.urls import reverse
from django_auth_ldap.config import LDAPSearch
from django_tasks_db.models import DBTaskResult
from joserfc import jwt
from joserfc.jwk import KeySet

from demo.directory import UNITS, entry, group, hashed, person_dn
from demo.servers.process import ServerFailed, workspace
from demo.servers.slapd import Slapd
from sso.api import User, ensure_client
from sso.services.seals import seal
from tests.conftest import missing, record_sign_in
from tests.factories import person_of, system_admin

PASSWORD = "Mật khẩu dài 2026"
VERIFIER = "v" * 64
REDIRECT = "https://wiki.example/callback"
KEYS = uuid.UUID("7d8a43ae-9d4d-4d8b-9b6e-0d6a5f0e6c11")


def unit_ldif(code: str, above: str = "", name: str = "", order: int = 10) -> str:
    dn = unit_dn(code, above)
    attributes = [
        ("objectClass", "organizationalUnit"), ("objectClass", "intranetUnit"), ("ou", code),
        ("intranetUnitCode", code), ("intranetUnitName", name or f"Vụ {code}"), ("intranetOrder", str(order)),
    ]  # fmt: skip
    return entry(dn, attributes)


def unit_dn(code: str, above: str = "") -> str:
    return f"ou={code},{unit_dn(above) if above else UNITS}"


def person_ldif(uid: str, name: str, post: str = "KHTC$Chuyên viên$320$member", **more: str) -> str:
    attributes = [
        ("objectClass", "inetOrgPerson"), ("objectClass", "intranetPerson"), ("uid", uid), ("cn", name),
        ("sn", name.split()[0]), ("mail", f"{uid}@mic.example.gov.vn"), ("intranetPost", post),
        ("departmentNumber", post.split("$")[0]), ("title", post.split("$")[1]),
        ("userPassword", hashed(PASSWORD)),
        *more.items(),
    ]  # fmt: skip
    return entry(person_dn(uid), attributes)


SMALL = "\n".join(
    [
        unit_ldif("BO", name="Bộ thử nghiệm"),
        entry(f"ou=KHTC,{unit_dn('BO')}", [
            ("objectClass", "organizationalUnit"), ("objectClass", "intranetUnit"), ("ou", "KHTC"),
            ("intranetUnitCode", "KHTC"), ("intranetUnitName", "Vụ Kế hoạch - Tài chính"),
            ("intranetOrder", "20"),
        ]),
        person_ldif("ha", "Nguyễn Thị Thu Hà", mobile="0900000001"),
        person_ldif("dung", "Trần Anh Dũng", "KHTC$Vụ trưởng$100$head$2019-03-01"),
        person_ldif("tam", "Lê Văn Tám", "BO$Kỹ sư$350$member"),
        group("unit-admin.KHTC", "unit-admin", "KHTC", ["ha"]),
        group("system-admin", "system-admin", "", ["tam"]),
    ]
)  # fmt: skip


@pytest.fixture(scope="session")
def slapd_folder():
    with workspace() as folder:
        yield folder


@pytest.fixture
def slapd(slapd_folder, settings):
    """A fresh small directory that the suite is connected to."""
    try:
        server = Slapd(slapd_folder / uuid.uuid4().hex, ldif=SMALL)
        server.start()
    except ServerFailed as error:
        missing(str(error))
    connect(settings, server)
    yield server
    server.stop()


def connect(settings, server, *urls: str) -> None:
    settings.LDAP_URLS = list(urls) or [server.url]
    settings.LDAP_BASE = server.suffix
    settings.AUTH_LDAP_BIND_DN = server.bind_dn
    settings.AUTH_LDAP_BIND_PASSWORD = server.bind_password
    old = settings.AUTH_LDAP_USER_SEARCH
    settings.AUTH_LDAP_USER_SEARCH = LDAPSearch(server.suffix, old.scope, old.filterstr, old.attrlist)
    quick = {ldap.OPT_NETWORK_TIMEOUT: 1, ldap.OPT_TIMEOUT: 1}
    settings.AUTH_LDAP_CONNECTION_OPTIONS = {**settings.AUTH_LDAP_CONNECTION_OPTIONS, **quick}


@pytest.fixture
def synced(slapd, db):
    """The small ministry, brought in."""
    from sso.directory import read_directory
    from sso.services.sync import sync

    sync(read_directory(), tell=lambda line: None)
    return slapd


@pytest.fixture
def admin_of(slapd):
    """Return a function that opens the directory as its administrator."""
    server = ldap.initialize(slapd.url)
    server.simple_bind_s(slapd.admin_dn, slapd.admin_password)
    yield server
    server.unbind_s()


def sign_in(client, account: str = "ha", password: str = PASSWORD, **query: str):
    """Send the form of the sign-in page."""
    path = reverse("account_login") + (f"?{urlencode(query)}" if query else "")
    return client.post(path, {"login": account, "password": password, **query})


@pytest.fixture
def admin_client(signed_in):
    return signed_in(system_admin())


@pytest.fixture
def session_of(client):
    """Return a function that gives ``client`` a session as our sign-in makes it, without a directory."""

    def start(person, age: float = 0):
        client.force_login(person)
        record_sign_in(client, person, age)
        return client

    return start


@pytest.fixture
def wiki(db):
    """A registered system of the ministry: (row, secret)."""
    return ensure_client(
        "Wiki",
        redirect_uris=REDIRECT,
        post_logout_redirect_uris="https://wiki.example/bye",
        allowed_scopes=["openid", "profile", "email", "organization"],
        skip_authorization=True,
    )


@pytest.fixture
def public(db):
    """A registered system without a secret: (row, "")."""
    system, _secret = ensure_client(
        "Bảng giá",
        client_type="public",
        redirect_uris=REDIRECT,
        post_logout_redirect_uris="vn.gov.example.app:/back",
        allowed_scopes=["openid", "profile", "email", "organization"],
        skip_authorization=True,
    )
    return system, ""


def ask(client, system, **changes):
    """Send an authentication request by GET; a value of None leaves the parameter out."""
    query = {
        "client_id": system.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid profile email organization",
        "state": "s-1",
        "nonce": "n-1",
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
    } | changes
    return client.get(reverse("oauth-authorize"), {k: v for k, v in query.items() if v is not None})


def parameters_of(response) -> dict[str, str]:
    """The parameters that the system gets by the redirect."""
    assert response.status_code == 302, response.content
    assert response["Location"].startswith(REDIRECT), response["Location"]
    return dict(parse_qsl(urlsplit(response["Location"]).query))


def redeem(client, system, secret, code, **changes):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        "client_id": system.client_id,
        "client_secret": secret,
    } | changes
    return client.post(reverse("oauth-token"), {k: v for k, v in form.items() if v is not None})


def refresh(client, wiki, token, **changes):
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": wiki[0].client_id,
        "client_secret": wiki[1],
    }
    return client.post(reverse("oauth-token"), form | changes)


def tokens_of(client, wiki, **changes) -> dict:
    """The tokens of a whole code flow of the person signed in."""
    answer = redeem(client, *wiki, parameters_of(ask(client, wiki[0], **changes))["code"])
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def ear(slapd, db):
    """Who follows the small directory, step by step: ``ear.hear()``."""
    from tests.sso.following import listening

    with listening() as ear:
        yield ear


@pytest.fixture
def admin(admin_of):
    """The directory's administrator, with words for what is done to people and units."""
    from tests.sso.following import Admin

    return Admin(admin_of)


@pytest.fixture
def person(db):
    return person_of(full_name="Nguyễn Thị Thu Hà", username="ha", language="vi")


@pytest.fixture
def colleague(person):
    return person_of(person.unit)


def browser_of(person) -> Client:
    """A browser in which ``person`` has signed in this moment."""
    browser = Client()
    browser.force_login(person)
    return browser


def is_in(browser) -> bool:
    return browser.get(reverse("people")).status_code == 200


@pytest.fixture
def mine(person):
    """The person's browser."""
    return browser_of(person)


@pytest.fixture
def inside(person):
    """The person's browser, which came by the name that passkeys belong to."""
    from tests.sso.factors import browser

    client = browser()
    client.force_login(person)
    return client


@pytest.fixture
def ha(synced):
    return User.objects.get(username="ha")


@pytest.fixture
def dung(synced):
    return User.objects.get(username="dung")


@pytest.fixture
def half_way(ha):
    """A browser in which ha, who has an app and recovery codes, has typed the password."""
    from tests.sso.factors import STEP, browser, with_app, with_codes

    with_app(ha)
    client = browser()
    client.codes = with_codes(ha)
    assert sign_in(client, next="/people/")["Location"] == STEP
    return client


@pytest.fixture
def world(wiki):
    from tests.sso.world import World

    return World(wiki)


@pytest.fixture
def sealed(db):
    """Three seals of three entries each; returns the keys of the entries."""
    from tests.sso.record import some_entries

    keys = []
    for _round in range(3):
        keys += some_entries()
        assert seal() == 3
    return keys


@pytest.fixture
def receiver():
    from tests.sso.receiver import Receiver

    server = Receiver()
    yield server
    server.stop()


@pytest.fixture
def queue(settings):
    """Jobs wait in the database, as they do outside of tests; the function runs those that are due."""
    settings.TASKS = {"default": settings.TASKS["default"] | {"BACKEND": "django_tasks_db.DatabaseBackend"}}

    def run_due() -> int:
        due = list(DBTaskResult.objects.ready())
        for job in due:
            job.delete()
            job.task.call(*job.args_kwargs["args"], **job.args_kwargs["kwargs"])
        return len(due)

    return run_due


@pytest.fixture
def told(receiver, queue):
    """A system that is told of sign-outs: (row, secret)."""
    from tests.sso.receiver import system

    return system("Wiki", receiver)


def userinfo(client, token):
    return client.get(reverse("oauth-userinfo"), headers={"Authorization": f"Bearer {token}"})


def introspect(client, system, token):
    credentials = b64encode(f"{system[0].client_id}:{system[1]}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    return client.post(reverse("oauth-introspect"), {"token": token}, headers=headers)


def registered(name: str, **fields):
    """A system that may learn the usual things: (row, secret)."""
    return ensure_client(
        name,
        redirect_uris=REDIRECT,
        allowed_scopes=["openid", "profile", "email", "organization"],
        skip_authorization=True,
        **fields,
    )


def read(token: str) -> dict:
    """The claims of a token that we have signed."""
    keys = KeySet.import_key_set(Client().get(reverse("oauth-jwks")).json())
    return jwt.decode(token, keys, algorithms=["RS256", "ES256"]).claims
