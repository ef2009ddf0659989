"""A small relying party, made of plain HTTP and joserfc: what it cannot understand, it refuses."""

import base64
import secrets
import time
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import KeySet

SECONDS = 20


class RelyingParty:
    """One registered system and the browser of one person before it."""

    def __init__(self, issuer: str, client_id: str, secret: str, callback: str):
        self.issuer, self.client_id, self.secret, self.callback = issuer, client_id, secret, callback
        self.browser = requests.Session()
        self.told = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=SECONDS).json()
        self.verifier, self.nonce, self.state = (secrets.token_urlsafe(48) for _number in range(3))

    # --- the browser's way -----------------------------------------------------------------------

    def question(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authentication request; None leaves one out."""
        usual = {
            "client_id": self.client_id,
            "redirect_uri": self.callback,
            "response_type": "code",
            "scope": "openid",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def ask(self, method: str = "get", **changes: str | None) -> requests.Response:
        """Send the browser with a question; return where it stops: at a page, or at the system's own address."""
        url, question = self.told["authorization_endpoint"], self.question(**changes)
        if method == "post":
            # A form of another site: the browser leaves the session's cookie (SameSite=Lax) at home.
            return self.follow(requests.post(url, question, allow_redirects=False, timeout=SECONDS))
        return self.go(f"{url}?{urlencode(question)}")

    def go(self, url: str) -> requests.Response:
        return self.follow(self.browser.get(url, allow_redirects=False, timeout=SECONDS))

    def follow(self, response: requests.Response) -> requests.Response:
        for _step in range(10):
            target = urljoin(response.url, response.headers.get("Location", ""))
            if not response.is_redirect or not target.startswith(self.issuer):
                return response
            response = self.browser.get(target, allow_redirects=False, timeout=SECONDS)
        raise AssertionError(f"redirects without end at {response.url}")

    def fill(self, page: requests.Response, **fields: str) -> requests.Response:
        """Send the form of ``page`` back to where it came from."""
        form = {"csrfmiddlewaretoken": self.browser.cookies["csrf"], **fields}
        return self.follow(self.browser.post(page.url, form, allow_redirects=False, timeout=SECONDS))

    def answer(self, response: requests.Response) -> dict[str, str]:
        """Return what the system is told by the redirect, which names state and issuer (RFC 9207)."""
        assert response.is_redirect, (response.status_code, response.url, response.text[:300])
        target = response.headers["Location"]
        assert target.startswith(self.callback), target
        answer = dict(parse_qsl(urlsplit(target).query))
        assert (answer.pop("state"), answer.pop("iss")) == (self.state, self.issuer)
        return answer

    def code(self, **changes: str | None) -> str:
        answer = self.answer(self.ask(**changes))
        assert set(answer) == {"code"}, answer
        return answer["code"]

    # --- the system's way ------------------------------------------------------------------------

    def call(self, form: dict[str, str], by: str = "basic") -> requests.Response:
        """Ask the token endpoint, proving the secret in the header or ("post") in the form."""
        url = self.told["token_endpoint"]
        if by == "post":
            proof = {"client_id": self.client_id, "client_secret": self.secret}
            return requests.post(url, form | proof, timeout=SECONDS)
        return requests.post(url, form, auth=(self.client_id, self.secret), timeout=SECONDS)

    def redeem(self, code: str, by: str = "basic", **changes: str) -> requests.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "code_verifier": self.verifier,
        }
        return self.call(form | changes, by)

    def refresh(self, token: str) -> requests.Response:
        return self.call({"grant_type": "refresh_token", "refresh_token": token})

    def tokens(self, **changes: str | None) -> dict:
        """Return the tokens of a whole flow, checked as OpenID Connect Core §3.1.3.7 wants it."""
        response = self.redeem(self.code(**changes))
        assert response.status_code == 200, response.text
        assert response.headers["Cache-Control"] == "no-store"
        tokens = response.json()
        nonce = changes.get("nonce", self.nonce)
        tokens["claims"] = self.checked(tokens["id_token"], tokens["access_token"], nonce)
        return tokens

    def checked(self, id_token: str, access_token: str, nonce: str | None) -> dict:
        keys = requests.get(self.told["jwks_uri"], timeout=SECONDS).json()
        assert not [key for key in keys["keys"] if "d" in key]
        token = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=["RS256"])
        claims, now = token.claims, time.time()
        wanted = {"iss": self.issuer, "aud": self.client_id} | ({"nonce": nonce} if nonce else {})
        assert {name: claims[name] for name in wanted} == wanted
        assert ("nonce" in claims) == bool(nonce)
        assert claims["iat"] - 5 <= now < claims["exp"]
        assert claims["auth_time"] <= claims["iat"]
        half = sha256(access_token.encode()).digest()[:16]
        assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
        assert token.header["kid"] in {key["kid"] for key in keys["keys"]}
        return claims

    def userinfo(self, token: str, by: str = "get") -> requests.Response:
        url, bearer = self.told["userinfo_endpoint"], {"Authorization": f"Bearer {token}"}
        if by == "body":
            return requests.post(url, {"access_token": token}, timeout=SECONDS)
        return requests.request(by.upper(), url, headers=bearer, timeout=SECONDS)

    def sign_out(self, **parameters: str) -> requests.Response:
        return self.go(f"{self.told['end_session_endpoint']}?{urlencode(parameters)}")

    @property
    def is_signed_in(self) -> bool:
        """Say whether the intranet still knows the person in this browser."""
        return "code" in self.answer(self.ask(prompt="none"))


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
