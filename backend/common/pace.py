"""How often somebody may come: counted in this process, so that it costs nothing and needs no other server."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict


class Pace:
    """At most `limit` events in `window_s` seconds; the window before counts for the part of it that remains."""

    __slots__ = ("before", "limit", "now", "started", "window_s")

    def __init__(self, limit: int, window_s: float) -> None:
        self.limit, self.window_s = limit, window_s
        self.before = self.now = 0
        self.started = 0.0

    def wait_s(self, moment: float) -> float:
        """Seconds until the present window ends."""
        return max(self.started + self.window_s - moment, 1.0)

    def allows(self, moment: float) -> bool:
        """Count one more at `moment` (monotonic seconds); False when that is too many."""
        passed = moment - self.started
        if passed >= self.window_s:
            self.before = self.now if passed < 2 * self.window_s else 0
            self.now = 0
            self.started = moment if passed >= 2 * self.window_s else self.started + self.window_s
            passed = moment - self.started
        self.now += 1
        return self.now + self.before * (1 - passed / self.window_s) <= self.limit


class PaceBook:
    """A pace for each of many keys; the longest unused is forgotten first."""

    def __init__(self, limit: int, window_s: float, most: int = 50_000) -> None:
        self.limit, self.window_s, self.most = limit, window_s, most
        self._known: OrderedDict[object, Pace] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, key: object) -> float:
        """Count one more of `key`; 0.0 when it may, else the seconds to wait."""
        now = time.monotonic()
        with self._lock:
            pace = self._known.get(key)
            if pace is None:
                pace = self._known[key] = Pace(self.limit, self.window_s)
                if len(self._known) > self.most:
                    self._known.popitem(last=False)
            else:
                self._known.move_to_end(key)
            return 0.0 if pace.allows(now) else pace.wait_s(now)
