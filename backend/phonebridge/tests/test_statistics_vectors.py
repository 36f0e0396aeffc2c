"""The figures of a day, as the dialer counts them from the same file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from common.clock import local_day
from phonebridge.enums import Status
from phonebridge.models import CallRequest
from phonebridge.selectors.today import today

VECTORS = Path(__file__).resolve().parents[3] / "docs/protocol/vectors/statistics.json"
DAYS: list[dict[str, Any]] = json.loads(VECTORS.read_text())["days"]


@pytest.mark.django_db
@pytest.mark.parametrize("day", DAYS, ids=[f"day-{n}" for n in range(len(DAYS))])
def test_figures_of_the_shared_vectors(anna: User, day: dict[str, Any]) -> None:
    now = datetime(2026, 3, 10, 9, tzinfo=UTC)
    for status, seconds in day["calls"]:
        CallRequest.objects.create(
            user=anna,
            branch=anna.branch,
            phone_e164="+73430001234",
            status=Status.CONSUMED,
            call_status=status,
            call_duration_seconds=seconds,
            created_at=now,
            closed_at=now,
            counted_on=local_day(now, anna.day_zone),
        )
    found = today(anna, now)
    assert {
        "total": found.total,
        "connected": found.connected,
        "unknown": found.unknown,
        "rate_percent": found.connect_rate_percent,
        "talk_s": found.talk_s,
        "average_s": found.avg_duration,
    } == {name: day[name] for name in day if name != "calls"}
