"""Connections that have not yet said what they want: bounded in number and in time (S-6, R-6).

A client that opens thousands of connections, or drips a head byte by byte, costs at most `HANDSHAKES_MAX` of them
for `HANDSHAKE` each. Who speaks at once never waits: it is always the oldest silent connection that has to go.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import daphne.server
from daphne.http_protocol import WebRequest
from django.conf import settings
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, _GenericHTTPChannelProtocol

TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
LOOK_EVERY_S = 0.5


class Waiting:
    """The connections of this process whose head is not complete, oldest first."""

    def __init__(self) -> None:
        self.since: dict[Any, float] = {}

    def came(self, channel: Any) -> None:
        self.since[channel] = time.monotonic()
        if len(self.since) > settings.HANDSHAKES_MAX:
            oldest = next(iter(self.since))
            self.left(oldest)
            oldest.transport.abortConnection()

    def left(self, channel: Any) -> None:
        """It has spoken, or gone."""
        self.since.pop(channel, None)

    async def keep(self) -> None:
        """The loop that ends what takes too long."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            latest = time.monotonic() - settings.HANDSHAKE.total_seconds()
            for channel in [known for known, at in self.since.items() if at < latest]:
                self.left(channel)
                channel.transport.write(TOO_SLOW)
                channel.transport.loseConnection()


WAITING = Waiting()


class PromptChannel(HTTPChannel):
    """Is known to `WAITING` until its first head is complete."""

    def connectionMade(self) -> None:
        super().connectionMade()  # type: ignore[no-untyped-call]
        WAITING.came(self)

    def allHeadersReceived(self) -> None:
        WAITING.left(self)
        super().allHeadersReceived()  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        WAITING.left(self)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]


class SealedRequest(WebRequest):  # type: ignore[misc]
    """Leaves the body to the application.

    Twisted would take forms apart before anybody asks: whole in memory and in the thread of all sockets, which stand
    still for a second and a half while it looks through an upload of 25 MB; and what it dislikes it answers by itself.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, parsePOSTFormSubmission=False, **options)


class PromptFactory(daphne.server.HTTPFactory):  # type: ignore[misc]
    def protocol(self) -> Any:
        return _GenericHTTPChannelProtocol(PromptChannel())  # type: ignore[no-untyped-call]

    def buildProtocol(self, addr: Any) -> Any:
        built = super().buildProtocol(addr)
        built.requestFactory = SealedRequest
        return built
