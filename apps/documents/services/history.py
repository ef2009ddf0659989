"""The history of a document: entries are added, never changed."""

from datetime import datetime, time

from django.utils import timezone

from apps.documents.models import Assignment, Document, HistoryEntry
from apps.documents.reach import reach_of
from sso.api import User


def record(
    document: Document, act: str, *, by: User, acting_as: User, text: str = "", changes: dict | None = None
) -> None:
    """Add an entry; ``acting_as`` is the person in whose name ``by`` did it."""
    HistoryEntry.objects.create(
        document=document,
        act=act,
        by=by,
        acted_for=other(acting_as, by),
        text=text,
        changes=changes or {},
    )


def other(person: User, by: User) -> User | None:
    """Return ``person`` when somebody else acted for them."""
    return None if person == by else person


def record_look(document: Document, act: str, *, by: User, text: str = "") -> None:
    """Remember once a day that ``by`` has opened the document or a file, and what it was given to them as."""
    morning = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    seen = document.history.filter(by=by, act=act, at__gte=morning, text=text)
    if seen.exists():
        return
    record(document, act, by=by, acting_as=by, text=text)
    held = Assignment.objects.filter(document=document, seen_at=None).for_desk_of(by)
    held.update(seen_at=timezone.now())


def history_of(document: Document, user: User):
    """Return the newest 200 entries; who merely looked is shown to those who keep or lead the register."""
    entries = document.history.select_related("by", "acted_for")
    reach = reach_of(user)
    if not reach.is_everywhere and document.register.unit_id not in reach.desk_units:
        entries = entries.exclude(act__in=HistoryEntry.LOOKS)
    return entries[:200]
