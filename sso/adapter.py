"""How allauth behaves here: no sign-up, our texts, limits that protect the directory's accounts."""

import secrets

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal import ratelimit
from django.contrib.auth import authenticate
from django.contrib.auth import login as start_session
from django.utils.translation import gettext_lazy as _

from sso.backends import NAMED, canonical_name
from sso.directory import DirectoryUnavailable
from sso.limits import TooManyTries, Tries
from sso.services.sessions import end_session

SID = "sid"  # names this session in tokens, without being its key


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _(
            "The account or the password is wrong. Check the Caps Lock key and the typing method (Unikey)."
        ),
        "incorrect_password": _("This password is wrong."),
        "too_many_login_attempts": _(
            "Too many wrong passwords. To protect the account, sign-in waits five minutes; "
            "mail programs go on working."
        ),
    }

    def is_open_for_signup(self, request):
        return False

    def authenticate(self, request, **credentials):
        """Return the person, or None. An outage of the directory is no wrong password and counts as none."""
        tries = Tries(limit_key(credentials.get("username", "")), ratelimit.get_ip(request))
        try:
            tries.begin()
        except TooManyTries:
            raise self.validation_error("too_many_login_attempts") from None
        try:
            user = authenticate(request, **credentials)
        except DirectoryUnavailable:
            tries.take_back()
            raise
        if user:
            tries.succeeded()
        else:
            tries.failed()
            self.authentication_failed(request, **credentials)
        return user

    def reauthenticate(self, user, password):
        return self.authenticate(context.request, username=user.username, password=password) == user

    def login(self, request, user):
        """Start the session under a new key, named by a random sid."""
        start_session(request, user)
        request.session[SID] = secrets.token_urlsafe(24)

    def logout(self, request):
        end_session(request.session.get(SID, ""))
        super().logout(request)

    def add_message(self, *args, **kwargs):
        """The next page shows by itself that one has signed in or out."""


def limit_key(typed: str) -> str:
    """Return one key for all spellings of an account: its row when there is one, else what was typed."""
    name = canonical_name(typed)
    known = NAMED.first(name) if name else None
    return str(known.pk) if known else f"?{name[:254]}"
