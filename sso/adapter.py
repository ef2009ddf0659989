"""How allauth behaves here: no sign-up, our texts, limits that protect the directory's accounts."""

from functools import cache

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth import login as start_session
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _

from sso.backends import Hindered, backend_for
from sso.limits import TooManyTries
from sso.services.audit import Action, address_of, record
from sso.services.passwords import end_notice, note_end
from sso.services.sessions import SID, end_session, name_session
from sso.services.sign_ins import MUST_ENROL, days_left, note_sign_in, standing_of

YEAR = 365 * 24 * 3600
LONGEST_WAY = 8000  # characters of an address that somebody is sent on to


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # One text for all: slapd answers to a locked account as to a wrong password, and a stranger learns nothing.
        "username_password_mismatch": _(
            "The account or the password is wrong, or the account is locked. Check the Caps Lock key and the typing "
            "method (Unikey). If both are right, ask the help desk of the information centre."
        ),
        "incorrect_password": _("This password is wrong."),
        "too_many_login_attempts": _(
            "Too many wrong passwords. To protect the account, sign-in waits five minutes; "
            "mail programs go on working."
        ),
    }

    def is_open_for_signup(self, request):
        return False

    def is_safe_url(self, url):
        return is_within(context.request, url)

    def authenticate(self, request, **credentials):
        """Return the person, or None. Raises DirectoryUnavailable, and Hindered after a right password."""
        try:
            user = authenticate(request, **credentials)
        except TooManyTries:
            raise self.validation_error("too_many_login_attempts") from None
        if user is None:
            self.authentication_failed(request, **credentials)
        else:
            note_end(request, user)
        return user

    def reauthenticate(self, user, password):
        try:
            return self.authenticate(context.request, username=user.username, password=password) == user
        except Hindered as hindered:
            # Whoever is inside already proves the password with one that has run out, too.
            return hindered.person == user and user.is_active

    def get_login_stages(self):
        return ["sso.stages.SecondStep"]

    def respond_user_inactive(self, request, user):
        return redirect("account_login")

    def login(self, request, user):
        """Start the session under a new key, named by a random sid."""
        if not user.is_active:
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        start_session(request, user, backend_for(user))
        name_session(request)
        if notice := end_notice(request, user):
            messages.warning(request, notice)
        record(Action.SIGNED_IN, person=user, request=request, **of_browser(request))

    def post_login(self, request, user, **hooks):
        """Return the way on: to where the person wanted to go, or by the page about a second step that is due."""
        response = super().post_login(request, user, **hooks)
        standing = getattr(user, "standing", None) or standing_of(user)
        note_sign_in(user, standing, request.headers.get("User-Agent", ""), address_of(request))
        left = days_left(standing)
        if left is not None:
            request.session[MUST_ENROL] = left == 0
            url = reverse("account-security-required")
            response = redirect(f"{url}?{urlencode({'next': response.url})}")
        if user.language:
            remember_language(response, user.language)
        return response

    def logout(self, request):
        end_session(request.session.get(SID, ""))
        if request.user.is_authenticated:
            record(Action.SIGNED_OUT, person=request.user, request=request, **of_browser(request))
        super().logout(request)

    def add_message(self, *args, **kwargs):
        """The next page shows by itself that one has signed in or out."""


class FactorAdapter(DefaultMFAAdapter):
    """What makes codes is encrypted in the database, by a key that is not in it."""

    def encrypt(self, text):
        return cipher(*settings.FACTOR_KEYS).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        return cipher(*settings.FACTOR_KEYS).decrypt(encrypted_text).decode()

    def get_totp_issuer(self):
        return settings.WAGTAIL_SITE_NAME

    def get_totp_label(self, user):
        return user.username


@cache
def cipher(*keys: str) -> MultiFernet:
    """Encrypts with the first of ``keys`` and decrypts with any."""
    return MultiFernet([Fernet(key) for key in keys])


def is_within(request, url: str) -> bool:
    """Say whether ``url`` leads to this very host, where somebody may be sent on to.

    What a system asks may be longer than the addresses that Django looks at; where it leads to stands before the "?".
    """
    if not url or len(url) > LONGEST_WAY:
        return False
    place = url.partition("?")[0] or "/"
    return url_has_allowed_host_and_scheme(place, {request.get_host()}, require_https=request.is_secure())


def remember_language(response, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def of_browser(request) -> dict[str, str]:
    """Return which session and browser an entry of the record is about."""
    return {"session": request.session.get(SID, "")[:8], "browser": request.headers.get("User-Agent", "")}
