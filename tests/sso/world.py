"""A person with everything that can let somebody in."""

import secrets
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.calendar.services import renew_feed
from sso.api import User, ensure_client, mail_token
from sso.models import DeviceGrant, Invitation
from sso.models.credentials import hashed
from sso.services import factors
from tests.factories import person_of
from tests.sso.conftest import ask, browser_of, is_in, parameters_of, redeem, refresh, tokens_of

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class World:
    """A person with everything that can let somebody in, and how each is tried."""

    def __init__(self, wiki):
        self.person = person_of()
        self.wiki = wiki
        self.program = ensure_client(
            "Máy quét", authorization_grant_type="client-credentials", allowed_scopes=["openid"]
        )
        self.mail_server = ensure_client(
            "Dovecot", authorization_grant_type="client-credentials", serves_scopes=["mail"]
        )
        self.outside = Client()

    def browser(self) -> Client:
        return browser_of(self.person)

    def is_session(self, browser) -> bool:
        return is_in(browser)

    def make(self, name):
        """Return a fresh credential of that name."""
        return {
            "session": self.browser,
            "code": lambda: parameters_of(ask(self.browser(), self.wiki[0]))["code"],
            "access token": lambda: tokens_of(self.browser(), self.wiki)["access_token"],
            "refresh token": lambda: tokens_of(self.browser(), self.wiki)["refresh_token"],
            "device grant": self.make_device_grant,
            "trusted browser": lambda: factors.trust_browser(self.person, "Firefox · Linux"),
            "passkey invitation": self.make_invitation,
            "mail token": lambda: mail_token(self.person),
            "token of a program": self.make_program_token,
            "calendar feed": lambda: renew_feed(self.person),
        }[name]()

    def is_accepted(self, name, it) -> bool:
        """Use the credential as whoever holds it would; some can be used once only."""
        return {
            "session": lambda: self.is_session(it),
            "code": lambda: redeem(self.outside, *self.wiki, it).status_code == 200,
            "access token": lambda: self.userinfo(it) == 200,
            "refresh token": lambda: refresh(self.outside, self.wiki, it).status_code == 200,
            "device grant": lambda: self.redeems_device_grant(it),
            "trusted browser": lambda: factors.is_trusted(User.objects.get(pk=self.person.pk), [it]),
            "passkey invitation": lambda: Invitation.objects.in_force().filter(pk=it.pk).exists(),
            "mail token": lambda: self.introspects(self.mail_server, it),
            "token of a program": lambda: self.introspects((self.wiki[0], self.wiki[1]), it),
            "calendar feed": lambda: (
                self.outside.get(reverse("calendar:feed_file", args=[it])).status_code == 200
            ),
        }[name]()

    def make_device_grant(self):
        """Of a device that its person has let in, and that has not asked yet."""
        self.wiki[0].authorization_grant_type = DEVICE_CODE
        self.wiki[0].save()
        code = secrets.token_urlsafe(32)
        DeviceGrant.objects.create(
            user=self.person,
            epoch=self.person.security_epoch,
            device_code=hashed(code),
            user_code=hashed(secrets.token_hex()),
            client_id=self.wiki[0].client_id,
            scope="openid",
            auth_time=timezone.now(),
            expires=timezone.now() + timedelta(minutes=5),
            status=DeviceGrant.AUTHORIZED,
        )
        return code

    def redeems_device_grant(self, code) -> bool:
        form = {"grant_type": DEVICE_CODE, "device_code": code}
        form |= {"client_id": self.wiki[0].client_id, "client_secret": self.wiki[1]}
        return self.outside.post(reverse("oauth-token"), form).status_code == 200

    def make_invitation(self):
        return Invitation.objects.create(
            user=self.person,
            token_hash=hashed(secrets.token_hex()),
            epoch=self.person.security_epoch,
            expires_at=timezone.now() + timedelta(hours=1),
        )

    def make_program_token(self):
        """Of the wiki itself, as a program."""
        self.wiki[0].authorization_grant_type = "client-credentials"
        self.wiki[0].save()
        form = {
            "grant_type": "client_credentials",
            "client_id": self.wiki[0].client_id,
            "client_secret": self.wiki[1],
        }
        return self.outside.post(reverse("oauth-token"), form).json()["access_token"]

    def userinfo(self, token) -> int:
        return self.outside.get(reverse("oauth-userinfo"), HTTP_AUTHORIZATION=f"Bearer {token}").status_code

    def introspects(self, client, token) -> bool:
        form = {"token": token, "client_id": client[0].client_id, "client_secret": client[1]}
        return self.outside.post(reverse("oauth-introspect"), form).json()["active"]
