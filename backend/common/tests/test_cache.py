"""A Redis that accepts and then says nothing costs one time-out a second, not one a request (P-14)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from common import cache

TIMEOUT_S = 0.5


@pytest.fixture
def silent() -> Iterator[cache.SafeRedisCache]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        options = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S}
        yield cache.SafeRedisCache(url, {"OPTIONS": options})
    cache._Breaker.silent_until = 0.0


def test_silent_redis_is_asked_once_a_second(silent: cache.SafeRedisCache) -> None:
    started = time.monotonic()
    assert silent.get("a", "instead") == "instead"
    first = time.monotonic() - started
    started = time.monotonic()
    assert [silent.add("a", 1) for _ in range(50)] == [True] * 50
    with pytest.raises(ValueError, match="a"):
        silent.incr("a")
    rest = time.monotonic() - started
    assert first >= TIMEOUT_S
    assert rest < first / 2


def test_it_is_asked_again_afterwards(silent: cache.SafeRedisCache) -> None:
    silent.get("a")
    assert cache._Breaker.silent_until > time.monotonic()
    cache._Breaker.silent_until = time.monotonic()
    started = time.monotonic()
    silent.get("a")
    assert time.monotonic() - started >= TIMEOUT_S
