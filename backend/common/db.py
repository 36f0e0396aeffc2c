"""Connections that are kept: asked whether they live when they have rested, trusted while they work."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import InterfaceError, OperationalError, connection

TRUSTED_S = 1.0
_used = threading.local()


@contextmanager
def recent_connection() -> Iterator[None]:
    """The thread's own connection for a few statements, without a round trip that only asks for its health.

    One that failed is closed, so that the next use makes a new one.
    """
    now = time.monotonic()
    if connection.connection is not None:
        if now - getattr(_used, "at", 0.0) > TRUSTED_S and not connection.is_usable():
            connection.close()
        else:
            cast("Any", connection).health_check_done = True
    try:
        yield
    except (OperationalError, InterfaceError):
        connection.close()
        raise
    finally:
        _used.at = time.monotonic()
