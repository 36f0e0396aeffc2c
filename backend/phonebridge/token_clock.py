"""The end of a socket's access token: a warning before it, then the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

EXPIRING_S = 120


class TokenClock:
    """Counts down the token of one socket; a newer token starts it anew.

    What it calls is held by the timer alone and let go with `stop`: a socket that ends leaves no cycle.
    """

    __slots__ = ("ends", "timer")

    def __init__(self) -> None:
        self.ends = 0.0
        self.timer: asyncio.TimerHandle | None = None

    def take(self, expires_at: datetime, warn: Callable[[], None], end: Callable[[], None]) -> None:
        """Call `warn` two minutes before the end (at once when it is nearer), `end` at the end."""
        left = expires_at.timestamp() - time.time()
        self.ends = time.monotonic() + left
        self._call_in(left - EXPIRING_S, self._warned, warn, end)

    def left_s(self) -> int:
        return max(round(self.ends - time.monotonic()), 0)

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def _warned(self, warn: Callable[[], None], end: Callable[[], None]) -> None:
        warn()
        self._call_in(self.ends - time.monotonic(), end)

    def _call_in(self, seconds: float, then: Callable[..., None], *args: Callable[[], None]) -> None:
        self.stop()
        self.timer = asyncio.get_running_loop().call_later(max(seconds, 0.05), then, *args)
