"""A system of somebody else that lets people in with the intranet's sign-in (OpenID Connect, by Authlib).

    python -m demo.foreign_system --port 8130 --issuer http://127.0.0.1:8000 --client-id … --secret-file …

It shares nothing with the intranet but the registered row: its own page, its own sessions, its own port.
"""

import argparse
import secrets
import time
from dataclasses import dataclass, field
from html import escape
from http.cookies import SimpleCookie
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import parse_qs, urlencode
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

SCOPE = "openid profile email organization"
COOKIE = "dvc"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
SESSION_SECONDS = 8 * 3600
MOST_SESSIONS = 1000
TEXTS = {
    "vi": {
        "title": "Cổng dịch vụ công", "trial": "Hệ thống thử nghiệm",
        "intro": "Nộp và theo dõi hồ sơ trực tuyến. Công chức đăng nhập bằng tài khoản mạng nội bộ của Bộ.",
        "sign_in": "Đăng nhập bằng tài khoản nội bộ", "sign_out": "Đăng xuất", "hello": "Xin chào",
        "account": "Tài khoản", "mail": "Thư điện tử", "unit": "Đơn vị", "posts": "Chức vụ",
        "at": "Đăng nhập lúc",
        "note": "Cổng này không nhận mật khẩu của người dùng; các thông tin trên do mạng nội bộ cung cấp.",
        "other": "English", "failed": "Chưa đăng nhập được",
        "again": "Vui lòng thử lại. Nếu vẫn lỗi, hãy báo bộ phận công nghệ thông tin.", "none": "Không có",
    },
    "en": {
        "title": "Public service portal", "trial": "Trial system",
        "intro": "File and follow applications online. Officers sign in with their intranet account.",
        "sign_in": "Sign in with the intranet account", "sign_out": "Sign out", "hello": "Welcome",
        "account": "Account", "mail": "E-mail", "unit": "Unit", "posts": "Posts", "at": "Signed in at",
        "note": "This portal does not know your password; the intranet provided what you see above.",
        "other": "Tiếng Việt", "failed": "Sign-in did not work",
        "again": "Please try again. If it happens again, tell your information centre.", "none": "None",
    },
}  # fmt: skip
STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1c2a22; --soft: #5b6b62; --line: #d9e2dc; --ground: #f2f6f3; --card: #fff; --brand: #17633f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4ece7; --soft: #9fb0a6; --line: #2c3a32; --ground: #121a16; --card: #1a2520; --brand: #6fcf9d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 "Be Vietnam Pro", system-ui, sans-serif;
}
header {
  display: flex; gap: 1rem; align-items: center; padding: .75rem 1.25rem;
  background: var(--card); border-top: 4px solid var(--brand); border-bottom: 1px solid var(--line);
}
header strong { font-size: 1.1rem; }
header small { color: var(--soft); }
header a { margin-left: auto; color: var(--brand); }
main { max-width: 40rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; line-height: 1.3; }
dl {
  display: grid; grid-template-columns: 9rem 1fr; margin: 1.5rem 0; padding: .25rem 1.25rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 6px;
}
dt, dd { margin: 0; padding: .65rem 0; } dt { color: var(--soft); }
dl > :nth-child(n+3) { border-top: 1px solid var(--line); }
p { margin: 0 0 1.5rem; } .soft { color: var(--soft); font-size: .9rem; }
button, .button {
  display: inline-block; padding: .7rem 1.2rem; border: 0; border-radius: 6px;
  background: var(--brand); color: var(--card); font: inherit; font-weight: 600;
  text-decoration: none; cursor: pointer;
}
:focus-visible { outline: 2px solid var(--brand); outline-offset: 2px; }
@media (max-width: 30rem) {
  main { margin: 1.5rem auto; } dl { grid-template-columns: 1fr; } dd { padding-top: 0; }
  dl > dd:nth-child(n) { border: 0; }
}
"""


class SignInFailed(Exception):
    """The intranet's answer cannot be trusted or never came."""


@dataclass
class Session:
    """What the portal knows of one browser."""

    began: float = field(default_factory=time.time)
    state: str = ""
    nonce: str = ""
    verifier: str = ""
    person: dict | None = None
    id_token: str = ""
    sid: str = ""  # of the intranet's session that the person came from
    signed_in_at: float = 0


class Portal:
    """The WSGI application."""

    def __init__(self, issuer: str, client_id: str, secret: str, address: str):
        self.issuer, self.client_id, self.secret = issuer, client_id, secret
        self.address = address.rstrip("/")
        self.sessions: dict[str, Session] = {}
        self.found: dict | None = None
        self.jtis: dict[str, None] = {}  # of logout tokens that were used

    # --- OpenID Connect ---

    def provider(self) -> dict:
        """What the intranet says of itself (OpenID Connect Discovery), asked once."""
        if self.found is None:
            found = self.fetch(f"{self.issuer}/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise SignInFailed("The issuer calls itself otherwise.")
            self.found = found
        return self.found

    def fetch(self, url: str, **options) -> dict:
        answer = requests.get(url, timeout=10, **options)
        answer.raise_for_status()
        return answer.json()

    def client(self) -> OAuth2Session:
        return OAuth2Session(
            self.client_id,
            self.secret,
            scope=SCOPE,
            redirect_uri=f"{self.address}/callback",
            code_challenge_method="S256",
        )

    def sign_in_url(self, session: Session, language: str) -> str:
        session.nonce, session.verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        url, session.state = self.client().create_authorization_url(
            self.provider()["authorization_endpoint"],
            nonce=session.nonce,
            code_verifier=session.verifier,
            ui_locales=language,
        )
        return url

    def finish_sign_in(self, session: Session, answer: dict[str, str]) -> None:
        """Turn the answer into a person. Raises SignInFailed."""
        if not session.state or answer.get("state") != session.state or answer.get("iss") != self.issuer:
            raise SignInFailed("The answer is not one to our question.")
        if "code" not in answer:
            raise SignInFailed(answer.get("error_description") or answer.get("error", ""))
        tokens = self.client().fetch_token(
            self.provider()["token_endpoint"], code=answer["code"], code_verifier=session.verifier, timeout=10
        )
        claims = self.verified(tokens["id_token"], session.nonce)
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        person = self.fetch(self.provider()["userinfo_endpoint"], headers=headers)
        if person.get("sub") != claims["sub"]:
            raise SignInFailed("The two answers are about two people.")
        session.person, session.id_token, session.signed_in_at = (
            person,
            tokens["id_token"],
            claims["auth_time"],
        )
        session.sid = claims.get("sid", "")
        session.state = session.nonce = session.verifier = ""

    def verified(self, id_token: str, nonce: str) -> dict:
        """The claims of an ID token that is signed by the intranet, for us, now, and answers our question."""
        keys = KeySet.import_key_set(self.fetch(self.provider()["jwks_uri"]))
        claims = jwt.decode(id_token, keys, algorithms=["RS256"]).claims
        wanted = {"iss": self.issuer, "aud": self.client_id, "nonce": nonce}
        rules = {name: {"essential": True, "value": value} for name, value in wanted.items()}
        jwt.JWTClaimsRegistry(leeway=30, exp={"essential": True}, **rules).validate(claims)
        return claims

    def end_sessions(self, logout_token: str) -> None:
        """End what came from the intranet's session that has ended (OpenID Connect Back-Channel Logout 1.0 §2.6).

        Raises JoseError or SignInFailed for a token that is another's, for another, not new, or of another kind.
        """
        keys = KeySet.import_key_set(self.fetch(self.provider()["jwks_uri"]))
        token = jwt.decode(logout_token, keys, algorithms=["RS256", "ES256"])
        claims = token.claims
        rules = {name: {"essential": True} for name in ("iat", "exp", "jti", "sid", "events")}
        rules |= {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
        }
        jwt.JWTClaimsRegistry(leeway=30, **rules).validate(claims)
        is_logout = (
            token.header.get("typ") == "logout+jwt" and LOGOUT in claims["events"] and "nonce" not in claims
        )
        if not is_logout or claims["jti"] in self.jtis:
            raise SignInFailed("This is not a new logout token.")
        self.jtis[claims["jti"]] = None
        while len(self.jtis) > MOST_SESSIONS:
            self.jtis.pop(next(iter(self.jtis)))
        for key, session in list(self.sessions.items()):
            if session.sid == claims["sid"]:
                self.sessions.pop(key, None)

    def sign_out_url(self, session: Session) -> str:
        back = {"post_logout_redirect_uri": f"{self.address}/", "id_token_hint": session.id_token}
        return f"{self.provider()['end_session_endpoint']}?{urlencode(back)}"

    # --- pages ---

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] == "POST" and environ.get("PATH_INFO") == "/backchannel-logout":
            start_response(self.told_of_logout(environ), [("Cache-Control", "no-store")])
            return [b""]
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        language = cookies["dvc_language"].value if "dvc_language" in cookies else "vi"
        language = language if language in TEXTS else "vi"
        key, session = self.session_of(cookies)
        headers = [("Set-Cookie", f"{COOKIE}={key}; Path=/; HttpOnly; SameSite=Lax")]
        page = f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '/')}"
        query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        try:
            status, body = self.answer(page, query, session, key, language, headers)
        except (
            SignInFailed,
            AuthlibBaseError,
            JoseError,
            requests.RequestException,
            KeyError,
            ValueError,
        ) as error:
            print(f"foreign system: {type(error).__name__}: {error}")
            status, body = "502 Bad Gateway", failed(language)
        headers += [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        ]
        if page == "GET /style.css":
            headers = [("Content-Type", "text/css"), ("Cache-Control", "max-age=3600")]
        start_response(status, headers)
        return [body.encode()]

    def told_of_logout(self, environ) -> str:
        length = min(int(environ.get("CONTENT_LENGTH") or 0), 10_000)
        form = parse_qs(environ["wsgi.input"].read(length).decode("ascii", "replace"))
        try:
            self.end_sessions(form.get("logout_token", [""])[0])
        except (SignInFailed, JoseError, KeyError, TypeError, ValueError):
            return "400 Bad Request"
        except requests.RequestException:
            return "502 Bad Gateway"
        return "200 OK"

    def answer(self, page, query, session, key, language, headers) -> tuple[str, str]:
        match page:
            case "GET /":
                return "200 OK", front(language, session)
            case "GET /style.css":
                return "200 OK", STYLE
            case "GET /sign-in":
                return self.go(headers, self.sign_in_url(session, language))
            case "GET /callback":
                self.finish_sign_in(session, query)
                # A new key, so that nobody who knew the old one is signed in with the person.
                self.sessions[fresh := secrets.token_urlsafe(24)] = self.sessions.pop(key)
                headers[0] = ("Set-Cookie", f"{COOKIE}={fresh}; Path=/; HttpOnly; SameSite=Lax")
                return self.go(headers, "/")
            case "POST /sign-out":
                self.sessions.pop(key, None)
                return self.go(headers, self.sign_out_url(session) if session.id_token else "/")
            case "GET /language":
                other = "en" if language == "vi" else "vi"
                headers.append(("Set-Cookie", f"dvc_language={other}; Path=/; HttpOnly; SameSite=Lax"))
                return self.go(headers, "/")
        return "404 Not Found", failed(language)

    def go(self, headers, url: str) -> tuple[str, str]:
        headers.append(("Location", url))
        return "303 See Other", ""

    def session_of(self, cookies: SimpleCookie) -> tuple[str, Session]:
        key = cookies[COOKIE].value if COOKIE in cookies else ""
        session = self.sessions.get(key)
        if session is None or time.time() - session.began > SESSION_SECONDS:
            while len(self.sessions) >= MOST_SESSIONS:
                self.sessions.pop(next(iter(self.sessions)))
            key, session = secrets.token_urlsafe(24), Session()
            self.sessions[key] = session
        return key, session


def front(language: str, session: Session) -> str:
    text = TEXTS[language]
    if session.person is None:
        link = f'<a class="button" href="/sign-in">{text["sign_in"]}</a>'
        return framed(language, f"<h1>{text['title']}</h1><p>{text['intro']}</p>{link}")
    person = session.person
    unit = person.get("unit") or {}
    unit_name = (unit.get("name_en") if language == "en" else "") or unit.get("name") or text["none"]
    posts = [f"{post['title']}, {post['unit_name']}" for post in person.get("posts", [])] or [text["none"]]
    facts = [
        (text["account"], escape(person.get("preferred_username", ""))),
        (text["mail"], escape(person.get("email", text["none"]))),
        (text["unit"], escape(unit_name)),
        (text["posts"], "<br>".join(map(escape, posts))),
        (text["at"], time.strftime("%H:%M, %d/%m/%Y", time.gmtime(session.signed_in_at + 7 * 3600))),
    ]
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    body = f"""<h1>{text["hello"]}, {escape(person.get("name", ""))}</h1><dl>{rows}</dl>
<p class="soft">{text["note"]}</p>
<form method="post" action="/sign-out"><button>{text["sign_out"]}</button></form>"""
    return framed(language, body)


def failed(language: str) -> str:
    text = TEXTS[language]
    body = f'<h1>{text["failed"]}</h1><p>{text["again"]}</p><a class="button" href="/">{text["title"]}</a>'
    return framed(language, body)


def framed(language: str, body: str) -> str:
    text = TEXTS[language]
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text["title"]}</title><link rel="stylesheet" href="/style.css"></head>
<body><header><strong>{text["title"]}</strong><small>{text["trial"]}</small>
<a href="/language">{text["other"]}</a></header>
<main>{body}</main></body></html>"""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *args):
        """Requests are no news."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--issuer", required=True, help="address of the intranet")
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--secret-file", type=Path, required=True)
    parser.add_argument("--address", help="address that browsers use, when not http://127.0.0.1:PORT")
    given = parser.parse_args()
    address = given.address or f"http://127.0.0.1:{given.port}"
    secret = given.secret_file.read_text().strip()
    portal = Portal(given.issuer.rstrip("/"), given.client_id, secret, address)
    with make_server("127.0.0.1", given.port, portal, Server, QuietHandler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
