"""The outside party of these tests: a small server that plays the documented protocol as a test tells it."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

WITHIN_S = 10.0
Frame = dict[str, Any]


class Wire:
    """One accepted socket: what the phone said, in order."""

    def __init__(self, ws: ServerConnection) -> None:
        self.ws = ws
        self.frames: list[Frame] = []
        self.news = asyncio.Condition()
        self.closed = asyncio.Event()

    async def send(self, type_: str, **fields: Any) -> None:
        await self.ws.send(json.dumps({"type": type_, **fields}))

    async def hello(self, **fields: Any) -> "Wire":
        await self.expect("auth")
        said = {
            "protocol": 1,
            "session": "s",
            "ping_s": 25,
            "pong_s": 10,
            "server_time": "",
            "token_expires_in_s": 900,
        }
        await self.send("hello", **{**said, **fields})
        await self.send("synced")
        return self

    async def offer(self, call_id: str, phone: str = "+70005550101") -> None:
        await self.send("offer", call_id=call_id, phone=phone, title="", contact="", note="", ttl_ms=60_000)

    async def go(self, call_id: str, *, dial_within_ms: int = 5000) -> None:
        await self.send("go", call_id=call_id, lease=f"lease-{call_id}", dial_within_ms=dial_within_ms)

    async def grant(self, call_id: str) -> None:
        await self.offer(call_id)
        await self.expect("claim", call_id=call_id)
        await self.go(call_id)

    async def expect(self, type_: str, **fields: Any) -> Frame:
        """Wait for a frame like this; it is taken from the record."""

        def position() -> int:
            wanted = {"type": type_, **fields}
            return next((n for n, frame in enumerate(self.frames) if wanted.items() <= frame.items()), -1)

        async with asyncio.timeout(WITHIN_S), self.news:
            await self.news.wait_for(lambda: position() >= 0)
            return self.frames.pop(position())

    def said(self, type_: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == type_]

    async def listen(self) -> None:
        try:
            async for text in self.ws:
                async with self.news:
                    self.frames.append(json.loads(text))
                    self.news.notify_all()
        except ConnectionClosed:
            pass
        self.closed.set()


class FakeServer:
    """Accepts sockets and REST requests; answers are taken from `answers[path]`, then from `usual`."""

    def __init__(self) -> None:
        self.wires: asyncio.Queue[Wire] = asyncio.Queue()
        self.requests: list[tuple[str, dict[str, str], Frame]] = []
        self.news = asyncio.Condition()
        self.answers: defaultdict[str, deque[tuple[int, Any]]] = defaultdict(deque)
        self.issued = 0
        self.url = self.ws_url = ""

    async def wire(self, **hello: Any) -> Wire:
        """The next socket, greeted."""
        async with asyncio.timeout(WITHIN_S):
            wire = await self.wires.get()
        return await wire.hello(**hello)

    async def asked(self, path: str) -> tuple[dict[str, str], Frame]:
        """Wait for a request of this path; it is taken from the record."""

        def position() -> int:
            return next((n for n, request in enumerate(self.requests) if request[0] == path), -1)

        async with asyncio.timeout(WITHIN_S), self.news:
            await self.news.wait_for(lambda: position() >= 0)
            return self.requests.pop(position())[1:]

    async def on_socket(self, ws: ServerConnection) -> None:
        wire = Wire(ws)
        self.wires.put_nowait(wire)
        await wire.listen()

    async def on_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                path = lines[0].split()[1].partition("?")[0]
                headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:] if line)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                async with self.news:
                    self.requests.append((path, headers, json.loads(body or b"{}")))
                    self.news.notify_all()
                status, answer = self.answer(path)
                text = json.dumps(answer).encode() if status != 204 else b""
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer(self, path: str) -> tuple[int, Any]:
        if self.answers[path]:
            return self.answers[path].popleft()
        if path in ("/api/token/", "/api/token/refresh/"):
            self.issued += 1
            return 200, {
                "access": f"access{self.issued}",
                "refresh": f"refresh{self.issued}",
                "is_admin": False,
            }
        return (204, None) if path == "/api/phone/calls/pull/" else (200, {})


@asynccontextmanager
async def fake_server() -> AsyncIterator[FakeServer]:
    server = FakeServer()
    rest = await asyncio.start_server(server.on_request, "127.0.0.1", 0)
    async with serve(server.on_socket, "127.0.0.1", 0, ping_interval=None) as sockets:
        server.url = f"http://127.0.0.1:{rest.sockets[0].getsockname()[1]}"
        server.ws_url = f"http://127.0.0.1:{next(iter(sockets.sockets)).getsockname()[1]}"
        yield server
    rest.close()


Play = Callable[[FakeServer], Awaitable[None]]
