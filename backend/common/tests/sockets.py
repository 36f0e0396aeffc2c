"""A client for socket tests: real ASGI application, real layer, real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import connections

from common import realtime

LIMIT_S = 10.0


class Client(WebsocketCommunicator):  # type: ignore[misc]
    """Reads frames until one fits; remembers the close code."""

    def __init__(self, path: str, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        from crm.asgi import application

        super().__init__(application, path, headers=headers or [])
        self.seen: list[dict[str, Any]] = []

    async def say(self, **frame: Any) -> None:
        await self.send_to(text_data=json.dumps(frame))

    async def next(self, fits: Callable[[dict[str, Any]], bool] | str, limit_s: float = LIMIT_S) -> dict[str, Any]:
        """The next frame of this type (or that fits); others are kept in `seen`."""
        wanted = (lambda f: f.get("type") == fits) if isinstance(fits, str) else fits
        async with asyncio.timeout(limit_s):
            while True:
                message = await self.receive_output(timeout=limit_s)
                if message["type"] == "websocket.close":
                    raise AssertionError(f"closed with {message.get('code')}, seen {self.seen}")
                frame: dict[str, Any] = json.loads(message["text"])
                self.seen.append(frame)
                if frame["type"] == "ping":
                    await self.say(type="pong", ts=frame["ts"])
                if wanted(frame):
                    return frame

    async def closed(self, limit_s: float = LIMIT_S) -> int:
        """The close code; frames before it go to `seen`. The application hears of the end, as from a real server."""
        async with asyncio.timeout(limit_s):
            while True:
                message = await self.receive_output(timeout=limit_s)
                if message["type"] == "websocket.close":
                    code = int(message.get("code") or 1000)
                    await self.send_input({"type": "websocket.disconnect", "code": code})
                    await self.wait(limit_s)
                    return code
                self.seen.append(json.loads(message["text"]))

    async def hears_nothing_of(self, kind: str, until: str) -> None:
        """Nothing of type `kind` comes before a frame of type `until`, which the caller provokes."""
        await self.next(until)
        assert [f for f in self.seen if f["type"] == kind] == []


async def stop_loops() -> None:
    """End the loops that this event loop has started, and give back its threads' connections."""
    await sync_to_async(connections.close_all)()
    for task in list(realtime._background):
        if task.get_loop() is asyncio.get_running_loop():
            task.cancel()
    known = realtime._hubs.pop(asyncio.get_running_loop(), None)
    if known is not None and known.reader is not None:
        known.reader.cancel()
        await asyncio.gather(known.reader, return_exceptions=True)
