"""The socket of a television: hears that its wallboard changed, and nothing else."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError

from common.ids import uuid7
from common.realtime import Event, hub, is_draining
from common.ws import Close, SocketConsumer, in_thread, is_same_origin
from phonebridge import topics
from phonebridge.models import WallLink
from phonebridge.services.walls import live_link

logger = logging.getLogger(__name__)
COOKIE = "tv"


class TvConsumer(SocketConsumer):
    """`/ws/tv/`: the cookie of the link alone; a revoked link closes with 4401."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.token = ""
        self.topics: tuple[str, ...] = ()

    async def connect(self) -> None:
        if not is_same_origin(self.scope):
            await self.close()
            return
        await self.accept()
        if is_draining():
            await self.shut(Close.DRAIN)
            return
        self.token = _token(self.scope)
        try:
            link = await in_thread(live_link, self.token)
        except (OperationalError, InterfaceError):
            await self.shut(Close.OVERLOADED)
            return
        if link is None:
            await self.shut(Close.LOGGED_OUT)
            return
        await self._enter(link)

    async def _enter(self, link: WallLink) -> None:
        self.topics = (topics.wall(link.branch_id), topics.branch(link.branch_id))
        await hub().subscribe(self, *self.topics)
        await self.send_frame(
            {
                "type": "hello",
                "session": str(uuid7()),
                "server_time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "ping_s": round(self.ping_after.total_seconds()),
                "release": settings.RELEASE,
            }
        )
        self.start_heartbeat()
        await self._recheck()  # a link that was revoked between the look and the listening

    async def on_frame(self, kind: str, frame: dict[str, Any]) -> None:
        """A television has nothing to say."""

    def deliver(self, event: Event) -> None:
        if self.closing:
            return
        if event.data.get("type") == "recheck":
            self.soon(self._recheck())
        else:
            self.soon(self.send_text(event.text))

    async def _recheck(self) -> None:
        try:
            link = await in_thread(live_link, self.token)
        except (OperationalError, InterfaceError):
            await self.shut(Close.OVERLOADED)
            return
        if link is None:
            await self.shut(Close.LOGGED_OUT)

    async def on_close(self, code: int) -> None:
        if self.topics:
            await hub().unsubscribe(self, *self.topics)


def _token(scope: dict[str, Any]) -> str:
    """The television's cookie of a handshake; '' when there is none."""
    header = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
    try:
        cookies = SimpleCookie(header.decode("latin-1"))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""
