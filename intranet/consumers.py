"""The one socket of a page: it says that there is something new, the page then asks for it."""

import asyncio
import logging
from contextlib import suppress

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.urls import path

from intranet import notifications

log = logging.getLogger(__name__)
SIGNED_OUT = 4401
TRY_AGAIN_LATER = 1013


class NoticeConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self):
        user = self.scope["user"]
        await self.accept()  # a socket that is refused before it opens cannot say why
        if not user.is_authenticated:
            await self.close(code=SIGNED_OUT)
            return
        notifications.sockets_loop = asyncio.get_running_loop()
        self.group = notifications.group_of(user.pk)
        try:
            await self.channel_layer.group_add(self.group, self.channel_name)
        except Exception as error:
            log.warning("Live updates are not available: %r", error)
            await self.close(code=TRY_AGAIN_LATER)

    async def disconnect(self, code):
        if hasattr(self, "group"):
            with suppress(Exception):
                await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content, **kwargs):
        """Pages only listen."""

    async def notice(self, event):
        await self.send_json(event["payload"])


websocket_urlpatterns = [path("ws/notices/", NoticeConsumer.as_asgi())]
