"""A Redis cache that a dead Redis turns into misses, never into a 500 (P-14)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


BREAK_S, SLOW_S = 1.0, 0.25


class _Breaker:
    """After a time-out nobody asks for a moment: a Redis that hangs would cost every request as much."""

    silent_until = 0.0


def _quiet[T](call: Callable[[], T], instead: T) -> T:
    started = time.monotonic()
    if started < _Breaker.silent_until:
        return instead
    try:
        return call()
    except (RedisError, OSError) as error:
        now = time.monotonic()
        if now - started > SLOW_S:
            _Breaker.silent_until = now + BREAK_S
        logger.warning("Redis does not answer: %s", error)
        return instead


class SafeRedisCache(RedisCache):
    """`incr` raises ValueError on a miss, as Django's caches do, also when Redis is away."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _quiet(lambda: super(SafeRedisCache, self).get(key, default, version), default)

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        _quiet(lambda: super(SafeRedisCache, self).set(key, value, timeout, version), None)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        return bool(_quiet(lambda: super(SafeRedisCache, self).add(key, value, timeout, version), True))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(_quiet(lambda: super(SafeRedisCache, self).delete(key, version), False))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(_quiet(lambda: super(SafeRedisCache, self).has_key(key, version), False))

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return _quiet(lambda: super(SafeRedisCache, self).get_many(keys, version), {})

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        if time.monotonic() < _Breaker.silent_until:
            raise ValueError(key)
        try:
            return int(super().incr(key, delta, version))
        except (RedisError, OSError) as error:
            raise ValueError(key) from error
