"""Open statistics hear what changed: the figures of today in the frame, at most twice a second (rules: live)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.models import Branch, User
from common.clock import local_day
from common.tests.sockets import Client, stop_loops
from notifications.tests.test_browser_socket import page
from phonebridge.enums import Delivery
from phonebridge.services.results import record_report
from phonebridge.stats import Filter, report
from phonebridge.stats.period import day_of
from phonebridge.stats.tests.makers import make_call
from phonebridge.stats.wire import counts_dict

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _loops() -> AsyncIterator[None]:
    yield
    await stop_loops()


def call_and_report(user: User, status: str, **columns: Any) -> None:
    """A call of now whose phone reports its result, as services write it."""
    call = make_call(user, timezone.now() - timedelta(seconds=5), None, **columns)
    body = {"call_request_id": str(call.pk), "call_status": status, "call_duration_seconds": 7}
    record_report(user=user, body=body, transport=Delivery.WS)


def fresh(viewer: User, branch: Branch | None) -> dict[str, Any]:
    now = timezone.now()
    asked = Filter(day_of(local_day(now, "Asia/Yekaterinburg")), branch_id=branch.pk if branch else None)
    made = report(asked, viewer, now, frozenset())
    rows = {row.user.pk: counts_dict(row.figures) for row in made.rows if row.figures.total_calls}
    return {"total": counts_dict(made.total), "rows": rows}


async def settled(socket: Client, scope: str, total: int) -> dict[str, Any]:
    """Figures after the frames up to the one that counts `total` calls."""
    await socket.next(lambda f: f["type"] == "stats" and f.get("total", {}).get("total_calls") == total)
    found: dict[str, Any] = {"rows": {}}
    for frame in socket.seen:
        if frame["type"] == "stats" and "total" in frame:
            assert frame["scope"] == scope
            found["total"] = frame["total"]
            found["rows"] |= {row.pop("user_id"): row for row in map(dict, frame["rows"])}
    return found


async def test_total_and_rows_after_any_frames_are_a_fresh_report(
    anna: User, boris: User, clara: User, dan: User, branch_ekb: Branch
) -> None:
    scope = f"stats.branch.{branch_ekb.pk}"
    head, own = await page(clara, scope), await page(anna, f"stats.user.{anna.pk}")
    started = time.monotonic()
    for n in range(12):
        person = (anna, boris, dan)[n % 3]
        await sync_to_async(call_and_report)(
            person, ("connected", "busy", "unknown")[n % 2], zone="Asia/Yekaterinburg"
        )
    assert await settled(head, scope, 8) == await sync_to_async(fresh)(clara, branch_ekb)
    took = time.monotonic() - started
    frames = [frame for frame in head.seen if frame["type"] == "stats"]
    assert len(frames) <= 2 * took + 2
    mine = await settled(own, f"stats.user.{anna.pk}", 4)
    assert mine["total"] == (await sync_to_async(fresh)(anna, None))["total"]
    assert set(mine["rows"]) == {anna.pk}


async def test_a_late_result_says_which_day_changed(anna: User) -> None:
    socket = await page(anna, f"stats.user.{anna.pk}")
    call = await sync_to_async(make_call)(anna, timezone.now() - timedelta(days=9), None, status="expired")
    body = {"call_request_id": str(call.pk), "call_status": "connected"}
    await sync_to_async(record_report)(user=anna, body=body, transport=Delivery.WS)
    frame = await socket.next("stats")
    assert frame["days"] == [local_day(call.created_at, call.zone).isoformat()]
    assert "total" not in frame
