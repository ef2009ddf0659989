"""Notices: opened, read, withdrawn, deleted."""

from datetime import timedelta

from django.utils import timezone

from intranet.look import forget_pages
from intranet.models import Notification
from sso.api import User, require

KEPT = timedelta(days=90)


def open_notice(notice: Notification, *, by: User) -> str:
    """Mark ``notice`` read and return the address it leads to, "" when it leads nowhere."""
    require(notice.to_id == by.pk)
    Notification.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())
    forget_pages(by.pk)
    return notice.url


def read_all_notices(*, by: User) -> int:
    """Mark every unread notice of ``by`` read; return how many there were."""
    return Notification.objects.visible_to(by).unread().update(read_at=timezone.now())


def withdraw_notices(kind: str) -> int:
    """Delete the notices of ``kind``, which tell of something that is over; return how many there were."""
    notices = Notification.objects.filter(kind=kind)
    people = set(notices.values_list("to", flat=True))
    count, _each = notices.delete()
    forget_pages(*people)
    return count


def delete_old_notices() -> int:
    """Delete notices older than 90 days, read or not; return how many there were."""
    count, _each = Notification.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return count
