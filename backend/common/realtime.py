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
JOIN_WITHIN_S = 3.0
SHARES = 32


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
        # groups of the layer, with the topics that need them here
        self.groups: dict[str, set[str]] = {}
        self.unjoined: set[str] = set()
        self.reader: asyncio.Task[None] | None = None
        self.lock = asyncio.Lock()
        self.join_after = 0.0

    async def subscribe(self, listener: Listener, *topics: str) -> None:
        """Let `listener` hear `topics` from now on."""
        for topic in topics:
            self.listeners.setdefault(topic, set()).add(listener)
            group = group_of(topic)
            if group not in self.groups:
                self.groups[group] = set()
                self.unjoined.add(group)
            self.groups[group].add(topic)
        await self.join()

    async def unsubscribe(self, listener: Listener, *topics: str) -> None:
        for topic in topics:
            known = self.listeners.get(topic)
            if known is None:
                continue
            known.discard(listener)
            if known:
                continue
            del self.listeners[topic]
            group = group_of(topic)
            self.groups[group].discard(topic)
            if not self.groups[group]:
                del self.groups[group]
                self.unjoined.discard(group)
                await self._leave(group)

    async def join(self) -> None:
        """Join the layer's groups that are still missing; a dead or silent Redis leaves them for the next try."""
        if not self.unjoined:
            return
        async with self.lock:
            if time.monotonic() < self.join_after:
                return
            try:
                async with asyncio.timeout(JOIN_WITHIN_S):
                    await self._start()
                    for group in list(self.unjoined):
                        await self.layer.group_add(group, self.channel)
                        self.unjoined.discard(group)
            except (RedisError, OSError) as error:  # TimeoutError is an OSError
                self.join_after = time.monotonic() + BREAK_S
                logger.warning("Topics wait for Redis: %s", error)

    async def keep_joined(self) -> None:
        """The loop that joins what could not be joined at once."""
        while True:
            await asyncio.sleep(BREAK_S)
            await self.join()

    async def _start(self) -> None:
        if not self.channel:
            self.channel = await self.layer.new_channel()
        if self.reader is None or self.reader.done():
            self.reader = self.loop.create_task(self._read())

    async def _leave(self, group: str) -> None:
        try:
            if self.channel:
                async with asyncio.timeout(JOIN_WITHIN_S):
                    await self.layer.group_discard(group, self.channel)
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
_loops: list[Callable[[], Coroutine[Any, Any, None]]] = []
_background: set[asyncio.Task[None]] = set()


def hub() -> Hub:
    """The hub of the running event loop; the first call starts the loops of the process."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        for dead in [known for known in _hubs if known.is_closed()]:
            del _hubs[dead]
        found = _hubs[loop] = Hub(loop)
        for start in (found.keep_joined, *_loops):
            spawn(_supervise(start))
    return found


def spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run `work` in the background of the running loop, kept from the garbage collector."""
    task = asyncio.get_running_loop().create_task(work)
    _background.add(task)
    task.add_done_callback(_finished)
    return task


def _finished(task: asyncio.Task[None]) -> None:
    _background.discard(task)
    if not task.cancelled() and task.exception() is not None:
        logger.error("A background task failed", exc_info=task.exception())


def while_serving(loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Register a coroutine that runs for as long as the process serves sockets."""
    _loops.append(loop)


async def _supervise(loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Whatever a loop of the process fails with is told of, and the loop starts again."""
    while True:
        run = asyncio.ensure_future(loop())
        try:
            await asyncio.wait([run])
        finally:
            run.cancel()
        logger.error("A loop of the process has ended and starts again", exc_info=run.exception())
        await asyncio.sleep(BREAK_S)


# --- publishing, from sync code of any process


class _Publisher:
    """A kept client; after a failure it stays silent for a second, so that a dead Redis costs nobody time."""

    def __init__(self) -> None:
        self.client: redis.Redis | None = None
        self.silent_until = 0.0
        self.lost = 0

    def send(self, messages: list[tuple[str, str]]) -> bool:
        """PUBLISH all (topic, JSON text) in one round trip; False when they were lost on the way."""
        layer = get_channel_layer()
        if isinstance(layer, InMemoryChannelLayer):
            sent = [_send_in_process(topic, text) for topic, text in messages]
            return all(sent)
        if time.monotonic() < self.silent_until:
            self.lost += len(messages)
            return False
        if self.client is None:
            self.client = redis.Redis.from_url(
                settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, max_connections=64
            )
        try:
            pipe = self.client.pipeline(transaction=False)
            for topic, text in messages:
                pipe.publish(group_channel(topic), layer.serialize(_message(topic, text)))
            pipe.execute()
        except (RedisError, OSError) as error:
            self.silent_until = time.monotonic() + BREAK_S
            self.lost += len(messages)
            logger.warning("Events were not published, sweepers will make it good: %s", error)
            return False
        return True


def _message(topic: str, text: str) -> dict[str, str]:
    return {"type": EVENT_TYPE, "topic": topic, "text": text}


def group_of(topic: str) -> str:
    """The layer's group that carries `topic`: numbered topics share a few.

    Thousands of phones that come back at once would each cost subscriptions of their own; so a process subscribes at
    most `SHARES` times for a kind of topic, and drops what nobody here listens to.
    """
    kind, _, number = topic.rpartition(".")
    return f"{kind}.share{int(number) % SHARES}" if number.isascii() and number.isdigit() else topic


def group_channel(topic: str) -> str:
    """The Redis channel that the layer subscribes to for the group of this topic."""
    prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
    return f"{prefix}__group__{group_of(topic)}"


def _send_in_process(topic: str, text: str) -> bool:
    sent = False
    for known in list(_hubs.values()):
        if topic in known.listeners and not known.loop.is_closed():
            known.loop.call_soon_threadsafe(known.deliver, topic, text)
            sent = True
    return sent


_publisher = _Publisher()


type Message = tuple[str, dict[str, Any]]


def publish(topic: str, event: dict[str, Any]) -> bool:
    """Send `event` to every socket that listens to `topic`; False when it was lost on the way."""
    return publish_all((topic, event))


def publish_all(*messages: Message) -> bool:
    """Several events in one round trip, in this order; one that goes to several topics is encoded once."""
    texts: dict[int, str] = {}
    for _topic, event in messages:
        if id(event) not in texts:
            texts[id(event)] = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return _publisher.send([(topic, texts[id(event)]) for topic, event in messages])


def publish_on_commit(topic: str, event: dict[str, Any]) -> None:
    """`publish` once the transaction has committed; its failure never fails the caller."""
    publish_all_on_commit((topic, event))


def publish_all_on_commit(*messages: Message) -> None:
    """`publish_all` once the transaction has committed; its failure never fails the caller."""
    transaction.on_commit(partial(publish_all, *messages), robust=True)


# --- the end of a process

_draining = False


def start_draining() -> None:
    global _draining
    _draining = True


def is_draining() -> bool:
    """True once this process has begun to let its sockets go."""
    return _draining
