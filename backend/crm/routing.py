"""Which consumer answers at which socket address."""

from channels.routing import URLRouter
from channels.sessions import SessionMiddlewareStack
from django.urls import path, re_path

from common.ws import NotFoundConsumer, ProxyHeaders
from notifications.consumers import BrowserConsumer
from phonebridge.consumers import PhoneConsumer
from phonebridge.tv import TvConsumer

websockets = ProxyHeaders(
    URLRouter(
        [
            path("ws/phone/", PhoneConsumer.as_asgi()),
            path("ws/tv/", TvConsumer.as_asgi()),
            path("ws/ui/", SessionMiddlewareStack(BrowserConsumer.as_asgi())),
            re_path(r"", NotFoundConsumer.as_asgi()),
        ]
    )
)
