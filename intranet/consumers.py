"""The one socket of a page: it says that there is something new, the page then asks for it."""

import asyncio

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.urls import path

from intranet import notifications


class NoticeConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self):
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close(code=4401)
            return
        notifications.sockets_loop = asyncio.get_running_loop()
        self.group = notifications.group_of(user.pk)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        if hasattr(self, "group"):
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content, **kwargs):
        """Pages only listen."""

    async def notice(self, event):
        await self.send_json(event["payload"])


websocket_urlpatterns = [path("ws/notices/", NoticeConsumer.as_asgi())]
