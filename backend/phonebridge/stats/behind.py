"""The calls behind a number: the same rights, filter and condition as the number itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import ExtractIsoWeekDay

from accounts.models import User
from phonebridge.models import CallRequest
from phonebridge.stats.asked import Filter
from phonebridge.stats.cells import Slice
from phonebridge.stats.metrics import METRICS


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a picture: a local hour 0–23, a weekday 1–7, Monday first."""

    hour: int | None = None
    weekday: int | None = None


def calls_behind(viewer: User, asked: Filter, metric: str, spot: Spot = Spot()) -> QuerySet[CallRequest]:
    """As many calls as the number `metric` of `METRICS` says, in no order. Raises KeyError for an unknown metric."""
    cut, wanted = Slice(viewer, asked, asked.period), METRICS[metric]
    if not wanted.is_counted:
        return cut.unanswered().filter(wanted.where)
    calls = cut.rows().filter(wanted.where)
    if spot.hour is not None:
        calls = calls.filter(counted_hour=spot.hour)
    if spot.weekday is not None:
        calls = calls.annotate(weekday=ExtractIsoWeekDay("counted_on")).filter(weekday=spot.weekday)
    return calls
