"""An endpoint that says of tokens what a test wants said (RFC 7662), to those who know the secret."""

import json
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from tests.serving import serve


class Endpoint(ThreadingHTTPServer):
    def __init__(self, port, *, client_id, client_secret):
        super().__init__(("127.0.0.1", port), Handler)
        self.client_id, self.client_secret = client_id, client_secret
        self.url = f"http://127.0.0.1:{port}/introspect/"
        self.tokens = {}

    def __enter__(self):
        serve(self)
        return self

    def __exit__(self, *exception):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        known = b64encode(f"{self.server.client_id}:{self.server.client_secret}".encode()).decode()
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        is_known = self.headers["Authorization"] == f"Basic {known}"
        facts = self.server.tokens.get(form["token"][0]) if is_known else None
        body = json.dumps(facts or {"active": False}).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass
