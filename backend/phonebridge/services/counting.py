"""The columns that statistics count by: local day and hour of the call, and the number as an integer."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from common.clock import DEFAULT_ZONE
from common.phones import only_digits
from phonebridge.enums import Origin
from phonebridge.models import CallRequest


def number_key(e164: str, raw: str = "") -> int | None:
    """E.164 digits as an integer; −(hash of digits) for what is not parseable; None for a hidden number."""
    digits = only_digits(e164)
    if digits:
        return int(digits)
    rest = only_digits(raw)
    if not rest:
        return None
    return -(int.from_bytes(hashlib.sha256(rest.encode()).digest()[:7]) + 1)


def counted_moment(call: CallRequest, received_at: datetime) -> datetime:
    """When the call happened, as well as anybody knows."""
    if call.origin == Origin.CLICK:
        return call.call_started_at or call.dialing_at or call.claimed_at or call.created_at
    return call.call_started_at or received_at


def count_columns(call: CallRequest, received_at: datetime) -> dict[str, Any]:
    """`counted_at`, `counted_on`, `counted_hour`: in the zone stored on the call."""
    moment = counted_moment(call, received_at)
    local = moment.astimezone(ZoneInfo(call.zone or DEFAULT_ZONE))
    return {"counted_at": moment, "counted_on": local.date(), "counted_hour": local.hour}
