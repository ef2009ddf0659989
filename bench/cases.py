"""What is measured: each case is an operation of the suite, with its floor where it has one."""

import imaplib
import itertools
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from json import loads
from urllib.parse import parse_qs, urlencode, urlsplit

import ldap
import psycopg

from bench.browser import Browser
from bench.plan import CLERK, CLIENT, READER, REDIRECT
from bench.stack import OURS, Stack
from demo import directory, state
from demo.people import PASSWORD, people, second_admin
from demo.servers import HOST

QUERY = "thanh tra vien thong"


@dataclass(frozen=True, kw_only=True)
class Case:
    """``counted`` names the process trees whose CPU is this case's; "client" is our own process."""

    name: str
    prepare: Callable[[Stack, int], object]
    act: Callable[[object, int], None]
    counted: tuple[str, ...] = OURS
    floor: str = ""  # the name of the case it is compared with


# --- our operations -----------------------------------------------------------------------------

# System admins come to their second step first.
accounts = itertools.cycle([one.uid for one in people() if one.uid not in {"quantri", second_admin()}])


def nothing(stack: Stack, number: int) -> Stack:
    return stack


def sign_in(stack: Stack, turn: int) -> None:
    browser = Browser(stack.base)
    page = browser.sign_in(next(accounts), PASSWORD)
    browser.close()
    assert page.status == 200, page.status
    assert "page-main" in page.text
    assert "board" in page.text


def stranger(stack: Stack, number: int) -> Browser:
    return Browser(stack.base)


def sign_in_page(browser: Browser, turn: int) -> None:
    page = browser.get("/sign-in/")
    assert page.status == 200, page.status
    assert "csrfmiddlewaretoken" in page.text


def signed_in(account: str) -> Callable[[Stack, int], Browser]:
    def prepare(stack: Stack, number: int) -> Browser:
        browser = Browser(stack.base)
        browser.sign_in(account, PASSWORD)
        return browser

    return prepare


def shows(path: str, words: str) -> Callable[[Browser, int], None]:
    def act(browser: Browser, turn: int) -> None:
        page = browser.get(path)
        assert page.status == 200, page.status
        assert words in page.text, f"{path} does not show {words!r}"

    return act


class Client(Browser):
    """A registered system; ``person`` is the browser that it sends people from."""

    def __init__(self, stack: Stack, client_id: str, account: str = ""):
        super().__init__(stack.base)
        login = f"{client_id}:{state.client_secret(client_id)}"
        self.basic = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}
        self.client_id = client_id
        self.person = signed_in(account)(stack, 0) if account else None
        self.token = self.refresh_token = ""

    def code_flow(self) -> dict:
        verifier = secrets.token_urlsafe(48)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "scope": "openid profile email",
            "state": secrets.token_hex(8),
            "nonce": secrets.token_hex(8),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        answer = self.person.get(f"/oauth/authorize/?{urlencode(asked)}")
        code = parse_qs(urlsplit(answer.location).query).get("code")
        assert code, f"{answer.status} {answer.location} {answer.text[:200]}"
        given = {"grant_type": "authorization_code", "code": code[0], "redirect_uri": REDIRECT}
        answer = self.post("/oauth/token/", {**given, "code_verifier": verifier}, **self.basic)
        tokens = loads(answer.text)
        assert tokens.get("id_token"), answer.text[:200]
        return tokens


def system_of_person(stack: Stack, number: int) -> Client:
    client = Client(stack, CLIENT, next(accounts))
    tokens = client.code_flow()
    client.token, client.refresh_token = tokens["access_token"], tokens["refresh_token"]
    return client


def machine(stack: Stack, number: int) -> Client:
    return Client(stack, f"{CLIENT}-machine")


def code_flow(client: Client, turn: int) -> None:
    client.code_flow()


def client_credentials(client: Client, turn: int) -> None:
    data = {"grant_type": "client_credentials", "scope": "openid"}
    answer = client.post("/oauth/token/", data, **client.basic)
    assert answer.status == 200, answer.text[:200]


def refresh(client: Client, turn: int) -> None:
    data = {"grant_type": "refresh_token", "refresh_token": client.refresh_token}
    answer = client.post("/oauth/token/", data, **client.basic)
    assert answer.status == 200, answer.text[:200]
    client.refresh_token = loads(answer.text)["refresh_token"]


def introspection(client: Client, turn: int) -> None:
    answer = client.post("/oauth/introspect/", {"token": client.token}, **client.basic)
    assert loads(answer.text)["active"] is True, answer.text[:200]


def userinfo(client: Client, turn: int) -> None:
    answer = client.get("/oauth/userinfo/", Authorization=f"Bearer {client.token}")
    assert "sub" in loads(answer.text), answer.text[:200]


class Mailbox(Browser):
    """The reader's inbox in webmail, with the addresses of its newest messages."""

    def __init__(self, stack: Stack, number: int):
        super().__init__(stack.base)
        self.sign_in(READER, PASSWORD)
        page = self.get("/mail/box/INBOX/")
        parts = page.text.split('href="/mail/box/INBOX/')[1:]
        self.messages = sorted({part.split("/", 1)[0] for part in parts if part.split("/", 1)[0].isdigit()})
        assert self.messages, "no message in the list"


def mail_list(box: Mailbox, turn: int) -> None:
    page = box.get("/mail/box/INBOX/")
    assert page.status == 200, page.status
    assert page.text.count("/mail/box/INBOX/") >= 50


def mail_open(box: Mailbox, turn: int) -> None:
    page = box.get(f"/mail/box/INBOX/{box.messages[turn % len(box.messages)]}/")
    assert page.status == 200, page.status


# --- floors -------------------------------------------------------------------------------------


def bind(stack: Stack, turn: int) -> None:
    """Connect, find the person, bind with the password: what nobody who asks a directory can do without."""
    connection = ldap.initialize(stack.slapd.url)
    connection.simple_bind_s(stack.slapd.bind_dn, stack.slapd.bind_password)
    found = connection.search_s(
        directory.SUFFIX, ldap.SCOPE_SUBTREE, f"(uid={next(accounts)})", ["entryUUID"]
    )
    connection.simple_bind_s(found[0][0], PASSWORD)
    connection.unbind_s()


def bare_browser(stack: Stack, number: int) -> Browser:
    return Browser(stack.bare)


def bare_page(browser: Browser, turn: int) -> None:
    assert browser.get("/").status == 200


def sql(stack: Stack, number: int) -> psycopg.Cursor:
    cursor = psycopg.connect(stack.postgres.url, autocommit=True).cursor()
    return cursor


BARE_SEARCH = """
    SELECT d.id, d.subject, d.organisation, d.code_number, d.symbol
    FROM documents_document d
    WHERE to_tsvector('simple', d.subject) @@ to_tsquery('simple', 'thanh & tra & viễn & thông')
    ORDER BY d.id DESC LIMIT 25
"""


def bare_search(cursor: psycopg.Cursor, turn: int) -> None:
    assert len(cursor.execute(BARE_SEARCH).fetchall()) == 25


def indexed(stack: Stack, number: int) -> psycopg.Cursor:
    cursor = sql(stack, number)
    cursor.execute(
        "CREATE INDEX IF NOT EXISTS bench_floor ON documents_document USING gin (to_tsvector('simple', subject))"
    )
    return cursor


def imap(stack: Stack, number: int) -> imaplib.IMAP4:
    connection = imaplib.IMAP4(HOST, stack.dovecot.port)
    connection.login(READER, PASSWORD)
    connection.select("INBOX", readonly=True)
    return connection


def imap_list(connection: imaplib.IMAP4, turn: int) -> None:
    total = int(connection.untagged_responses.get("EXISTS", [b"5000"])[-1] or 5000)
    status, rows = connection.fetch(f"{total - 49}:{total}", "(UID FLAGS INTERNALDATE ENVELOPE)")
    assert status == "OK", status
    assert len(rows) >= 50


def imap_open(connection: imaplib.IMAP4, turn: int) -> None:
    status, rows = connection.fetch(str(4_900 - turn % 500), "(BODY.PEEK[])")
    assert status == "OK", status
    assert rows[0], "no message"


WITH_STORE = (*OURS, "postgres", "redis")
CASES = [
    Case(name="floor: LDAP search and bind", prepare=nothing, act=bind, counted=("client", "slapd")),
    Case(name="sign-in to home page", prepare=nothing, act=sign_in, floor="floor: LDAP search and bind"),
    Case(name="sign-in page", prepare=stranger, act=sign_in_page, floor="floor: bare Django page"),
    Case(name="OpenID code flow", prepare=system_of_person, act=code_flow),
    Case(name="client credentials", prepare=machine, act=client_credentials),
    Case(name="refresh", prepare=system_of_person, act=refresh),
    Case(name="introspection", prepare=system_of_person, act=introspection),
    Case(name="userinfo", prepare=system_of_person, act=userinfo),
    Case(name="floor: bare Django page", prepare=bare_browser, act=bare_page, counted=("bare",)),
    Case(
        name="home page",
        prepare=signed_in(READER),
        act=shows("/", "board"),
        floor="floor: bare Django page",
    ),
    Case(
        name="task list",
        prepare=signed_in(READER),
        act=shows("/tasks/", "list-item"),
        floor="floor: bare Django page",
    ),
    Case(name="floor: bare SQL search", prepare=indexed, act=bare_search, counted=("client", "postgres")),
    Case(
        name="document search in 100,000",
        prepare=signed_in(CLERK),
        act=shows(f"/documents/?{urlencode({'q': QUERY})}", "/documents/"),
        counted=WITH_STORE,
        floor="floor: bare SQL search",
    ),
    Case(name="floor: IMAP list of 50", prepare=imap, act=imap_list, counted=("client", "dovecot")),
    Case(
        name="mail list",
        prepare=Mailbox,
        act=mail_list,
        counted=(*OURS, "dovecot"),
        floor="floor: IMAP list of 50",
    ),
    Case(name="floor: IMAP open", prepare=imap, act=imap_open, counted=("client", "dovecot")),
    Case(
        name="mail open", prepare=Mailbox, act=mail_open, counted=(*OURS, "dovecot"), floor="floor: IMAP open"
    ),
]
