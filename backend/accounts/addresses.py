"""What the counters at the door take for one address."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

HOME_PREFIX = 64


@lru_cache(maxsize=4096)
def counted(address: str | None) -> str | None:
    """IPv4 as it is; of IPv6 the /64, because a home owns a whole one and may change inside it at will."""
    if not address or ":" not in address:
        return address or None
    return str(ipaddress.ip_network(f"{address}/{HOME_PREFIX}", strict=False).network_address)
