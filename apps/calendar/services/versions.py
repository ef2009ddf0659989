"""The log of what has been changed, and who is told."""

from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import translation

from apps.calendar.models import Change, Event
from apps.calendar.wording import repeats, span
from intranet.api import notify
from sso.api import User


def snapshot(event: Event) -> dict[str, str]:
    """Return what people know of ``event`` in the words of the ministry's language."""
    with translation.override(settings.LANGUAGE_CODE):
        rows = list(event.attendances.select_related("user").order_by("pk"))
        leaders = [row.user.full_name for row in rows if row.is_leader]
        people = [row.user.full_name for row in rows if not row.is_leader]
        return {
            "summary": event.summary,
            "when": span(event.starts_at, event.ends_at, event.is_all_day),
            "repeats": repeats(event.rrule) if event.rrule else "",
            "kind": str(event.get_kind_display()),
            "location": event.location,
            "chair": event.chair_name,
            "leaders": ", ".join(leaders),
            "participants": "; ".join(filter(None, [event.participants_text, ", ".join(people)])),
            "preparing_unit": event.preparing_unit.name if event.preparing_unit else "",
            "invitation_number": event.invitation_number,
            "description": event.description,
            "note": event.note,
            "is_private": "✓" if event.is_private else "",
        }


def differences(before: dict[str, str], after: dict[str, str]) -> list[list[str]]:
    """Return [field, old, new] for each field that differs."""
    return [[name, before[name], after[name]] for name in after if before[name] != after[name]]


def record(
    event: Event,
    act: str,
    *,
    by: User,
    on_behalf_of: User | None = None,
    reason: str = "",
    fields: list[list[str]] | None = None,
) -> Change:
    return Change.objects.create(
        event=event, act=act, by=by, on_behalf_of=on_behalf_of, reason=reason, fields=fields or []
    )


def tell(event: Event, kind: str, *, to: Iterable[User], by: User, reason: str = "") -> None:
    """Notify ``to`` of ``event`` after the commit, never the one who did it, and of a draft nobody."""
    people = [person for person in to if person.pk != by.pk]
    if not people or event.is_draft:
        return
    with translation.override(settings.LANGUAGE_CODE):
        where = (span(event.starts_at, event.ends_at, event.is_all_day), event.location, reason)
        text = " · ".join(filter(None, where))
    url = event.get_absolute_url()
    transaction.on_commit(partial(notify, kind, to=people, title=event.summary, url=url, text=text))
