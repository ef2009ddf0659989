"""Sockets, and without Redis the pages, too: those run as WSGI in a pool of threads that keep their connections."""

import os

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

from intranet.handler import get_pages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "intranet.settings")
pages = get_pages()

from channels.auth import AuthMiddlewareStack  # noqa: E402 (needs the apps loaded)

from intranet.consumers import websocket_urlpatterns  # noqa: E402
from sso.api import watch  # noqa: E402

watch()

in_threads = WSGIMiddleware(pages, workers=16)


async def http(scope, receive, send):
    """The pages. granian's ``receive`` returns a future, and a2wsgi needs a coroutine to hand to the loop."""

    async def received():
        return await receive()

    await in_threads(scope, received, send)


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
