"""Phones that run beside a test, and what they told."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from dialer.api import make_client
from dialer.fleet import Fleet
from dialer.options import Options
from dialer.script_file import from_dict
from dialer.tests.fake_server import FakeServer, fake_server

QUICK = {"ring_s": 0.02, "talk_s": 0.04, "dial_delay_s": 0, "outcome": "connected"}


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with fake_server() as running:
        yield running


class Printed(io.StringIO):
    """Standard output that wakes who waits for a line."""

    def __init__(self) -> None:
        super().__init__()
        self.news = asyncio.Event()

    def write(self, text: str) -> int:
        self.news.set()
        return super().write(text)


class RunningFleet:
    """A started fleet; `events` reads what it printed."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.out = Printed()
        fleet.events.lines, fleet.events.out = True, self.out
        self.task = asyncio.ensure_future(fleet.run())

    def events(self, name: str) -> list[dict[str, Any]]:
        rows = [json.loads(line) for line in self.out.getvalue().splitlines() if line.startswith("{")]
        return [row for row in rows if row["event"] == name]

    async def event(self, name: str, count: int = 1) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while len(self.events(name)) < count:
                self.out.news.clear()
                await self.out.news.wait()
        return self.events(name)[count - 1]

    async def stop(self) -> int:
        self.fleet.done.set()
        return await self.task


Start = Callable[..., RunningFleet]


@pytest.fixture
async def start(server: FakeServer) -> AsyncIterator[Start]:
    """Start phones against the test's server: `start(script={...}, transport=…)`."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(make_client(connections=20))

        def start_fleet(script: dict[str, Any] | None = None, **fields: Any) -> RunningFleet:
            raw = script or {}
            scripted = from_dict({**raw, "defaults": {**QUICK, **raw.get("defaults", {})}})
            usual = {
                "url": server.url,
                "ws_url": server.ws_url,
                "username": "anna",
                "password": "p",
                "quiet": True,
            }
            running = RunningFleet(Fleet(Options(**{**usual, "script": scripted, "seed": "7", **fields}), client))
            stack.push_async_callback(running.stop)
            return running

        yield start_fleet
