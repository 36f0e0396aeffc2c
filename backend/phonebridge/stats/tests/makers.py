"""Calls for tests of statistics: every column that a report counts can be said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import User
from common.clock import local_day
from phonebridge.enums import Origin, Status
from phonebridge.models import CallRequest
from phonebridge.services.counting import count_columns, number_key


def make_call(user: User, at: datetime, result: str | None, /, **columns: Any) -> CallRequest:
    """A closed call that began at `at`; with a result it has its day and hour as a service writes them."""
    e164 = columns.pop("phone", "+73430001234")
    zone = columns.setdefault("zone", user.branch.zone if user.branch else "Europe/Moscow")
    call = CallRequest(
        **{
            "user": user,
            "branch": user.branch,
            "origin": Origin.CLICK,
            "status": Status.CONSUMED,
            "phone_e164": e164,
            "number_key": number_key(e164),
            "created_at": at,
            "closed_at": at,
            "call_status": result,
        }
        | columns
    )
    if result is not None:
        for name, value in count_columns(call, at).items():
            setattr(call, name, value)
        assert call.counted_on == local_day(call.counted_at or at, zone)
    call.save()
    return call
