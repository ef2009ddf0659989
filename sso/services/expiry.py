"""Removing the rows of what has run out or was ended: rubbish, for none of it is accepted any more."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from oauth2_provider.settings import oauth2_settings

from sso.models import (
    AccessToken,
    DeviceGrant,
    Grant,
    IDToken,
    Invitation,
    LogoutNotice,
    PushedRequest,
    RefreshToken,
    Revocation,
    Session,
    SigningKey,
    TrustedBrowser,
)
from sso.models.devices import of_the_living
from sso.services.guests import end_guests_over

AT_ONCE = 500  # rows of one short transaction, so that nobody waits
NOTICES_KEPT = timedelta(days=90)
REVOCATIONS_KEPT = timedelta(days=1)


def clear_expired() -> dict[str, int]:
    """Remove all of it, and end the accounts of guests that are over; return how many rows of each kind went."""
    return {"guest": end_guests_over()} | {rows.model._meta.model_name: cleared(rows) for rows in expired()}


def expired() -> Iterator[models.QuerySet]:
    now = timezone.now()
    idle = now - timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
    ended = ~of_the_living()
    yield Session.objects.filter(Q(expires_at__lte=now) | ended)
    yield Grant.objects.filter(Q(expires__lte=now) | ended)
    # One that was followed by another stays as long as its family may live: used again, it ends the family.
    # One of a system that is told of sign-outs stays too: by it we know who is to be told.
    silent = Q(application__backchannel_logout_uri="", application__frontchannel_logout_uri="")
    unused = silent & Q(revoked=None, created__lte=idle)
    yield RefreshToken.objects.filter(Q(absolute_expiry__lte=now) | unused | ended)
    yield AccessToken.objects.filter(Q(expires__lte=now) | ended, refresh_token=None)
    yield IDToken.objects.filter(Q(expires__lte=now) | ended)
    yield DeviceGrant.objects.filter(expires__lte=now)
    yield PushedRequest.objects.filter(expires_at__lte=now)
    yield SigningKey.objects.filter(ends_at__lte=now)
    yield TrustedBrowser.objects.filter(Q(expires_at__lte=now) | ended)
    yield Invitation.objects.filter(Q(expires_at__lte=now) | ended)
    yield LogoutNotice.objects.filter(made_at__lte=now - NOTICES_KEPT)
    yield Revocation.objects.filter(at__lte=now - REVOCATIONS_KEPT)


def cleared(rows: models.QuerySet) -> int:
    """Delete ``rows``, looking at each piece of the table once. Returns how many went.

    The piece is chosen by its keys alone: with joins in that question PostgreSQL, whose statistics are old after many
    deletions, has compared each row with all of another table.
    """
    everything, count = rows.model.objects.order_by("pk").values_list("pk", flat=True), 0
    keys = list(everything[:AT_ONCE])
    while keys:
        gone = list(rows.filter(pk__in=keys).values_list("pk", flat=True))
        rows.model.objects.filter(pk__in=gone).delete()
        count += len(gone)
        keys = list(everything.filter(pk__gt=keys[-1])[:AT_ONCE])
    return count
