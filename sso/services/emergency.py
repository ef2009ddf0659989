"""The one emergency account: a system admin that needs no directory, and is never used in silence.

It has a passkey and nothing else, so the key itself belongs into a sealed envelope in a safe.
"""

import logging

from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver

from sso.models import User
from sso.services.audit import Action, record
from sso.services.resets import begin_invitation
from sso.services.revocation import Reason, revoke
from sso.signals import emergency_account_used

log = logging.getLogger(__name__)
USERNAME = "khan-cap"


@transaction.atomic
def make_emergency_account() -> tuple[User, str]:
    """Return the account and the token by which its passkey is made, once. An older passkey and all access end."""
    account = User.objects.filter(origin=User.Origin.SEALED).first()
    if account is None:
        account = User.objects.create_superuser(
            USERNAME, full_name="Tài khoản khẩn cấp", origin=User.Origin.SEALED
        )
    Authenticator.objects.filter(user=account).delete()
    revoke(account, Reason.FACTOR_RESET)
    record(Action.EMERGENCY_MADE, person=account)
    return account, begin_invitation(account, by=None)


@receiver(user_logged_in)
def raise_alarm(sender, request, user, **kwargs):
    """Whatever door it came by: say so in the log, in the record and to every system admin."""
    if user.origin == User.Origin.SEALED:
        log.critical("The emergency account %s has signed in.", user.username)
        record(Action.EMERGENCY, person=user, request=request)
        emergency_account_used.send(User, person=user)
