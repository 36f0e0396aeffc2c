"""What every socket of the product does: size, pace, heartbeat, back-pressure, threads for queries."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from common.db import recent_connection
from common.pace import Pace
from common.proxies import client_address, is_trusted
from common.realtime import spawn

logger = logging.getLogger(__name__)
MAX_FRAME_BYTES = 64 * 1024
FLOOD_FRAMES, FLOOD_S = 200, 10.0
PING_EVERY_FRAMES = 32
MAX_UNANSWERED_FRAMES, MAX_UNANSWERED_BYTES = 64, 256 * 1024
UNANSWERED_S = 2.0
MAX_WAITING_BYTES = 1024 * 1024

# Own pool: one slow query must not hold the frames of other sockets (thread_sensitive=False).
POOL = ThreadPoolExecutor(max_workers=12, thread_name_prefix="socket-db")


def is_same_origin(scope: dict[str, Any]) -> bool:
    """True when the page that opened the socket is ours; programs send no Origin and carry no foreign page."""
    headers = dict(scope.get("headers") or [])
    origin = headers.get(b"origin")
    if origin is None:
        return True
    text = origin.decode("latin-1").lower()
    host = headers.get(b"host", b"").decode("latin-1").lower()
    return (bool(host) and urlsplit(text).netloc == host) or text in settings.CSRF_TRUSTED_ORIGINS


class Close:
    """Close codes: 40xx stop and ask the person · 41xx come back with backoff · 42xx come back at once."""

    BAD_TOKEN = 4001
    REVOKED = 4003
    TOO_OLD = 4008
    OVERLOADED = 4100
    TOO_SLOW = 4108
    NO_PONG = 4112
    FLOOD = 4129
    DRAIN = 4200
    REPLACED = 4201
    TOKEN_EXPIRED = 4202
    RESYNC = 4210
    LOGGED_OUT = 4401
    BROKEN = 1011
    TOO_BIG = 1009


async def in_thread[T](work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run `work` (queries) in the sockets' own pool, with a connection that is given back afterwards."""
    return await asyncio.get_running_loop().run_in_executor(POOL, partial(_with_connection, work, *args, **kwargs))


def _with_connection[T](work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """A server keeps one connection in each thread of the pool; elsewhere (tests) nothing is left behind."""
    if settings.IS_ASGI:
        with recent_connection():
            return work(*args, **kwargs)
    close_old_connections()
    try:
        return work(*args, **kwargs)
    finally:
        close_old_connections()


TOGETHER_S = 0.05


class Together[T]:
    """Collects what many sockets want done within a moment, and does it once for all of them, in a thread."""

    def __init__(self, work: Callable[[list[T]], object], after_s: float = TOGETHER_S) -> None:
        self.work, self.after_s = work, after_s
        self.items: list[T] = []
        self.done: asyncio.Future[None] | None = None

    def add(self, item: T) -> asyncio.Future[None]:
        """The future ends when the work is done, also when it failed: a failure is logged."""
        loop = asyncio.get_running_loop()
        if self.done is None or self.done.get_loop() is not loop:
            self.items, self.done = [], loop.create_future()
            loop.call_later(self.after_s, self._start)
        self.items.append(item)
        return asyncio.shield(self.done)

    def _start(self) -> None:
        items, done = self.items, self.done
        self.items, self.done = [], None
        assert done is not None  # noqa: S101 (typing)
        spawn(self._do(items, done))

    async def _do(self, items: list[T], done: asyncio.Future[None]) -> None:
        try:
            await in_thread(self.work, items)
        except (OperationalError, InterfaceError) as error:
            logger.warning("Sockets could not say something while the database was away: %s", error)
        finally:
            if not done.done():
                done.set_result(None)


class SocketConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Base of both sockets. Subclasses write `on_frame(type, frame)` and `on_close()`."""

    ping_after: timedelta = settings.CALL["ping"]
    pong_within: timedelta = settings.CALL["pong"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.closing = False
        self.heard_at = time.monotonic()
        self.pinged_at: float | None = None
        self.ping_ts = 0
        self.unproven_at: float | None = None  # since when nobody has proved to read: an echoed ping proves it
        self.rtt_ms: int | None = None
        self.sent_frames = 0
        self.unanswered = [0, 0]
        self.pace = Pace(FLOOD_FRAMES, FLOOD_S)
        self.timer: asyncio.TimerHandle | None = None
        self.work: set[asyncio.Task[None]] = set()
        self.frames: list[tuple[dict[str, Any], int]] = []  # few or none; an empty deque weighs 0.7 KiB a socket
        self.waiting_bytes = 0
        self.worker: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Reads frames.

        The hub delivers events, so the layer's per-socket channel is not used; Channels' own loop would cost two more
        tasks a socket and a hop through a thread for every message.
        """
        self.scope = scope
        self.base_send = send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass

    async def dispatch(self, message: dict[str, Any]) -> None:
        await getattr(self, get_handler_name(message))(message)

    # --- in

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.closing:
            return
        if (
            len(bytes_data or text_data or "") > MAX_FRAME_BYTES
            or len((text_data or "").encode("utf-8", "replace")) > MAX_FRAME_BYTES
        ):
            await self.shut(Close.TOO_BIG)
            return
        now = time.monotonic()
        self.heard_at = now
        if not self.pace.allows(now):
            await self.shut(Close.FLOOD)
            return
        frame = parse_frame(text_data)
        if frame is None:
            await self.send_frame(
                {"type": "error", "code": "bad_json", "message": "Кадр не разобран.", "retry": False}
            )
            return
        if frame["type"] == "pong":
            self._on_pong(frame)
        await self._enqueue(frame, len(text_data or ""))

    async def _enqueue(self, frame: dict[str, Any], size: int) -> None:
        self.frames.append((frame, size))
        self.waiting_bytes += size
        if self.waiting_bytes > MAX_WAITING_BYTES:
            await self.shut(Close.OVERLOADED)
        elif self.worker is None:
            task = asyncio.Task(self._work(), loop=asyncio.get_running_loop(), eager_start=True)
            if task.done():
                self._worked(task)
            else:
                self.worker = task
                task.add_done_callback(self._worked)

    async def _work(self) -> None:
        """Frames one after the other, beside the reading: a slow database must not make a live client look silent."""
        try:
            while self.frames and not self.closing:
                frame, size = self.frames.pop(0)
                self.waiting_bytes -= size
                await self.on_frame(frame["type"], frame)
        finally:
            self.worker = None  # here and not in a callback: a frame that comes between would wait for the next one

    def _worked(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            logger.error("A frame broke its handler", exc_info=task.exception())
            self.soon(self.shut(Close.BROKEN))

    async def on_frame(self, kind: str, frame: dict[str, Any]) -> None:
        raise NotImplementedError

    def _on_pong(self, frame: dict[str, Any]) -> None:
        """Any pong is a sign of life; the one that echoes our ping proves that what we sent is read."""
        if self.pinged_at is not None and frame.get("ts") == self.ping_ts:
            self.rtt_ms = round((time.monotonic() - self.pinged_at) * 1000)
            self.unproven_at = None
        self.pinged_at = None

    # --- out

    async def send_frame(self, frame: dict[str, Any]) -> None:
        text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
        # A word that a client sent may hold half a surrogate pair; escaped it can be said back.
        await self.send_text(text if is_encodable(text) else json.dumps(frame, separators=(",", ":")))

    async def send_text(self, text: str) -> None:
        """Send one frame; a client that does not read is closed before it fills our memory.

        Bytes bound the memory, so they count at once. Frames count when the ping has had time for a round trip:
        whoever reads well may get many small ones within it.
        """
        if self.closing:
            return
        if self.unproven_at is not None:
            self.unanswered[0] += 1
            self.unanswered[1] += len(text.encode(errors="replace"))
            if self.unanswered[1] > MAX_UNANSWERED_BYTES:
                await self.shut(Close.TOO_SLOW)
                return
            if self.unanswered[0] == MAX_UNANSWERED_FRAMES + 1:
                left = self.unproven_at + UNANSWERED_S - time.monotonic()
                asyncio.get_running_loop().call_later(max(left, 0), self._is_slow, self.unproven_at)
        await self._write(text)
        self.sent_frames += 1
        if self.sent_frames % PING_EVERY_FRAMES == 0:
            await self.ping()

    def _is_slow(self, since: float) -> None:
        if self.unproven_at == since:
            self.soon(self.shut(Close.TOO_SLOW))

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine for this socket from a plain callback: at once up to its first wait."""
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
        if not task.done():
            self.work.add(task)
            task.add_done_callback(self.work.discard)

    async def ping(self) -> None:
        if self.pinged_at is not None or self.closing:
            return
        self.pinged_at = time.monotonic()
        self.ping_ts = round(time.time() * 1000)
        if self.unproven_at is None:
            self.unproven_at, self.unanswered = self.pinged_at, [0, 0]
        await self._write(json.dumps({"type": "ping", "ts": self.ping_ts}))

    async def _write(self, text: str) -> None:
        with suppress(OSError):  # the client has gone: ASGI servers say so before they say `websocket.disconnect`
            await self.base_send({"type": "websocket.send", "text": text})

    # --- heartbeat: one timer a socket, first at a random moment so that a restart does not align them

    def start_heartbeat(self) -> None:
        self._wake_in(random.uniform(0, self.ping_after.total_seconds()))  # noqa: S311

    def _wake_in(self, seconds: float) -> None:
        self.timer = asyncio.get_running_loop().call_later(max(seconds, 0.05), self._heartbeat)

    def _heartbeat(self) -> None:
        if self.closing:
            return
        now = time.monotonic()
        if self.pinged_at is not None:
            waited = now - max(self.pinged_at, self.heard_at)
            if waited >= self.pong_within.total_seconds():
                self.soon(self.shut(Close.NO_PONG))
                return
            self._wake_in(self.pong_within.total_seconds() - waited)
            return
        quiet = now - self.heard_at
        if quiet >= self.ping_after.total_seconds() or self.rtt_ms is None:
            self.soon(self.ping())
            self._wake_in(self.pong_within.total_seconds())
            return
        self._wake_in(self.ping_after.total_seconds() - quiet)

    # --- the end

    async def shut(self, code: int) -> None:
        """Close once, with a code that tells the client what to do."""
        if self.closing:
            return
        self.closing = True
        if self.timer is not None:
            self.timer.cancel()
        await self.close(code=code)

    async def disconnect(self, code: int) -> None:
        self.closing = True
        if self.timer is not None:
            self.timer.cancel()
        # The server cancels an application that takes long to end; what the socket holds is given back all the same.
        await asyncio.shield(spawn(self._end(code)))

    async def _end(self, code: int) -> None:
        if self.worker is not None:
            await asyncio.wait([self.worker])
        await self.on_close(code)

    async def on_close(self, code: int) -> None:
        """Give back what the socket held."""


def is_encodable(text: str) -> bool:
    """False when `text` cannot be UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _finite(text: str) -> float:
    """What JSON cannot say back is no number: 1e999."""
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


def _no_constant(word: str) -> None:
    """NaN and the infinities are Python's, not JSON's."""
    raise ValueError(word)


def parse_frame(text: str | None) -> dict[str, Any] | None:
    """A JSON object with a string `type`, or None."""
    try:
        frame = json.loads(text or "", parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        return None
    return frame


class NotFoundConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Any other socket address: refused during the handshake."""

    async def connect(self) -> None:
        await self.close()


class ProxyHeaders:
    """Puts the caller's true address into the scope, when a trusted proxy tells it."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        peer = (scope.get("client") or ["", 0])[0]
        headers = dict(scope.get("headers") or [])
        address = peer
        if is_trusted(peer):
            address = client_address(peer, headers.get(b"x-forwarded-for", b"").decode("latin-1"))
        return await self.inner({**scope, "client_address": address}, receive, send)
