"""What stands between a right password and the session."""

from allauth.account.stages import LoginStage
from django.conf import settings
from django.shortcuts import redirect

from sso.services.factors import is_trusted
from sso.services.sign_ins import has_factor, standing_of

TRUST_COOKIE = ("__Host-" if settings.IS_HTTPS else "") + "trusted"
MOST_TOKENS = 5  # people who share a browser


class SecondStep(LoginStage):
    """Asked of whoever has a second factor, unless they came by passkey or in a browser that they trust."""

    key = "second_step"
    urlname = "account_second_step"

    def handle(self):
        """Leave by ``exit`` only, which the page calls after a right code or passkey."""
        person = self.login.user
        person.standing = standing_of(person)
        if not has_factor(person.standing) or self.login.state.get("passkey") == person.pk:
            return None, True
        if is_trusted(person, tokens_of(self.request)):
            return None, True
        self.state["epoch"] = person.security_epoch
        return redirect(self.urlname), True


def tokens_of(request) -> list[str]:
    return request.COOKIES.get(TRUST_COOKIE, "").split(".")[:MOST_TOKENS]
