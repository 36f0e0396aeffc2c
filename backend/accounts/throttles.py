"""Pace by person and device (D15): twenty dialers behind one office address do not share a limit."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any, ClassVar

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import tokens
from common.pace import PaceBook


class WindowThrottle(BaseThrottle):
    """At most `limit` requests of `who` in a window of `period_s` seconds; without a cache it lets through."""

    scope: ClassVar[str]
    limit: ClassVar[int]
    period_s: ClassVar[int] = 60

    def who(self, request: Request) -> str:
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:
        return self._has_room(self.who(request), self.limit)

    def _has_room(self, who: str, limit: int) -> bool:
        key = f"pace:{self.scope}:{who}:{int(time.time()) // self.period_s}"
        cache.add(key, 0, timeout=self.period_s * 2)
        try:
            return cache.incr(key) <= limit
        except ValueError:
            return True

    def wait(self) -> float:
        return self.period_s - time.time() % self.period_s


class UserDeviceThrottle(WindowThrottle):
    """By person and device. The client names the device, so all devices of a person together have a limit too."""

    phones: ClassVar[int] = 5

    def who(self, request: Request) -> str:
        return f"{request.user.pk}:{_piece(_device(request))}"

    def allow_request(self, request: Request, view: Any) -> bool:
        whole = f"all:{request.user.pk}"
        return super().allow_request(request, view) and self._has_room(whole, self.limit * self.phones)


PULL_PACE = PaceBook(limit=180, window_s=60)


def pull_key(user_id: int, device_id: str) -> tuple[int, str]:
    return user_id, device_id


class PullThrottle(BaseThrottle):
    """180 polls a minute for each phone of a person, counted in each server process (a poll must cost nothing)."""

    def allow_request(self, request: Request, view: Any) -> bool:
        counted: float | None = getattr(request._request, "pull_wait_s", None)
        if counted is None:
            counted = PULL_PACE.count(pull_key(request.user.pk or 0, request.query_params.get("device_id", "")[:64]))
        self.wait_s = counted
        return not counted

    def wait(self) -> float:
        return self.wait_s


class HeartbeatThrottle(UserDeviceThrottle):
    scope, limit = "heartbeat", 30


class TelemetryThrottle(UserDeviceThrottle):
    scope, limit = "telemetry", 20


class PersonThrottle(WindowThrottle):
    """By the person alone: a device that the client names would be a bucket of its own choosing."""

    def who(self, request: Request) -> str:
        return str(request.user.pk)


class LookupThrottle(PersonThrottle):
    scope, limit = "lookup", 60


class SearchThrottle(PersonThrottle):
    """A palette asks with every few keys."""

    scope, limit = "search", 240


class RecordThrottle(PersonThrottle):
    """Programs that read and write cards, one request after the other."""

    scope, limit = "records", 600


class NoteThrottle(PersonThrottle):
    scope, limit = "note", 60


class RefreshThrottle(WindowThrottle):
    """By the person whose token it is; what is no token of ours is refused without a look at the base."""

    scope, limit = "refresh", 60

    def who(self, request: Request) -> str:
        token = _said(request, "refresh")
        owner = tokens.owner_of_refresh(token) if isinstance(token, str) else None
        return str(owner) if owner is not None else _piece(token)


class QrCreateThrottle(BaseThrottle):
    """One code in ten seconds for a person, whichever device or page asks."""

    period_s = 10

    def allow_request(self, request: Request, view: Any) -> bool:
        return bool(cache.add(f"pace:qr:{request.user.pk}", 1, timeout=self.period_s))

    def wait(self) -> float:
        return float(self.period_s)


def _device(request: Request) -> Any:
    """The device that speaks, of the query or of the body."""
    return request.query_params.get("device_id", "") or (
        _said(request, "device_id") if request.method == "POST" else ""
    )


def _said(request: Request, key: str) -> Any:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return ""
    return body.get(key, "") if isinstance(body, dict) else ""


def _piece(said: Any) -> str:
    """Anything that a client says, as a piece of a cache key."""
    return hashlib.sha256(str(said).encode("utf-8", "replace")).hexdigest()[:16]
