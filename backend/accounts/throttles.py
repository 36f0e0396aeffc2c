"""Pace by person and device (D15): twenty dialers behind one office address do not share a limit."""

from __future__ import annotations

import hashlib
import time
from typing import Any, ClassVar

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle


class UserDeviceThrottle(BaseThrottle):
    """At most `limit` requests in a window of `period_s` seconds; without a cache it lets through."""

    scope: ClassVar[str]
    limit: ClassVar[int]
    period_s: ClassVar[int] = 60

    def allow_request(self, request: Request, view: Any) -> bool:
        device = _safe(request.query_params.get("device_id", ""))
        window = int(time.time()) // self.period_s
        key = f"pace:{self.scope}:{request.user.pk}:{device}:{window}"
        cache.add(key, 0, timeout=self.period_s * 2)
        try:
            return cache.incr(key) <= self.limit
        except ValueError:
            return True

    def wait(self) -> float:
        return self.period_s - time.time() % self.period_s


class PullThrottle(UserDeviceThrottle):
    scope, limit = "pull", 180


class HeartbeatThrottle(UserDeviceThrottle):
    scope, limit = "heartbeat", 30


class TelemetryThrottle(UserDeviceThrottle):
    scope, limit = "telemetry", 20


class QrCreateThrottle(UserDeviceThrottle):
    scope, limit, period_s = "qr", 1, 10


def _safe(text: str) -> str:
    """A device's name as a piece of a cache key."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
