"""The peer: the consumer that the Channels documentation would have you write, one group a person."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402 (apps must be loaded first)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402


class PlainConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """Joins the groups that its first frame names; sends what the layer brings."""

    async def receive_json(self, content: dict[str, Any], **kwargs: Any) -> None:
        for group in content.get("groups", ()):
            await self.channel_layer.group_add(group, self.channel_name)
        await self.send_json({"type": "synced"})

    async def push(self, event: dict[str, Any]) -> None:
        await self.send_json(event["frame"])


application = ProtocolTypeRouter(
    {"http": django_application, "websocket": URLRouter([path("ws/plain/", PlainConsumer.as_asgi())])}
)
