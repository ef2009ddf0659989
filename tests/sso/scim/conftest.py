"""Systems that keep accounts of their own: a foreign SCIM server, and one that answers what it is told to."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import unquote
from wsgiref.simple_server import make_server

import pytest
import urllib3

from demo.foreign_system import QuietHandler
from sso.api import ensure_client
from sso.models import ProvisionedAccount, ProvisioningTarget
from sso.services.keys import seal
from sso.services.provisioning.working import bring_up_to_date
from tests.factories import UnitFactory, person_of
from tests.serving import served
from tests.sso.conftest import REDIRECT

TOKEN = "mã-của-hệ-thống".encode().hex()
SCOPES = ["openid", "profile", "email", "phone", "organization"]
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Foreign:
    """A SCIM server that is not ours (PyPI scim2-server), and what it was asked."""

    path = "/v2"

    def __init__(self, **lacks: bool):
        # Its classes read the source of all callers: few in a thread, so many in a fixture that it takes 4 s.
        with ThreadPoolExecutor(1) as thread:
            self.storage, self.app = thread.submit(made, *lacks).result()
        self.asked: list[tuple[str, str]] = []

    def __call__(self, environ, start_response):
        query = unquote(environ["QUERY_STRING"])
        path = environ["PATH_INFO"].removeprefix(self.path) + (f"?{query}" if query else "")
        self.asked.append((environ["REQUEST_METHOD"], path))
        return self.app(environ, start_response)

    def all(self, kind: str = "User") -> list[dict]:
        return [
            row.model_dump()
            for row in self.storage.resources
            if row.model_dump()["meta"]["resourceType"] == kind
        ]

    def users(self) -> dict[str, dict]:
        return {row["userName"]: row for row in self.all()}

    def groups(self) -> dict[str, list[str]]:
        """The names of the groups with the account names of their members; groups that are members in brackets."""
        names = {row["id"]: row["userName"] for row in self.all()}
        names |= {row["id"]: f"[{row['displayName']}]" for row in self.all("Group")}
        return {
            row["displayName"]: sorted(names[one["value"]] for one in row.get("members") or [])
            for row in self.all("Group")
        }

    def writes(self) -> list[tuple[str, str]]:
        """What was asked of it that changes something, since this was called last."""
        found = [(method, path) for method, path in self.asked if method != "GET"]
        self.asked.clear()
        return found

    def act(self, method: str, path: str, body: dict | None = None) -> dict:
        """Do something to it as its own admin."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
        answer = urllib3.request(
            method, self.address + path, body=json.dumps(body) if body else None, headers=headers
        )
        assert answer.status < 300, answer.data
        self.asked.clear()
        return json.loads(answer.data) if answer.data else {}

    def set(self, name: str, /, **values) -> None:
        """Change an account as its own admin does."""
        user = self.users()[name] | values
        self.act(
            "PUT", f"/Users/{user['id']}", {name: value for name, value in user.items() if name != "meta"}
        )


def made(*lacks: str):
    from tests.sso.scim.foreign import service  # here: it takes half a second, in each process

    return service(TOKEN, *lacks)


class Odd:
    """A server whose answers a test chooses: ``answer(method, path, body)`` gives status, headers and body."""

    path = ""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def __call__(self, environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.loads(environ["wsgi.input"].read(length) or "null")
        query = unquote(environ["QUERY_STRING"])
        path = environ["PATH_INFO"] + (f"?{query}" if query else "")
        self.asked.append((environ["REQUEST_METHOD"], path))
        status, headers, content = self.answer(environ["REQUEST_METHOD"], path, body)
        start_response(f"{status} x", list(headers.items()))
        return [content if isinstance(content, bytes) else json.dumps(content).encode()]


@contextmanager
def serving(app):
    """Serve ``app`` on this machine; its ``address`` is the base of its SCIM service."""
    server = make_server("127.0.0.1", 0, app, handler_class=QuietHandler)
    app.address = f"http://127.0.0.1:{server.server_port}{app.path}"
    with served(server):
        yield app


@pytest.fixture
def foreign():
    with serving(Foreign()) as server:
        yield server


def target_at(address: str, name: str = "Kho", **fields) -> ProvisioningTarget:
    """A system of that name whose accounts are kept in step, approved."""
    of_system = {"allowed_scopes": SCOPES, **fields.pop("system", {})}
    system, _secret = ensure_client(name, redirect_uris=REDIRECT, **of_system)
    sealed = seal().encrypt(TOKEN.encode()).decode()
    values = {"is_approved": True, "sealed_token": sealed, **fields}
    return ProvisioningTarget.objects.create(application=system, base_url=address, **values)


@pytest.fixture
def target(db, foreign):
    return target_at(foreign.address)


@pytest.fixture
def shelf():
    """A simple service that a test can have answer otherwise: ``shelf.odd = lambda method, path, body: …``."""
    from tests.sso.scim.shelf import Shelf

    shelf = Shelf()
    with serving(Odd(shelf)) as server:
        shelf.server = server
        yield shelf


def states() -> dict[str, str]:
    """Of each account the first state that fits."""
    names = ["held", "refused", "waiting", "in_step", "off"]
    found = {}
    for name in reversed(names):
        rows = getattr(ProvisionedAccount.objects.all(), name)()
        found |= dict.fromkeys(rows.values_list("user__username", flat=True), name)
    return dict(sorted(found.items()))


def run(target) -> None:
    """Everything that a night does, here and now."""
    assert bring_up_to_date(target)


def body(name: str, **more) -> dict:
    """An account as a system's own admin makes it."""
    return {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, **more}


@pytest.fixture
def unit():
    return UnitFactory(code="KHTC", name_vi="Vụ Kế hoạch - Tài chính")


@pytest.fixture
def head(unit):
    return person_of(unit, level="head", username="dung", full_name="Trần Anh Dũng")


@pytest.fixture
def ha(unit, head):
    return person_of(
        unit, username="ha", full_name="Nguyễn Thị Thu Hà", manager=head, phone="024 3943 0001", language="vi"
    )
