"""What a mail server says of a message so that nobody can read it costs that message its looks, and no other one."""

import socket
import threading
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from apps.mail.connections import POOL
from apps.mail.mime import ALL_TEXT, parts_of
from demo.servers import HOST
from tests.mail.conftest import letter, url

pytestmark = pytest.mark.servers
SPOILT = b"Hong"


class Spoiler(StreamRequestHandler):
    """Passes everything on to Dovecot, and what it answers of a message called SPOILT with the structure ``said``."""

    port, said = 0, (b"", b"")

    def handle(self):
        with socket.create_connection((HOST, self.port)) as dovecot:
            threading.Thread(target=self.ask, args=[dovecot], daemon=True).start()
            for line in dovecot.makefile("rb"):
                self.wfile.write(line.replace(*self.said) if SPOILT in line else line)

    def ask(self, dovecot):
        with suppress(OSError):
            while asked := self.connection.recv(65536):
                dovecot.sendall(asked)
            dovecot.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def spoiler(mail, settings):
    class Server(ThreadingTCPServer):
        daemon_threads = True

    class Handler(Spoiler):
        port = mail.dovecot.port

    with Server((HOST, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.MAIL_IMAP_URL = f"imap://{HOST}:{server.server_address[1]}"
        yield Handler
        POOL.clear()
        server.shutdown()


@pytest.mark.parametrize(
    "said",
    [
        (b"BODYSTRUCTURE (", b"BODYSTRUCTURE (("),
        (b'BODYSTRUCTURE ("text" "plain"', b"BODYSTRUCTURE NIL X ("),
        (b"ENVELOPE (", b"ENVELOPE (NIL "),
    ],
    ids=["a bracket too many", "no structure", "a field too many"],
)
def test_the_others_of_its_page_are_as_they_were(signed_in, officer, deliver, spoiler, said):
    spoiler.said = said
    uids = deliver("nhanvien", letter("Trước"), letter(SPOILT.decode()), letter("Sau"))
    browser = signed_in(officer)

    rows = browser.get(url("inbox")).context["page"]
    message = browser.get(url("message", "INBOX", uids[1])).context["message"]

    assert [(row.who, row.summary.subject) for row in rows] == [
        ("Lê Hà", "Sau"),
        ("Lê Hà", "Hong"),
        ("Lê Hà", "Trước"),
    ]
    assert (message.subject, message.text.strip()) == ("Hong", "Kính gửi đồng chí.")


@pytest.mark.parametrize("structure", [(b"mixed",), (b"text", b"plain"), ([None], b"mixed"), ()])
def test_a_structure_that_is_none_is_a_text(structure):
    assert parts_of(type(ALL_TEXT)(structure)) == parts_of(ALL_TEXT)
