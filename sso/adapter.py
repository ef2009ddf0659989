"""How allauth behaves here: no sign-up, our texts, limits that protect the directory's accounts."""

import secrets

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal import ratelimit
from django.contrib.auth import login as start_session
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sso.backends import canonical_name
from sso.directory import DirectoryUnavailable
from sso.models import User
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

    def pre_authenticate(self, request, **credentials):
        """Count a try; it is given back when the password is right. Three limits, see ACCOUNT_RATE_LIMITS."""
        account = limit_key(credentials.get("username", ""))
        address = ratelimit.get_ip(request)
        counts = [
            ("login_failed", f"{account} {address}"),
            ("login_failed_anywhere", account),
            ("login_failed_address", None),
        ]
        self._login_failed_rl_usage = ratelimit.RateLimitUsage(usage=[])
        for action, key in counts:
            usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
            if usage is None:
                self._rollback_login_failed_rl_usage()
                raise self.validation_error("too_many_login_attempts")
            self._login_failed_rl_usage.usage += usage.usage

    def authenticate(self, request, **credentials):
        """An outage of the directory is no wrong password and counts as none."""
        try:
            return super().authenticate(request, **credentials)
        except DirectoryUnavailable:
            self._rollback_login_failed_rl_usage()
            raise

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
    key = (
        User.objects.filter(Q(username=name) | Q(email=name)).values_list("pk", flat=True).first()
        if name
        else None
    )
    return str(key) if key else f"?{name[:254]}"
