"""A small HTTP/1.1 client: kept connection, cookies, forms. Small, because it runs on the machine it measures."""

import re
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urljoin, urlsplit

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


class Browser:
    """One person at one browser, for one address."""

    def __init__(self, base: str):
        self.base = base
        self.cookies: dict[str, str] = {}
        self.connection = HTTPConnection(urlsplit(base).netloc, timeout=30)

    def close(self) -> None:
        self.connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, None, headers)

    def post(self, path: str, data: dict, **headers: str) -> Answer:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self.request("POST", path, urlencode(data), headers)

    def request(self, method: str, path: str, body, headers: dict[str, str]) -> Answer:
        """Return the answer; redirects are not followed."""
        url = urljoin(self.base, path)
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            self.connection.request(method, target, body, headers)
            response = self.connection.getresponse()
        except (HTTPException, ConnectionError):
            self.connection.close()
            self.connection.request(method, target, body, headers)
            response = self.connection.getresponse()
        content = response.read()
        for value in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.split(";", 1)[0]
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, names, content, url)

    def sign_in(self, account: str, password: str) -> Answer:
        """Sign in by the form and return the page that follows it, as a person's browser does."""
        form = self.get("/sign-in/")
        token = TOKEN.search(form.text).group(1)
        data = {"csrfmiddlewaretoken": token, "login": account, "password": password}
        answer = self.post("/sign-in/", data)
        assert answer.status == 302, f"{account} was not let in: {answer.status}"
        return self.get(answer.location)
