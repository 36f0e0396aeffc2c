"""Every number has its definition in docs/call-analytics.md, and only there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from accounts.models import User
from phonebridge.stats import METRICS, Filter, Period, as_dict, report

TEXT = (Path(__file__).resolve().parents[3] / "docs/call-analytics.md").read_text()


@pytest.mark.django_db
def test_every_number_is_defined(anna: User) -> None:
    day = date(2026, 3, 10)
    made = as_dict(report(Filter(Period(day, day)), anna, datetime(2026, 3, 10, 9, tzinfo=UTC)))
    names = {*METRICS, *made, *made["without_result"], *made["rows"][0]} - {"user_id", "username", "name"}
    assert sorted(name for name in names if f"`{name}`" not in TEXT) == []
