"""The only place that talks to the channel layer: topics in, sockets out.

A process holds one channel of the layer with the topics that it needs, and a local map topic → listeners;
an event is encoded once by its publisher. Delivery is a hint: whoever needs certainty reads the database.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine
from functools import cached_property, partial
from typing import Any, Protocol

import redis
from channels.layers import InMemoryChannelLayer, get_channel_layer  # noqa: TID251 (the one place)
from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

EVENT_TYPE = "hub.event"
BREAK_S = 1.0


class Event:
    """What arrives at a listener: the JSON text as published, parsed only when somebody asks."""

    def __init__(self, topic: str, text: str) -> None:
        self.topic = topic
        self.text = text

    @cached_property
    def data(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed


class Listener(Protocol):
    def deliver(self, event: Event) -> None:
        """Called on the event loop; must not block."""


class Hub:
    """The topics of one process (of one event loop)."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.layer = get_channel_layer()
        self.channel = ""
        self.listeners: dict[str, set[Listener]] = {}
        self.unjoined: set[str] = set()
        self.reader: asyncio.Task[None] | None = None
        self.lock = asyncio.Lock()

    async def subscribe(self, listener: Listener, *topics: str) -> None:
        """Let `listener` hear `topics` from now on."""
        for topic in topics:
            known = self.listeners.setdefault(topic, set())
            known.add(listener)
            if len(known) == 1:
                self.unjoined.add(topic)
        await self.join()

    async def unsubscribe(self, listener: Listener, *topics: str) -> None:
        for topic in topics:
            known = self.listeners.get(topic)
            if known is None:
                continue
            known.discard(listener)
            if not known:
                del self.listeners[topic]
                self.unjoined.discard(topic)
                await self._leave(topic)

    async def join(self) -> None:
        """Join the layer's groups that are still missing; a dead Redis leaves them for the next try."""
        if not self.unjoined:
            return
        async with self.lock:
            try:
                await self._start()
                for topic in list(self.unjoined):
                    await self.layer.group_add(topic, self.channel)
                    self.unjoined.discard(topic)
            except (RedisError, OSError) as error:
                logger.warning("Topics wait for Redis: %s", error)

    async def _start(self) -> None:
        if not self.channel:
            self.channel = await self.layer.new_channel()
        if self.reader is None or self.reader.done():
            self.reader = self.loop.create_task(self._read())

    async def _leave(self, topic: str) -> None:
        try:
            if self.channel:
                await self.layer.group_discard(topic, self.channel)
        except (RedisError, OSError) as error:
            logger.warning("A topic could not be left: %s", error)

    async def _read(self) -> None:
        while True:
            message = await self.layer.receive(self.channel)
            self.deliver(message["topic"], message["text"])

    def everyone(self) -> set[Listener]:
        """All listeners of this process."""
        return {listener for known in self.listeners.values() for listener in known}

    def deliver(self, topic: str, text: str) -> None:
        """Hand one event to the local listeners of its topic."""
        event = Event(topic, text)
        for listener in tuple(self.listeners.get(topic, ())):
            listener.deliver(event)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}
_starters: list[Callable[[], Coroutine[Any, Any, None]]] = []
_background: set[asyncio.Task[None]] = set()


def hub() -> Hub:
    """The hub of the running event loop; the first call starts the process's loops."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        for dead in [known for known in _hubs if known.is_closed()]:
            del _hubs[dead]
        found = _hubs[loop] = Hub(loop)
        for start in _starters:
            spawn(start())
    return found


def spawn(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` in the background of the running loop, kept from the garbage collector."""
    task = asyncio.get_running_loop().create_task(work)
    _background.add(task)
    task.add_done_callback(_finished)


def _finished(task: asyncio.Task[None]) -> None:
    _background.discard(task)
    if not task.cancelled() and task.exception() is not None:
        logger.error("A background task failed", exc_info=task.exception())


def with_first_socket(start: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Register a coroutine that runs for as long as the process holds sockets (Daphne has no lifespan)."""
    _starters.append(start)


# --- publishing, from sync code of any process


class _Publisher:
    """A kept client; after a failure it stays silent for a second, so that a dead Redis costs nobody time."""

    def __init__(self) -> None:
        self.client: redis.Redis | None = None
        self.silent_until = 0.0
        self.lost = 0

    def send(self, topic: str, text: str) -> bool:
        layer = get_channel_layer()
        message = {"type": EVENT_TYPE, "topic": topic, "text": text}
        if isinstance(layer, InMemoryChannelLayer):
            return _send_in_process(topic, message)
        if time.monotonic() < self.silent_until:
            self.lost += 1
            return False
        if self.client is None:
            self.client = redis.Redis.from_url(
                settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, max_connections=64
            )
        try:
            self.client.publish(group_channel(topic), layer.serialize(message))
        except (RedisError, OSError) as error:
            self.silent_until = time.monotonic() + BREAK_S
            self.lost += 1
            logger.warning("An event was not published, sweepers will make it good: %s", error)
            return False
        return True


def group_channel(topic: str) -> str:
    """The Redis channel that the layer subscribes to for a group of this name."""
    prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
    return f"{prefix}__group__{topic}"


def _send_in_process(topic: str, message: dict[str, str]) -> bool:
    sent = False
    for known in list(_hubs.values()):
        if topic in known.listeners and not known.loop.is_closed():
            known.loop.call_soon_threadsafe(known.deliver, topic, message["text"])
            sent = True
    return sent


_publisher = _Publisher()


def publish(topic: str, event: dict[str, Any]) -> bool:
    """Send `event` to every socket that listens to `topic`; False when it was lost on the way."""
    return _publisher.send(topic, json.dumps(event, ensure_ascii=False, separators=(",", ":")))


def publish_on_commit(topic: str, event: dict[str, Any]) -> None:
    """`publish` once the transaction has committed; its failure never fails the caller."""
    transaction.on_commit(partial(publish, topic, event), robust=True)


# --- the end of a process

_draining = False


def start_draining() -> None:
    global _draining
    _draining = True


def is_draining() -> bool:
    """True once this process has begun to let its sockets go."""
    return _draining
