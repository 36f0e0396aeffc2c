"""Many WebSocket phones (or pages) in one process of their own: a client so small that the server is measured.

The parent talks to the fleet by a pipe; moments are CLOCK_MONOTONIC nanoseconds, the same in all processes.
"""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import os
import resource
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, cast

MASK = b"\0\0\0\0"  # a mask of zeros is a mask; nobody reads these frames on the way


def raise_file_limit(wanted: int = 65_536) -> int:
    """The number of files this process may open, as high as `wanted` where the machine allows it."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))
    return ceiling


def client_frame(text: str, opcode: int = 1) -> bytes:
    """One masked frame of a client."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    else:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    return head + MASK + payload


def is_one_short_text(data: bytes) -> bool:
    """True for exactly one whole text frame: the common case, and the one that is measured."""
    if data[0] != 0x81 or data[1] > 126:
        return False
    return len(data) == (data[1] + 2 if data[1] < 126 else int.from_bytes(data[2:4]) + 4)


class Socket(asyncio.Protocol):
    """A WebSocket client of text frames; subclasses see whole frames."""

    def __init__(self, path: str, host: str, headers: str = "") -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self.request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
        )
        self.transport: asyncio.Transport | None = None
        self.buffer = b""
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.say_raw(self.request.encode())

    def say_raw(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def say(self, frame: dict[str, Any]) -> None:
        self.say_raw(client_frame(json.dumps(frame)))

    def data_received(self, data: bytes) -> None:
        if self.is_open and not self.buffer and is_one_short_text(data):
            self.on_text(data[2 if data[1] < 126 else 4 :])
            return
        self.buffer = self.buffer + data if self.buffer else data
        if self.is_open or self._open():
            self._frames()

    def _open(self) -> bool:
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return False
        self.buffer = rest
        if not head.startswith(b"HTTP/1.1 101"):
            self.on_refused(head)
            return False
        self.is_open = True
        self.on_open()
        return True

    def _frames(self) -> None:
        while len(self.buffer) >= 2:
            size, start = self.buffer[1] & 0x7F, 2
            if size >= 126:
                start = 4 if size == 126 else 10
                if len(self.buffer) < start:
                    return
                size = int.from_bytes(self.buffer[2:start])
            if len(self.buffer) < start + size:
                return
            opcode, payload = self.buffer[0] & 0x0F, self.buffer[start : start + size]
            self.buffer = self.buffer[start + size :]
            self.on_data(opcode, payload)

    def on_data(self, opcode: int, payload: bytes) -> None:
        if opcode == 1:
            self.on_text(payload)
        elif opcode == 8:
            self.on_end(int.from_bytes(payload[:2]) if len(payload) >= 2 else 1005)
            if self.transport is not None:
                self.transport.close()
        elif opcode == 9:
            self.say_raw(client_frame(payload.decode("latin-1"), opcode=10))

    def on_open(self) -> None: ...

    def on_text(self, payload: bytes) -> None: ...

    def on_refused(self, head: bytes) -> None: ...

    def on_end(self, code: int) -> None: ...


@dataclass
class Order:
    """What a fleet is made of: sockets with a first frame each, or (with `every_s`) pollers with a path each."""

    host: str
    port: int
    path: str
    firsts: list[str]
    headers: list[str] = field(default_factory=list)
    ready_word: str = '"synced"'
    watched: str = '"offer"'
    key: str = "call_id"
    claims: bool = False
    together: int = 200
    returns: bool = False
    every_s: float = -1
    connections: int = 0  # of pollers that share all paths; 0: one each
    ports: list[int] = field(default_factory=list)  # taken in turns, as behind a balancer; empty: `port`


class Member(Socket):
    """One socket of a fleet: ready when it reads `ready_word`, and notes the moment of every watched frame."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        order = fleet.order
        super().__init__(order.path, f"{order.host}:{order.port}", order.headers[number] if order.headers else "")
        self.fleet, self.number, self.is_gone = fleet, number, False

    def on_open(self) -> None:
        first = self.fleet.order.firsts[self.number]
        if first:
            self.say_raw(client_frame(first))

    def on_text(self, payload: bytes) -> None:
        now = time.monotonic_ns()
        fleet, order = self.fleet, self.fleet.order
        if fleet.watched in payload:
            fleet.raw.append((payload, self.number, now))
            if order.claims:
                self.say({"type": "claim", "call_id": json.loads(payload)["call_id"]})
        elif b'"go"' in payload:
            fleet.granted.append((json.loads(payload)["call_id"], self.number, now))
        elif fleet.ready_word in payload:
            fleet.is_ready(self.number)
        elif b'"ping"' in payload:
            self.say({"type": "pong", "ts": json.loads(payload).get("ts")})

    def on_refused(self, head: bytes) -> None:
        self.fleet.errors.append(head[:60].decode("latin-1"))
        self.fleet.retry(self.number)

    def on_end(self, code: int) -> None:
        self.fleet.ends.append(code)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_gone = True
        self.fleet.lost(self.number)


class Poller(asyncio.Protocol):
    """The seed's dialer: the same GET every `every_s` seconds on a kept connection; notes the commands it fetches."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        self.fleet, self.number = fleet, number
        self.transport: asyncio.Transport | None = None
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        order = self.fleet.order
        wait_s = order.every_s * (self.number % 997) / 997
        asyncio.get_running_loop().call_later(wait_s, self.ask)

    def ask(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            request = self.fleet.request(self.number)
            self.asked_at = time.monotonic()
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        size = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                size = int(line.partition(b":")[2])
        if len(rest) < size:
            return
        now = time.monotonic()
        self.buffer = rest[size:]
        fleet = self.fleet
        status = head[9:12]
        fleet.took.append(now - self.asked_at)
        if status == b"200":
            fleet.seen.append((json.loads(rest[:size])["id"], self.number, time.monotonic_ns()))
        elif status != b"204":
            fleet.errors.append(status.decode("latin-1"))
        fleet.is_ready(self.number)
        wait_s = max(fleet.order.every_s - (now - self.asked_at), 0)
        if wait_s:
            asyncio.get_running_loop().call_later(wait_s, self.ask)
        else:
            self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self.fleet.retry(self.number)


class Fleet:
    """The loop of the fleet's process."""

    def __init__(self, order: Order, pipe: Connection) -> None:
        self.order, self.pipe = order, pipe
        self.members: dict[int, Member | Poller] = {}
        self.ready: dict[int, int] = {}
        self.watched, self.ready_word = order.watched.encode(), order.ready_word.encode()
        # what was read is understood when it is asked for, not while moments are taken
        self.raw: list[tuple[bytes, int, int]] = []
        self.seen: list[tuple[str, int, int]] = []
        self.granted: list[tuple[str, int, int]] = []
        self.errors: list[str] = []
        self.ends: list[int] = []
        self.took: list[float] = []
        self.turn = -1
        self.leaving = False
        self.work: set[asyncio.Task[None]] = set()
        self.gate = asyncio.Semaphore(order.together)
        self.tries = 0

    def request(self, number: int) -> bytes:
        """The poller's own request, or the next of all when connections are shared."""
        order = self.order
        if order.connections:
            number = self.turn = (self.turn + 1) % len(order.firsts)
        head = f"GET {order.firsts[number]} HTTP/1.1\r\nHost: {order.host}:{order.port}\r\n"
        return f"{head}{order.headers[number]}\r\n".encode()

    async def _connect(self, made: Callable[[], asyncio.Protocol]) -> asyncio.BaseProtocol:
        """To the next server; where nobody listens, to the one after it at once, as a balancer does."""
        ports = self.order.ports or [self.order.port]
        loop = asyncio.get_running_loop()
        for left in range(len(ports) - 1, -1, -1):
            self.tries += 1
            try:
                return (await loop.create_connection(made, self.order.host, ports[self.tries % len(ports)]))[1]
            except ConnectionRefusedError:
                if not left:
                    raise
        raise ConnectionRefusedError

    def is_ready(self, number: int) -> None:
        self.ready[number] = time.monotonic_ns()

    def lost(self, number: int) -> None:
        self.ready.pop(number, None)
        if not self.leaving and self.order.returns:
            self.retry(number)

    def retry(self, number: int, wait_s: float = 0.2) -> None:
        if self.leaving:
            return
        task = asyncio.get_running_loop().create_task(self._come(number, wait_s))
        self.work.add(task)
        task.add_done_callback(self.work.discard)

    async def _come(self, number: int, wait_s: float) -> None:
        """Connect; when nobody listens, again with growing patience, as a phone would."""
        while not self.leaving:
            if wait_s:
                await asyncio.sleep(wait_s * (0.5 + (number % 97) / 97))
            try:
                async with self.gate:
                    made = partial(Poller if self.order.every_s >= 0 else Member, self, number)
                    member = cast("Member | Poller", await self._connect(made))
                    self.members[number] = member
                    if isinstance(member, Poller):
                        return
                    until = time.monotonic() + 30
                    while not (number in self.ready or member.is_gone or time.monotonic() > until):  # noqa: ASYNC110
                        await asyncio.sleep(0.005)
                return
            except OSError as error:
                self.errors.append(type(error).__name__)
                wait_s = min(max(wait_s, 0.1) * 1.6, 5)

    async def run(self) -> None:
        for number in range(self.order.connections or len(self.order.firsts)):
            self.retry(number, 0)
        while True:
            while not self.pipe.poll():  # noqa: ASYNC110 (a pipe has no event)
                await asyncio.sleep(0.02)
            asked = self.pipe.recv()
            if asked == "end":
                break
            self.pipe.send(self.answer(asked))
        self.leaving = True
        for member in self.members.values():
            if member.transport is not None:
                member.transport.abort()

    def answer(self, asked: str) -> Any:
        if asked == "ready":
            return len(self.ready)
        if asked == "moments":
            return list(self.ready.values())
        if asked == "take":
            key = self.order.key
            self.seen += [(str(json.loads(text).get(key)), number, moment) for text, number, moment in self.raw]
            self.raw = []
            taken = (self.seen, self.granted, self.errors, self.ends, self.took)
            self.seen, self.granted, self.errors, self.ends, self.took = [], [], [], [], []
            return taken
        raise ValueError(asked)


def _live(order: Order, pipe: Connection, cpus: set[int]) -> None:
    if cpus:
        os.sched_setaffinity(0, cpus)
    raise_file_limit()
    asyncio.run(Fleet(order, pipe).run())


@dataclass
class Taken:
    """What the fleet saw since it was asked last: (key, socket, moment in ns)."""

    seen: list[tuple[str, int, int]]
    granted: list[tuple[str, int, int]]
    errors: list[str]
    ends: list[int]
    took: list[float]


class Sockets:
    """A fleet as its parent holds it; a context manager that ends the process."""

    def __init__(self, order: Order, cpus: set[int] | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, far = context.Pipe()
        self.process = context.Process(target=_live, args=(order, far, cpus or set()), daemon=True)
        self.count = len(order.firsts)
        self.claims = order.claims

    def __enter__(self) -> Sockets:
        self.process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.pipe.send("end")
        self.process.join(20)
        if self.process.is_alive():
            self.process.kill()

    def ask(self, word: str) -> Any:
        self.pipe.send(word)
        return self.pipe.recv()

    def wait_ready(self, limit_s: float = 180) -> float:
        """Seconds until every socket is ready."""
        return self.wait(lambda: self.ask("ready") == self.count, limit_s)

    def wait(self, holds: Callable[[], bool], limit_s: float) -> float:
        start = time.monotonic()
        while not holds():
            if time.monotonic() - start > limit_s:
                raise SystemExit(f"Не дождались: готовы {self.ask('ready')} из {self.count} сокетов.")
            time.sleep(0.05)
        return time.monotonic() - start

    def take(self) -> Taken:
        return Taken(*self.ask("take"))
