"""A system that changes nothing unless it is told which state of a resource is meant (RFC 7644 §3.14, ETag)."""

import json
from wsgiref.simple_server import make_server

import pytest

from demo.foreign_system import QuietHandler
from sso.scim.answers import Failed
from sso.scim.client import Client
from tests.serving import served

STATE = 'W/"7"'


class Strict:
    """One account, of which each change must name the state ``version``; ``heard`` is what each one named."""

    def __init__(self, version: object):
        self.version, self.heard, self.refusal = version, [], "428 Precondition Required"

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] == "GET":
            start_response("200 OK", [("Content-Type", "application/scim+json")])
            return [json.dumps({"id": "k1", "meta": {"version": self.version}}).encode()]
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        self.heard.append(environ.get("HTTP_IF_MATCH"))
        start_response("204 No Content" if self.heard[-1] in {STATE, "*"} else self.refusal, [])
        return [b""]


@pytest.fixture
def serving():
    def serve(strict: Strict):
        server = make_server("127.0.0.1", 0, strict, handler_class=QuietHandler)
        return served(server), Client(f"http://127.0.0.1:{server.server_port}", "token")

    return serve


@pytest.mark.parametrize("method", ["patch", "put"])
@pytest.mark.parametrize("refusal", ["428 Precondition Required", "412 Precondition Failed"])
def test_change_names_the_state_when_the_system_wants_that(serving, method, refusal):
    strict = Strict(STATE)
    strict.refusal = refusal
    server, client = serving(strict)
    with server:
        getattr(client, method)("Users", "k1", {})

    assert strict.heard == [None, STATE]


@pytest.mark.parametrize("version", [None, 7, "", "a\r\nX: y", "ă", "x" * 300])
def test_state_that_cannot_stand_in_a_header_is_whichever(serving, version):
    strict = Strict(version)
    server, client = serving(strict)
    with server:
        client.patch("Users", "k1", {})

    assert strict.heard == [None, "*"]


def test_what_changes_all_the_time_is_refused_in_the_end(serving):
    strict = Strict('W/"8"')
    server, client = serving(strict)
    with server, pytest.raises(Failed) as error:
        client.patch("Users", "k1", {})

    assert (error.value.status, strict.heard) == (428, [None, 'W/"8"'])
