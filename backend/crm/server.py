"""Daphne with our manners: small frames, no pings of its own, and a drain before it lets go.

Daphne has no lifespan and on SIGTERM drops sockets with 1006; here shutdown waits for `phonebridge.hall.drain`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from functools import lru_cache
from typing import Any

import autobahn.websocket.protocol
import daphne.server
from daphne.http_protocol import WebRequest
from daphne.server import Server
from twisted.internet.defer import Deferred
from twisted.internet.tcp import Connection

from common.realtime import hub, start_draining, while_serving
from common.ws import MAX_FRAME_BYTES, Close, SocketConsumer
from crm.asgi import application
from crm.handshakes import WAITING, PromptFactory
from phonebridge.hall import drain

logger = logging.getLogger(__name__)
LAST_ANSWERS_S = 10.0
NEVER_S = 86_400 * 365
SWITCH_S = 0.0005
BACKLOG = 4096
SERVER_CODES = frozenset({1009, 1011})


def _untold(*_: Any, **__: Any) -> str:
    return ""


# Autobahn words its debug messages whether anybody reads them or not: more than a millisecond for each connection.
for _words in ("pformat", "hltype", "hlval"):
    setattr(autobahn.websocket.protocol, _words, _untold)


@lru_cache(maxsize=64)
def frame_of(text: str) -> bytes:
    """`text` as one whole, unmasked WebSocket frame; an event that goes to many pages is encoded once."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2) + payload
    return b"\x81\x7f" + size.to_bytes(8) + payload


class DirectProtocol(daphne.server.WebSocketFactory.protocol):  # type: ignore[misc]
    """Writes text frames into the socket at once, when nothing waits before them.

    Autobahn would build each frame anew, and the reactor would watch the socket for the moment at which it can be
    written, which is nearly always now: four times the work of the send itself.
    """

    def serverSend(self, content: Any, binary: bool = False) -> None:
        transport = self.transport
        if binary or self.state != self.STATE_OPEN or not isinstance(transport, Connection):
            super().serverSend(content, binary)
            return
        frame = frame_of(content)
        waits = transport.dataBuffer or transport._tempDataBuffer or transport.disconnecting or not transport.connected
        sent = 0 if waits else transport.writeSomeData(frame)
        if not isinstance(sent, int):
            sent = 0  # the connection is lost: the reactor finds out with the next write and says so
        if sent < len(frame):
            transport.write(frame[sent:])  # type: ignore[no-untyped-call]

    def serverClose(self, code: int | None = None) -> None:
        """Autobahn lets an application say 1000 and 3000–4999 only; 1009 and 1011 are a server's to say too."""
        if code in SERVER_CODES and self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=code, reasonUtf8=None, isReply=False)
            return
        super().serverClose(code)


class PoliteFactory(daphne.server.WebSocketFactory):  # type: ignore[misc]
    """Says 1009 before it lets an over-long frame's connection go; Autobahn's default is to drop it."""

    protocol = DirectProtocol

    def setProtocolOptions(self, **options: Any) -> None:
        super().setProtocolOptions(failByDrop=False, closeHandshakeTimeout=2, **options)


daphne.server.WebSocketFactory = PoliteFactory
daphne.server.HTTPFactory = PromptFactory
while_serving(WAITING.keep)


class DrainingServer(Server):  # type: ignore[misc]
    """Stops listening, asks every socket to come back elsewhere, waits, then ends."""

    failed = False

    def listen_error(self, failure: Any) -> None:
        self.failed = True
        super().listen_error(failure)

    def kill_all_applications(self) -> Any:
        start_draining()
        for listener in self.listeners:
            listener.addCallback(_stop_listening)
        waiting = Deferred.fromFuture(asyncio.ensure_future(self.let_go()))
        waiting.addBoth(lambda _: super(DrainingServer, self).kill_all_applications())
        return waiting

    async def let_go(self) -> None:
        """Sockets first, then the answers that are being made."""
        await drain()
        for listener in hub().everyone():
            if isinstance(listener, SocketConsumer):
                await listener.shut(Close.DRAIN)
        until = time.monotonic() + LAST_ANSWERS_S
        while self.is_answering() and time.monotonic() < until:  # noqa: ASYNC110 (Daphne tells nobody)
            await asyncio.sleep(0.05)

    def is_answering(self) -> bool:
        """True while an HTTP request is being worked on."""
        running = (
            details.get("application_instance")
            for protocol, details in self.connections.items()
            if isinstance(protocol, WebRequest)
        )
        return any(work is not None and not work.done() for work in running)


def _stop_listening(port: Any) -> Any:
    return port.stopListening() if port is not None else None


def _start_loops() -> None:
    """The loops of the process run from the beginning, also while nobody has a socket."""
    asyncio.get_event_loop().call_soon(hub)


def serve(host: str, port: int) -> None:
    """Serve HTTP and both sockets until SIGTERM or SIGINT."""
    # Twisted's queue of 50 overflows when thousands of phones come back at once: whoever finds it full waits a second.
    endpoint = f"tcp:port={port}:backlog={BACKLOG}:interface={host.replace(':', chr(92) + ':')}"
    server = DrainingServer(
        application,
        endpoints=[endpoint],
        signal_handlers=True,
        http_timeout=60,
        request_buffer_size=64 * 1024,
        websocket_timeout=NEVER_S,
        websocket_handshake_timeout=10,
        websocket_connect_timeout=20,
        websocket_max_message_size=MAX_FRAME_BYTES,
        websocket_max_frame_size=MAX_FRAME_BYTES,
        ping_interval=3600,
        ping_timeout=60,
        verbosity=1,
        server_name="crm",
        application_close_timeout=10,
        ready_callable=_start_loops,
    )
    # A thread that computes must not keep the loop from its sockets for Python's usual five milliseconds each time.
    sys.setswitchinterval(SWITCH_S)
    server.run()
    if server.failed:
        sys.stderr.write(f"Адрес {host}:{port} занят или недоступен. Выберите другой порт.\n")
    logging.shutdown()
    sys.stderr.flush()
    # A request that outlived its patience holds a thread that waits for the stopped loop, and must not hold us.
    os._exit(1 if server.failed else 0)
