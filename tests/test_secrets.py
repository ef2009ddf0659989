"""Nothing that lets somebody in is ever written down: not in a log, not in the record, not in the database.

One run through the real flows, with every logger at DEBUG and all SQL logged; then each secret it used is searched for.
"""

import base64
import html
import io
import logging
import re
import time
from contextlib import contextmanager
from urllib.parse import quote_plus

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from joserfc.jwk import ECKey, KeySet

from apps.calendar.models import Feed
from intranet.logs import NoTokens
from sso.api import ensure_client
from sso.models import AuditEntry, Session, User
from sso.models.keys import Algorithm
from sso.services import mail_token, renew_secret
from sso.services.keys import signing_key
from sso.services.provisioning.working import bring_up_to_date
from sso.services.resets import begin_invitation
from sso.session_store import SessionStore
from sso.stages import TRUST_COOKIE
from tests.factories import system_admin
from tests.sso.conftest import (  # noqa: F401 (fixtures)
    PASSWORD,
    REDIRECT,
    VERIFIER,
    ask,
    parameters_of,
    redeem,
    refresh,
    sign_in,
    slapd,
    slapd_folder,
    synced,
    wiki,
)
from tests.sso.scim.conftest import TOKEN, Odd, serving, target_at
from tests.sso.test_provider_device import GRANT as DEVICE
from tests.sso.test_provider_device import begin, poll
from tests.sso.test_provider_pushed import ask_token, assertion, push
from tests.sso.test_systems_door import old_system

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
WRONG, MISSPELT, NEW = "Sai mật khẩu 4711", "khong-co-ai", "Bốn con mèo đen 88"

# At DEBUG they write down what a page shows, such as a new secret, and what people typed as their account.
KEPT_QUIET = ["django.template", "django_auth_ldap"]


@contextmanager
def everything_logged():
    """Every logger at DEBUG, with the SQL and its parameters; yields the text.

    But not the KEPT_QUIET ones, which our settings do not let speak.
    """
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(args)r"))
    root = logging.getLogger()
    loggers = [log for log in root.manager.loggerDict.values() if isinstance(log, logging.Logger)]
    known = [root, *loggers]
    before = [(log, log.level, log.propagate, log.filters) for log in known]
    for log in known:
        log.setLevel(logging.DEBUG)
        log.propagate, log.filters = True, [one for one in log.filters if isinstance(one, NoTokens)]
    for name in KEPT_QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    root.addHandler(handler)
    connection.force_debug_cursor = True
    try:
        yield text
    finally:
        connection.force_debug_cursor = False
        root.removeHandler(handler)
        for log, level, propagate, filters in before:
            log.setLevel(level)
            log.propagate, log.filters = propagate, filters


def dump() -> str:
    """Every value of every table as text, sessions also as what is packed into them."""
    parts = []
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            for row in cursor.fetchall():
                parts += [readable(value) for value in row if value is not None]
    parts += [repr(SessionStore().decode(row.data)) for row in Session.objects.all()]
    return "\n".join(parts)


def readable(value) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, (bytes, memoryview)) else str(value)


def spellings(secret: str) -> set[str]:
    """How ``secret`` could be written: plain, escaped, in an address, in Basic credentials, as Python shows bytes."""
    raw = secret.encode()
    return {
        secret, ascii(secret)[1:-1], quote_plus(secret), html.escape(secret), repr(raw)[2:-1],
        base64.b64encode(raw).decode().rstrip("="), raw.hex(),
    }  # fmt: skip


def told_in(text: str, secrets: dict[str, str]) -> list[str]:
    return [name for name, secret in secrets.items() if any(way in text for way in spellings(secret))]


def the_run(registered, admin, directory) -> dict[str, str]:
    """Go through the flows; return every secret that was used, by name."""
    system, first_secret = registered
    secrets = {
        "password": PASSWORD, "wrong password": WRONG, "new password": NEW, "PKCE verifier": VERIFIER,
        "first client secret": first_secret, "password of the service account": directory.bind_password,
        **{f"{kind} key": signing_key(kind).key.as_dict(private=True)["d"] for kind in Algorithm},
        **{f"sealing key {number}": readable(key) for number, key in enumerate(settings.SEALING_KEYS)},
    }  # fmt: skip
    browser = Client(headers={"User-Agent": "Firefox 140"})
    assert sign_in(browser, password=WRONG).status_code == 422
    assert sign_in(browser, MISSPELT, WRONG).status_code == 422
    assert sign_in(browser).status_code == 302
    person = User.objects.get(username="ha")
    secrets["session cookie"] = browser.cookies[settings.SESSION_COOKIE_NAME].value
    secrets["client secret"] = secret = renew_secret(system, by=admin)

    secrets["code"] = parameters_of(ask(browser, system))["code"]
    basic = base64.b64encode(f"{system.client_id}:{secret}".encode()).decode()
    tokens = redeem(Client(), system, secret, secrets["code"]).json()
    newer = refresh(Client(), (system, secret), tokens["refresh_token"]).json()
    for name, answer in [("first", tokens), ("refreshed", newer)]:
        secrets |= {f"{name} {kind}": answer[kind] for kind in ("access_token", "refresh_token", "id_token")}
    assert ask_about(newer["access_token"], basic)["active"]
    bearer = {"Authorization": f"Bearer {newer['access_token']}"}
    assert Client().get(reverse("oauth-userinfo"), headers=bearer).status_code == 200
    secrets["unused code"] = parameters_of(ask(browser, system))["code"]
    assert redeem(Client(), system, "wrong-secret-0815", secrets["unused code"]).status_code == 401
    secrets["wrong client secret"] = "wrong-secret-0815"
    assert redeem(Client(), system, secret, secrets["code"]).status_code == 400  # used twice
    assert ask_about("no-such-token-1234567890", basic) == {"active": False}
    secrets["made up token"] = "no-such-token-1234567890"
    assert Client().get("/", headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}=no-such-key-1234567890"})
    secrets["made up session cookie"] = "no-such-key-1234567890"

    system.authorization_grant_type = "client-credentials"
    system.save()
    form = {"grant_type": "client_credentials", "client_id": system.client_id, "client_secret": secret}
    secrets["token of a program"] = Client().post(reverse("oauth-token"), form).json()["access_token"]
    secrets["mail token"] = mail_token(person)
    form = {"present": PASSWORD, "new": NEW, "again": NEW}
    changed = browser.post(reverse("account-password"), form)
    assert changed.status_code == 302, changed.content.decode()
    browser.post(reverse("account_logout"))
    assert sign_in(browser, password=NEW).status_code == 302
    secrets["second session cookie"] = browser.cookies[settings.SESSION_COOKIE_NAME].value
    secrets |= of_factors(browser) | of_links(person, admin)
    ask_for_sign_out(newer["id_token"])
    return secrets | of_devices() | of_keys() | of_door() | of_officers(admin) | of_provisioning()


def ask_for_sign_out(id_token: str) -> None:
    """Do so as systems do, rightly and wrongly: the ID token stands in the address."""
    url, statuses = reverse("oauth-end-session"), []
    for hint in (id_token, id_token[:-5] + "AAAAA"):
        for more in ({}, {"post_logout_redirect_uri": "https://evil.example/"}):
            statuses.append(Client().get(url, {"id_token_hint": hint} | more).status_code)
    assert {302, 400} <= set(statuses)


def of_devices() -> dict[str, str]:
    """A device asks to be let in, too early and with a code that is none."""
    kind = {"authorization_grant_type": DEVICE, "client_type": "public", "allowed_scopes": ["openid"]}
    board, _secret = ensure_client("Bảng tin", **kind)
    codes = begin(board)
    assert [
        poll(board, codes).status_code,
        poll(board, codes | {"device_code": "no-such-code-12"}).status_code,
    ]
    return {"device code": codes["device_code"], "user code": codes["user_code"]}


def of_keys() -> dict[str, str]:
    """A program proves itself by a key, once and once more with the same words; and sends a question ahead."""
    key = ECKey.generate_key("P-256", {"kid": "k1", "alg": "ES256"})
    kept = {"public_keys": KeySet([key]).as_dict(private=False), "allowed_scopes": ["profile"]}
    program, _secret = ensure_client("Máy", authorization_grant_type="client-credentials", **kept)
    signed = assertion(program, key)
    assert [ask_token(signed).status_code for _time in range(2)] == [200, 401]
    pushed = push(ensure_client("Hỏi trước", redirect_uris=REDIRECT, allowed_scopes=["openid"]))
    return {"assertion": signed, "request sent ahead": pushed.json()["request_uri"].rpartition(":")[2]}


def of_door() -> dict[str, str]:
    """nginx asks about a browser with a cookie that is none."""
    system, secret = old_system()
    browser, about = Client(), {"X-Door-System": system.client_id, "X-Door-Key": secret}
    browser.cookies["__Host-door"] = "no-such-cookie-1234567890"
    for page in ("check", "start", "callback", "leave"):
        browser.get(reverse(f"door-{page}") + "?code=no-such-code-123&state=x", headers=about)
        browser.get(reverse(f"door-{page}"), headers=about | {"X-Door-Key": "wrong-door-key-12"})
    return {
        "key of the door": secret, "wrong key of the door": "wrong-door-key-12",
        "cookie of the door": "no-such-cookie-1234567890", "code at the door": "no-such-code-123",
    }  # fmt: skip


def of_officers(admin) -> dict[str, str]:
    """The help desk gives a new password, which its owner changes at once."""
    desk = Client()
    desk.force_login(admin)
    new = desk.post(reverse("password-reset", args=["dung"]), {"reason": "Có thẻ"}).context["password"]
    browser, own = Client(), "Sáu con vịt trời 99"
    assert sign_in(browser, "dung", new)["Location"] == reverse("password-forced")
    form = {"present": new, "new": own, "again": own}
    assert browser.post(reverse("password-forced"), form).status_code == 302
    return {"password of the help desk": new, "password after it": own}


def of_provisioning() -> dict[str, str]:
    """A system that keeps accounts of its own and refuses ours."""
    with serving(Odd(lambda *_asked: (401, {}, {"detail": "no"}))) as app:
        bring_up_to_date(target_at(app.address))
    return {"token of a system with accounts": TOKEN}


def of_links(person, admin) -> dict[str, str]:
    """Links that open something by themselves, visited in every way that ends in a line of the log."""
    invited, feed = begin_invitation(person, by=admin), Feed.new_token()
    for path in (reverse("invitation", args=[invited]), reverse("calendar:feed_file", args=[feed])):
        statuses = [
            Client().post(path, {"name": "x"}).status_code,
            Client().put(path).status_code,
            Client().head(path).status_code,
            Client(enforce_csrf_checks=True).post(path).status_code,
        ]
        assert set(statuses) <= {403, 404, 405, 422}
    return {"link of an invitation": invited, "link of a feed": feed}


def ask_about(token: str, basic: str) -> dict:
    headers = {"Authorization": f"Basic {basic}"}
    return Client().post(reverse("oauth-introspect"), {"token": token}, headers=headers).json()


def of_factors(browser) -> dict[str, str]:
    """Set up the app, sign in again with a recovery code, and have the browser trusted."""
    page = browser.get(reverse("account-security-app"))
    seed = page.context["secret"].replace(" ", "")
    code = format_hotp_value(hotp_value(seed, int(time.time()) // 30))
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.content.decode())[1]
    done = browser.post(reverse("account-security-app"), {"sealed": sealed, "code": code})
    secrets = {"seed of the app": seed}
    secrets |= {f"recovery code {number}": code for number, code in enumerate(done.context["codes"])}
    browser.post(reverse("account_logout"))
    step = sign_in(browser, password=NEW)["Location"]
    assert browser.post(step, {"code": secrets["recovery code 0"], "trust": "on"}).status_code == 302
    secrets["third session cookie"] = browser.cookies[settings.SESSION_COOKIE_NAME].value
    secrets["trust cookie"] = browser.cookies[TRUST_COOKIE].value
    return secrets | {"recovery code 1 without its line": secrets["recovery code 1"].replace("-", "")}


@pytest.fixture
def run(synced, wiki, capfd):  # noqa: F811
    """What the run used, and what it left behind: (secrets, logs, database)."""
    admin = system_admin()
    with everything_logged() as log:
        secrets = the_run(wiki, admin, synced)
        logging.getLogger("sso").debug("control: %s", "a-word-that-was-logged")
    caught = capfd.readouterr()
    return secrets, log.getvalue() + caught.out + caught.err, dump()


def test_no_secret_is_written_down(run):
    secrets, log, database = run
    record = "\n".join(str(vars(entry)) for entry in AuditEntry.objects.all())
    assert len(secrets) > 45
    assert all(len(secret) >= 8 for secret in secrets.values())
    # The search finds what is there: the log holds SQL, the database people, the record names.
    assert told_in(log, {"control": "a-word-that-was-logged", "table": "sso_auditentry"}) == [
        "control",
        "table",
    ]
    assert told_in(database, {"name": "Nguyễn Thị Thu Hà", "browser": "Firefox 140"}) == ["name", "browser"]

    found = {
        "log": told_in(log, secrets),
        "database": told_in(database, secrets),
        "record": told_in(record, secrets),
    }

    assert found == {"log": [], "database": [], "record": []}


def test_what_was_typed_as_an_account_is_not_written_down(run):
    """Often it is a password, typed into the wrong field. Only the SQL that looks for the account has it."""
    _secrets, log, database = run
    telling = [
        line for line in log.splitlines() if MISSPELT in line and not line.startswith("django.db.backends ")
    ]

    assert (telling, told_in(database, {"typed": MISSPELT})) == ([], [])


@pytest.mark.parametrize("name", KEPT_QUIET)
def test_loggers_that_tell_too_much_stay_quiet_whatever_level_is_chosen(name):
    """An operator chooses INTRANET_LOG_LEVEL, which is the root's; these have levels of their own."""
    logger = logging.getLogger(name)
    own = next(parent for parent in (name, name.partition(".")[0]) if parent in settings.LOGGING["loggers"])

    assert settings.LOGGING["loggers"][own]["level"] == "WARNING"
    assert not logger.isEnabledFor(logging.INFO)


def test_the_run_is_in_the_record(run):
    acts = set(AuditEntry.objects.values_list("action", "cause"))

    for act in [
        ("signed_in", ""), ("signed_out", ""), ("refused", "wrong_password"), ("refused", "unknown_account"),
        ("refused", "wrong_secret"), ("granted", ""), ("token_issued", ""), ("token_misused", ""),
        ("secret_renewed", ""), ("password_changed", ""), ("revoked", "password_changed"),
    ]:  # fmt: skip
        assert act in acts, act
    refused = AuditEntry.objects.filter(action="refused", cause="wrong_password").first()
    unknown = AuditEntry.objects.get(cause="unknown_account")
    assert re.fullmatch(r".+ \(ha\)", refused.person_name)
    assert (unknown.person_id, unknown.person_name, unknown.address) == (None, "", "127.0.0.1")
