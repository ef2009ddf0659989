"""The secret addresses by which calendar programs subscribe."""

from django.db import transaction
from django.utils import timezone

from apps.calendar.models import Feed
from sso.api import User


@transaction.atomic
def renew_feed(user: User) -> str:
    """Return a new secret token for the feed of ``user``. The old address ends; the token is not kept."""
    token = Feed.new_token()
    values = {"token_hash": Feed.digest(token), "created_at": timezone.now(), "fetched_at": None}
    Feed.objects.update_or_create(user=user, defaults=values)
    return token


def stop_feed(user: User) -> None:
    """End the address of the feed of ``user``."""
    Feed.objects.filter(user=user).delete()
