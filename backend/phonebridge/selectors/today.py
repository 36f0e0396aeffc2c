"""The day's numbers in the viewer's day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, Sum

from accounts.models import User
from common.clock import day_bounds, local_day
from phonebridge.enums import CallStatus
from phonebridge.models import CallRequest


@dataclass(frozen=True, slots=True)
class Today:
    """Counts over the calls that the viewer may see; rates are 0 when there is nothing to divide by."""

    day: date
    total: int
    connected: int
    no_answer: int
    busy: int
    rejected: int
    missed: int
    unknown: int
    talk_s: int
    avg_duration: int
    connect_rate_percent: float
    without_result: int
    open: int


def today(viewer: User, now: datetime) -> Today:
    """One statement over the counted calls of the viewer's «today»."""
    day = local_day(now, viewer.day_zone)
    start, end = day_bounds(day, viewer.day_zone)
    mine = CallRequest.objects.visible_to(viewer)
    counted = mine.filter(is_counted=True, counted_on=day)
    statuses = {s: Count("pk", filter=Q(call_status=s)) for s in CallStatus.values}
    talked = Q(call_status=CallStatus.CONNECTED, call_duration_seconds__isnull=False)
    figures = counted.aggregate(
        total=Count("pk"),
        talk_s=Sum("call_duration_seconds", filter=talked, default=0),
        timed=Count("pk", filter=talked),
        **statuses,
    )
    recent = mine.filter(created_at__gte=start, created_at__lt=end, deleted_at__isnull=True, is_test=False)
    waiting = recent.aggregate(
        without_result=Count("pk", filter=Q(call_status__isnull=True, closed_at__isnull=False)),
        open=Count("pk", filter=Q(closed_at__isnull=True)),
    )
    total, timed = figures["total"], figures["timed"]
    return Today(
        day=day,
        total=total,
        talk_s=figures["talk_s"],
        avg_duration=int(figures["talk_s"] / timed + 0.5) if timed else 0,
        connect_rate_percent=round(100 * figures["connected"] / total, 1) if total else 0.0,
        **{s: figures[s] for s in CallStatus.values},
        **waiting,
    )
