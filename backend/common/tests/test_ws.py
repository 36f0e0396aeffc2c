"""The base of both sockets: no frame is left lying, no end is forgotten, nobody fills our memory."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from common.ws import Close, SocketConsumer


class Echo(SocketConsumer):
    """Notes frames; each waits for `gate`."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.noted: list[str] = []
        self.said: list[dict[str, Any]] = []
        self.ends: list[int] = []
        self.base_send = self._say

    async def _say(self, message: dict[str, Any]) -> None:
        self.said.append(message)

    async def on_frame(self, kind: str, frame: dict[str, Any]) -> None:
        await self.gate.wait()
        self.noted.append(kind)

    async def on_close(self, code: int) -> None:
        self.ends.append(code)

    def codes(self) -> list[int]:
        return [message["code"] for message in self.said if message["type"] == "websocket.close"]


async def moments(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_frame_that_comes_when_the_last_one_has_just_been_handled_is_handled_too() -> None:
    """In the same turn of the loop the handler ends first and the next frame is received second."""
    socket = Echo()
    await socket.receive('{"type": "first"}')
    socket.gate.set()
    second = asyncio.create_task(socket.receive('{"type": "second"}'))
    await moments()
    await second
    assert socket.noted == ["first", "second"]


async def test_end_is_not_forgotten_when_the_server_has_no_patience() -> None:
    """A server cancels an application that takes long to end; what the socket held is given back when it can be."""
    socket = Echo()
    await socket.receive('{"type": "slow"}')
    ending = asyncio.create_task(socket.disconnect(1006))
    await moments()
    ending.cancel()
    await moments()
    assert socket.ends == []
    socket.gate.set()
    await moments(10)
    assert socket.ends == [1006]


async def test_frames_that_wait_are_bounded() -> None:
    socket = Echo()
    frame = json.dumps({"type": "heartbeat", "text": "x" * 60_000})
    for _ in range(30):
        await socket.receive(frame)
    assert socket.codes() == [Close.OVERLOADED]
    assert socket.waiting_bytes < 1_200_000
    socket.gate.set()


@pytest.mark.parametrize(("blind", "codes"), [(True, [Close.TOO_SLOW]), (False, [])])
async def test_pongs_that_echo_nothing_prove_nothing(blind: bool, codes: list[int]) -> None:
    """Who never reads can send pongs all the same; only an echo of our ping shows that it was read."""
    socket = Echo()
    socket.gate.set()
    for _ in range(80):
        await socket.send_frame({"type": "noise", "text": "x" * 10_000})
        ts = 0 if blind else socket.ping_ts
        await socket.receive(json.dumps({"type": "pong", "ts": ts}))
    assert socket.codes() == codes
    assert socket.pinged_at is None
