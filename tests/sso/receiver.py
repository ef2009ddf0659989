"""A system that is told of sign-outs."""

from urllib.parse import parse_qs
from wsgiref.simple_server import make_server

from demo.foreign_system import QuietHandler
from demo.servers.process import free_port
from sso.api import ensure_client
from sso.models import LogoutNotice
from tests.serving import serve
from tests.sso.conftest import REDIRECT

SCOPES = ["openid", "profile", "email", "organization"]


class Receiver:
    """A system's back-channel address: keeps what it is sent, and answers with ``status``."""

    def __init__(self):
        self.status, self.tokens, self.requests, self.forms = "200 OK", [], [], []
        self.address = f"http://127.0.0.1:{free_port()}/logout"
        self.server = make_server(
            "127.0.0.1", int(self.address.split(":")[2].split("/")[0]), self, handler_class=QuietHandler
        )
        serve(self.server)

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        self.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["CONTENT_TYPE"]))
        self.forms.append(parse_qs(body))
        self.tokens += self.forms[-1]["logout_token"]
        start_response(self.status, [("Location", "http://127.0.0.1:1/elsewhere")])
        return [b""]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def system(name, receiver, **fields):
    fields = {"redirect_uris": REDIRECT, "allowed_scopes": SCOPES, "skip_authorization": True} | fields
    return ensure_client(name, backchannel_logout_uri=receiver.address if receiver else "", **fields)


def sid_of(browser) -> str:
    return browser.session["sid"]


def states() -> list[tuple]:
    return list(LogoutNotice.objects.order_by("pk").values_list("state", "tries", "answer"))
