"""The same push by others: how each is started, what its sockets say first, how an event is given to it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer  # noqa: TID251 (the peer uses the layer as its documentation says)
from django.conf import settings

from bench._fleet import Order
from bench._site import BACKEND, SERVER_CPU, Site, node, serving
from devkit.ports import free_port
from devkit.serving import cpu_s, rss_kib

type Event = tuple[str, dict[str, Any]]


@dataclass
class Peer:
    """A running peer: `publish` gives it (topic, frame) pairs."""

    name: str
    port: int
    path: str
    pid: int

    def order(self, topics: list[list[str]], key: str = "call_id", watched: str = '"offer"') -> Order:
        firsts = [json.dumps({"groups": mine}) for mine in topics]
        return Order("127.0.0.1", self.port, self.path, firsts, key=key, watched=watched)

    def publish(self, *events: Event) -> None:
        raise NotImplementedError

    def rss_kib(self) -> int:
        return rss_kib(self.pid)

    def cpu_s(self) -> float:
        return cpu_s(self.pid)


class Plain(Peer):
    """Stock Channels: stock Daphne with its own pings, a channel and a group a socket, `group_send`."""

    def publish(self, *events: Event) -> None:
        async_to_sync(_group_send)(events)


async def _group_send(events: tuple[Event, ...]) -> None:
    layer = get_channel_layer()
    for topic, frame in events:
        await layer.group_send(topic, {"type": "push", "frame": frame})


class NodeWs(Peer):
    """Node's `ws` with one subscription; published with the same kept client as ours."""

    client: redis.Redis | None = None

    def publish(self, *events: Event) -> None:
        if self.client is None:
            self.client = redis.Redis.from_url(settings.REDIS_URL)
        pipe = self.client.pipeline(transaction=False)
        for topic, frame in events:
            pipe.publish(f"node.{topic}", json.dumps(frame, ensure_ascii=False))
        pipe.execute()


@contextmanager
def plain() -> Iterator[Plain]:
    with serving("plain", cpus=SERVER_CPU) as site:
        yield Plain("plain Channels, group_send", site.port, "/ws/plain/", _pid(site))


def _pid(site: Site) -> int:
    assert site.process is not None  # noqa: S101 (typing)
    return site.process.pid


def node_modules() -> Path | None:
    """A directory with npm's `ws`, installed there when Node and its registry are at hand."""
    if not node():
        return None
    place = BACKEND.parent / ".state-bench-node"
    place.mkdir(exist_ok=True)
    if not (place / "node_modules/ws").is_dir():
        done = subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place), "ws@8"],
            capture_output=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            return None
    return place


@contextmanager
def node_ws() -> Iterator[NodeWs]:
    port, place = free_port(), node_modules()
    command = [node(), str(BACKEND / "bench/_node_ws.mjs"), str(place), str(port), settings.REDIS_URL, "node.*"]
    process = subprocess.Popen(command, preexec_fn=partial(os.sched_setaffinity, 0, SERVER_CPU))
    try:
        time.sleep(1.5)
        yield NodeWs("bare Node ws", port, "/", process.pid)
    finally:
        process.kill()
        process.wait(10)


def available() -> dict[str, Any]:
    """The peers that can run on this machine."""
    found: dict[str, Any] = {"plain": plain}
    if node_modules() is not None:
        found["node"] = node_ws
    return found
