"""Notices: written with the change they tell of, pushed to open pages after the commit."""

import asyncio
import logging
from collections.abc import Iterable
from functools import partial

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.utils.encoding import force_str

from intranet.look import forget_pages
from intranet.models import Notification
from intranet.plugins import plugins
from sso.api import User

log = logging.getLogger(__name__)
LONGEST_SEND_SECONDS = 5

# The event loop of the sockets when they live in this process, set by the first socket that opens.
sockets_loop: asyncio.AbstractEventLoop | None = None


def group_of(user_id: int) -> str:
    """Return the channel group of a person's open pages."""
    return f"person.{user_id}"


def kind_label(kind: str) -> str:
    """Return the words of a notice's kind in the reader's language, "" for one nobody declares."""
    return next(
        (str(named.label) for plugin in plugins() for named in plugin.kinds if named.name == kind), ""
    )


def notify(kind: str, *, to: Iterable[User], title: str, url: str = "", text: str = "") -> None:
    """Tell each of ``to`` (once each, active people only) and push to their open pages after the commit."""
    people = {person.pk: person for person in to if person.is_active}
    notices = [
        Notification(to=person, kind=kind, title=force_str(title)[:500], text=force_str(text), url=url)
        for person in people.values()
    ]
    Notification.objects.bulk_create(notices)
    transaction.on_commit(partial(forget_pages, *people), robust=True)
    messages = [(notice.to_id, {"id": notice.pk, "kind": kind, "url": url}) for notice in notices]
    if messages:
        transaction.on_commit(partial(push, messages), robust=True)


def push(messages: list[tuple[int, dict]]) -> None:
    """Send to the open pages of each person. Live updates are a comfort: where the sockets live in this
    process nobody waits for them, and a failure is only logged.
    """
    if sockets_loop and sockets_loop.is_running():
        asyncio.run_coroutine_threadsafe(_send(messages), sockets_loop)
    else:
        async_to_sync(_send)(messages)


async def _send(messages):
    layer = get_channel_layer()
    try:
        async with asyncio.timeout(LONGEST_SEND_SECONDS):
            for user_id, payload in messages:
                await layer.group_send(group_of(user_id), {"type": "notice", "payload": payload})
    except Exception as error:
        log.warning("Live updates are not available: %r", error)
