"""A Redis cache that a dead Redis turns into misses, never into a 500 (P-14)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def _quiet[T](call: Callable[[], T], instead: T) -> T:
    try:
        return call()
    except (RedisError, OSError) as error:
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
        try:
            return int(super().incr(key, delta, version))
        except (RedisError, OSError) as error:
            raise ValueError(key) from error
