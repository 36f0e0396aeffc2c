"""The day's numbers in the viewer's day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import User
from common.clock import day_bounds, local_day
from phonebridge.models import CallRequest
from phonebridge.stats import cells
from phonebridge.stats.asked import Filter
from phonebridge.stats.cells import Slice
from phonebridge.stats.figures import Figures
from phonebridge.stats.period import day_of


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
    """The counted calls of the viewer's «today», as statistics define them; what is open, what came to nothing."""
    day = local_day(now, viewer.day_zone)
    start, end = day_bounds(day, viewer.day_zone)
    cut = Slice(viewer, Filter(day_of(day)), day_of(day))
    figures = Figures().add(cells.totals(cut))
    mine = CallRequest.objects.visible_to(viewer).filter(
        closed_at__isnull=True, deleted_at__isnull=True, is_test=False
    )
    return Today(
        day=day,
        total=figures.total_calls,
        talk_s=figures.talk_s,
        avg_duration=figures.avg_duration or 0,
        connect_rate_percent=float(figures.connect_rate_percent or 0),
        without_result=cells.without_result(cut)["without_result"],
        open=mine.filter(created_at__gte=start, created_at__lt=end).count(),
        **figures.by_status,
    )
