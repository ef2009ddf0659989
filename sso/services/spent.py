"""What may be used once only: codes and challenges, across all processes."""

from hashlib import sha256

from django.utils import timezone

from sso.models.factors import SPENT_AGE, Spent


def spend(kind: str, value: str) -> bool:
    """Say whether this is the first use of ``value``, which is remembered longer than it could be valid."""
    Spent.objects.filter(at__lt=timezone.now() - SPENT_AGE).delete()
    digest = sha256(f"{kind}|{value}".encode()).hexdigest()
    return Spent.objects.get_or_create(digest=digest)[1]
