"""Identifiers that sort by time (RFC 9562, version 7)."""

from __future__ import annotations

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """A new UUID of version 7: 48 bits of Unix milliseconds, then 74 random bits."""
    moment_ms = time.time_ns() // 1_000_000
    value = (moment_ms & ((1 << 48) - 1)) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def parse_uuid(text: object) -> uuid.UUID | None:
    """The UUID in `text`, or None when it is not one."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
