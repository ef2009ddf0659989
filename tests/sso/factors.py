"""People with a second factor, and what they do in a browser."""

import json
import re
import time
from html import unescape

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.test import Client
from django.urls import reverse

from tests.sso.soft_passkey import SoftPasskey

LOCALHOST = {"HTTP_HOST": "localhost:8000"}
STEP = "/sign-in/second-step/"
OTHER_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def browser(**more) -> Client:
    """A browser that came by the name that passkeys belong to."""
    return Client(**LOCALHOST, **more)


def with_app(person) -> Authenticator:
    return TOTP.activate(person, generate_totp_secret()).instance


def with_codes(person) -> list[str]:
    return RecoveryCodes.activate(person).generate_codes()


def code_now(person, at: float | None = None) -> str:
    """What the person's authenticator app shows."""
    factor = Authenticator.objects.get(user=person, type=Authenticator.Type.TOTP)
    counter = int(time.time() if at is None else at) // 30
    return format_hotp_value(hotp_value(decrypt(factor.data["secret"]), counter))


def options_in(response) -> dict:
    """What the page asks the browser to make or to show."""
    page = response.content.decode()
    if found := re.search(r'data-options="([^"]*)"', page):
        return json.loads(unescape(found[1]))
    host, challenge = (re.search(rf'data-{name}="([^"]*)"', page)[1] for name in ("host", "challenge"))
    return {"challenge": challenge, "rpId": host}


def with_passkey(person, client: Client) -> SoftPasskey:
    """Make a passkey on the page, in the session of ``client``."""
    key = SoftPasskey()
    url = reverse("account-security-passkey-new")
    response = client.post(
        url, {"name": "Máy cơ quan", "credential": key.create(options_in(client.get(url)))}
    )
    assert response.status_code in {200, 302}, response.content
    return key


def passkey_of(person) -> SoftPasskey:
    """A passkey that ``person`` made in another browser."""
    client = browser()
    client.force_login(person)
    return with_passkey(person, client)


def passkey_sign_in(client: Client, key: SoftPasskey, **query: str):
    page = client.get(reverse("account_login"), query)
    return client.post(reverse("passkey-sign-in"), {"credential": key.get(options_in(page)), **query})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def kinds(person) -> list[str]:
    """The kinds of the person's factors, sorted."""
    return sorted(Authenticator.objects.filter(user=person).values_list("type", flat=True))
