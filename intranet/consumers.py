"""The one socket of a page: it says that there is something new, the page then asks for it."""

import asyncio
import logging
from collections import defaultdict
from contextlib import suppress

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.urls import path

from intranet import notifications
from sso.api import SID, is_in_force, opens_all

log = logging.getLogger(__name__)
SIGNED_OUT = 4401
TRY_AGAIN_LATER = 1013


class NoticeConsumer(AsyncJsonWebsocketConsumer):
    open: dict[int, set["NoticeConsumer"]] = defaultdict(set)  # those of this process, by person
    has_ended = False

    async def __call__(self, scope, receive, send):
        """Serve the socket until the page goes, or until ``close_ended`` ends it.

        The server closes a socket only while nobody waits for its next message, so the waiting is cancelled first.
        """
        self.serving = asyncio.ensure_future(super().__call__(scope, receive, send))
        try:
            await self.serving
        except asyncio.CancelledError:
            if not self.has_ended:
                raise
            await self.disconnect(SIGNED_OUT)
            await send({"type": "websocket.close", "code": SIGNED_OUT})

    async def connect(self):
        user, session = self.scope["user"], self.scope["session"]
        await self.accept()  # a socket that is refused before it opens cannot say why
        if not user.is_authenticated or not opens_all(session):
            await self.close(code=SIGNED_OUT)
            return
        notifications.sockets_loop = asyncio.get_running_loop()
        self.user_id, self.sid = user.pk, session[SID]
        self.open[user.pk].add(self)
        # Only now it would be told of an end; one that came before is seen here.
        if not await database_sync_to_async(is_in_force)(self.sid):
            await self.close(code=SIGNED_OUT)
            return
        self.group = notifications.group_of(user.pk)
        try:
            await self.channel_layer.group_add(self.group, self.channel_name)
        except Exception as error:
            log.warning("Live updates are not available: %r", error)
            await self.close(code=TRY_AGAIN_LATER)

    async def disconnect(self, code):
        if hasattr(self, "sid"):
            self.open[self.user_id].discard(self)
            if not self.open[self.user_id]:
                del self.open[self.user_id]
        if hasattr(self, "group"):
            with suppress(Exception):
                await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content, **kwargs):
        """Pages only listen."""

    async def notice(self, event):
        await self.send_json(event["payload"])

    @classmethod
    async def close_ended(cls, user_id: int, sid: str, kept: str):
        """Close the sockets of the session ``sid``, or of all but ``kept`` when it is ""."""
        for consumer in list(cls.open.get(user_id, ())):
            if consumer.sid != kept and sid in ("", consumer.sid):
                consumer.has_ended = True
                consumer.serving.cancel()


websocket_urlpatterns = [path("ws/notices/", NoticeConsumer.as_asgi())]
