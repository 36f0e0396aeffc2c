"""Pace by person and device (D15): twenty dialers behind one office address do not share a limit."""

from __future__ import annotations

import hashlib
import json
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
        window = int(time.time()) // self.period_s
        key = f"pace:{self.scope}:{request.user.pk}:{_device(request)}:{window}"
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


class QrCreateThrottle(BaseThrottle):
    """One code in ten seconds for a person, whichever device or page asks."""

    period_s = 10

    def allow_request(self, request: Request, view: Any) -> bool:
        return bool(cache.add(f"pace:qr:{request.user.pk}", 1, timeout=self.period_s))

    def wait(self) -> float:
        return float(self.period_s)


def _device(request: Request) -> str:
    """The device that speaks, of the query or of the body, as a piece of a cache key."""
    name: Any = request.query_params.get("device_id", "")
    if not name and request.method == "POST":
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            body = None
        name = body.get("device_id", "") if isinstance(body, dict) else ""
    return hashlib.sha256(str(name).encode("utf-8", "replace")).hexdigest()[:16]
