"""Questions to one phone that a page asked: what was sent, and how long the answer took."""

from __future__ import annotations

import time
from typing import Any

from phonebridge import topics
from phonebridge.hall import hall

MOST = 20


class Probes:
    """Probes of one socket that wait for their pong, by id."""

    def __init__(self) -> None:
        self.waiting: dict[str, float] = {}

    def sent(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Remember a frame that is about to go out; the frame itself."""
        if frame.get("type") == "probe":
            if len(self.waiting) >= MOST:
                self.waiting.pop(next(iter(self.waiting)))
            self.waiting[str(frame["id"])] = time.monotonic()
        return frame

    def answered(self, device_id: int, probe_id: Any) -> None:
        """Administrators hear how long the answer took; nothing happens when nobody had asked."""
        at = self.waiting.pop(str(probe_id), None)
        if at is not None:
            rtt_ms = round((time.monotonic() - at) * 1000)
            said = {"type": "probed", "device": device_id, "id": str(probe_id), "rtt_ms": rtt_ms}
            hall().news.add((topics.FLEET, said))
