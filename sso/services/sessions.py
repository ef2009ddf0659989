"""Ending what somebody holds: sessions, codes, tokens."""

import logging
from collections.abc import Iterable

from django.db import transaction
from django.db.models import F

from sso.models import AccessToken, Grant, IDToken, RefreshToken, User

log = logging.getLogger(__name__)
ISSUED = (Grant, RefreshToken, AccessToken, IDToken)


@transaction.atomic
def revoke_everything(people: Iterable[User | int], reason: str) -> None:
    """End every session, code and token of ``people`` (or their keys); they may sign in again when active."""
    keys = [getattr(person, "pk", person) for person in people]
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        User.objects.filter(pk__in=some).update(security_epoch=F("security_epoch") + 1)
        for model in ISSUED:
            model.objects.filter(user__in=some).delete()
    if keys:
        log.info("Sessions and tokens of %s people ended: %s", len(keys), reason)


@transaction.atomic
def end_session(sid: str) -> None:
    """End the codes and tokens that were issued in the session ``sid``; those of other devices live on."""
    if sid:
        for model in ISSUED:
            model.objects.filter(sid=sid).delete()


@transaction.atomic
def revoke_family(family) -> None:
    """End the tokens that descend from one code, because somebody used a code or token twice."""
    if family:
        log.warning("A code or refresh token was used twice; its tokens are ended.")
        RefreshToken.objects.filter(token_family=family).delete()
        AccessToken.objects.filter(token_family=family).delete()
