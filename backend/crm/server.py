"""Daphne with our manners: small frames, no pings of its own, and a drain before it lets go.

Daphne has no lifespan and on SIGTERM drops sockets with 1006; here shutdown waits for `phonebridge.hall.drain`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from typing import Any

import daphne.server
from daphne.http_protocol import WebRequest
from daphne.server import Server
from twisted.internet.defer import Deferred

from common.realtime import hub, start_draining
from common.ws import MAX_FRAME_BYTES, Close, SocketConsumer
from crm.asgi import application
from phonebridge.hall import drain

logger = logging.getLogger(__name__)
LAST_ANSWERS_S = 10.0
NEVER_S = 86_400 * 365


class PoliteFactory(daphne.server.WebSocketFactory):  # type: ignore[misc]
    """Says 1009 before it lets an over-long frame's connection go; Autobahn's default is to drop it."""

    def setProtocolOptions(self, **options: Any) -> None:
        super().setProtocolOptions(failByDrop=False, closeHandshakeTimeout=2, **options)


daphne.server.WebSocketFactory = PoliteFactory


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


def serve(host: str, port: int) -> None:
    """Serve HTTP and both sockets until SIGTERM or SIGINT."""
    endpoint = f"tcp:port={port}:interface={host.replace(':', chr(92) + ':')}"
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
    )
    server.run()
    if server.failed:
        sys.stderr.write(f"Адрес {host}:{port} занят или недоступен. Выберите другой порт.\n")
    logging.shutdown()
    sys.stderr.flush()
    # A request that outlived its patience holds a thread that waits for the stopped loop, and must not hold us.
    os._exit(1 if server.failed else 0)
