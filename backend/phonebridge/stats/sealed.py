"""Which days a slice may read from sums, and how the rest is cut out of the calls."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import connection
from django.db.models import Q

from phonebridge.models import CallDayState, CallDirty
from phonebridge.stats.period import Period

DAY = timedelta(days=1)


def sealed_days(period: Period) -> frozenset[date]:
    """Days of the period whose sums are as the calls are, in the snapshot of the caller's transaction."""
    if connection.vendor != "postgresql":
        return frozenset()
    within = {"counted_on__gte": period.from_on, "counted_on__lte": period.to_on}
    days = set(CallDayState.objects.filter(**within).values_list("counted_on", flat=True))
    return frozenset(days - set(CallDirty.objects.filter(**within).values_list("counted_on", flat=True)))


def days_q(days: Iterable[date]) -> Q:
    """These days as few ranges: what an index reads without being asked day by day."""
    found = Q(pk__in=[])
    for first, last in _ranges(sorted(days)):
        found |= Q(counted_on__gte=first, counted_on__lte=last)
    return found


def _ranges(days: list[date]) -> list[tuple[date, date]]:
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and ranges[-1][1] + DAY == day:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
