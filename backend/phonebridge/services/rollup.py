"""Sums of past days: recomputed whole, day by day, from the calls; any number of workers, killed anywhere.

A day is sealed when it lies at least three days back by UTC: a whole day of margin against transactions that are still
open. A change of a sealed day leaves a mark; the day is read from the calls until it has been recomputed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F, Min
from django.db.models.functions import Now
from django.utils import timezone

from phonebridge.models import CallDay, CallDayState, CallDirty, CallHour, CallMix, CallRequest, CallUnique
from phonebridge.models.rollup import DAY_COLUMNS, HOUR_COLUMNS, STATUSES

logger = logging.getLogger(__name__)
SEAL_AFTER = timedelta(days=3)
MOST_DAYS = 400
TRIES = 3
UNKNOWN = "unknown"
DAY = timedelta(days=1)
_FROM = "FROM phonebridge_callrequest WHERE is_counted AND counted_on = %s"
_KNOWN_STATUS = ", ".join(f"'{status}'" for status in STATUSES if status != UNKNOWN)


def _status(name: str) -> str:
    return f"call_status NOT IN ({_KNOWN_STATUS})" if name == UNKNOWN else f"call_status = '{name}'"


def _flow(name: str) -> str:
    return {"other": "flow <> 'outgoing'"}.get(name, f"flow = '{name}'")


def _counts(columns: dict[str, tuple[str, str]]) -> tuple[str, str]:
    """Names and expressions of the columns that count by flow and status."""
    counts = [f"count(*) FILTER (WHERE {_flow(flow)} AND {_status(status)})" for flow, status in columns.values()]
    return ", ".join(columns), ", ".join(counts)


_DAY, _DAY_COUNTS = _counts(DAY_COLUMNS)
_HOUR, _HOUR_COUNTS = _counts(HOUR_COLUMNS)
_SUMS = (
    f"INSERT INTO phonebridge_callday (counted_on, branch_id, user_id, n, timed, talk_s, first_at, last_at, {_DAY}) "
    "SELECT counted_on, branch_id, user_id, count(*), count(talk_s), coalesce(sum(talk_s), 0), min(counted_at), "
    f"max(counted_at), {_DAY_COUNTS} {_FROM} GROUP BY 1, 2, 3",
    f"INSERT INTO phonebridge_callhour (counted_on, branch_id, counted_hour, {_HOUR}) "
    f"SELECT counted_on, branch_id, counted_hour, {_HOUR_COUNTS} {_FROM} GROUP BY 1, 2, 3",
    "INSERT INTO phonebridge_callmix (counted_on, branch_id, call_status, resolve_method, action_source, n) "
    "SELECT counted_on, branch_id, call_status, resolve_method, action_source, count(*) "
    f"{_FROM} GROUP BY 1, 2, 3, 4, 5",
)
_UNIQUE = (
    "INSERT INTO phonebridge_callunique (month, is_whole, branch_id, user_id, n) "
    "SELECT %s::date, grouping(branch_id) = 1, branch_id, user_id, count(DISTINCT number_key) "
    "FROM phonebridge_callrequest WHERE is_counted AND counted_on >= %s AND counted_on < %s "
    "GROUP BY GROUPING SETS ((), (user_id), (branch_id), (branch_id, user_id))"
)


def recompute() -> int:
    """Seal what is due and do marked days again; how many days were done. Another worker's days are left to it."""
    if connection.vendor != "postgresql":
        return 0
    last = _last_sealable()
    done = 0
    for day in _due(last):
        done += _quietly(day)
    for month in _months_due(last):
        _month_quietly(month)
    return done


def rebuild(*, from_on: date | None = None, to_on: date | None = None) -> int:
    """All sums of these days anew, by hand; how many were done. The rest is another worker's at this moment."""
    last = _last_sealable()
    first = from_on or CallRequest.objects.filter(is_counted=True).aggregate(on=Min("counted_on"))["on"]
    if first is None or connection.vendor != "postgresql":
        return 0
    last = min(to_on or last, last)
    days = [first + n * DAY for n in range((last - first).days + 1)]
    left = days
    for _ in range(TRIES):
        left = [day for day in left if not _quietly(day)]
    for month in _months_due(last):
        _month_quietly(month)
    return len(days) - len(left)


def _last_sealable(now: datetime | None = None) -> date:
    return (now or timezone.now()).astimezone(UTC).date() - SEAL_AFTER


def _due(last: date) -> Iterator[date]:
    """Marked days first, then days that nobody has sealed, the newest first; a bounded number."""
    marked = CallDirty.objects.filter(counted_on__lte=last).values_list("counted_on", flat=True)
    days = sorted(set(marked.distinct()[:MOST_DAYS]), reverse=True)
    first = CallRequest.objects.filter(is_counted=True).aggregate(on=Min("counted_on"))["on"]
    if first is not None:
        known = set(CallDayState.objects.values_list("counted_on", flat=True))
        every = (last - n * DAY for n in range((last - first).days + 1))
        days += [day for day in every if day not in known and day not in days]
    yield from days[:MOST_DAYS]


def _quietly(day: date) -> int:
    """1 when the day was done; another worker that is at it, or a change meanwhile, leaves it for the next run."""
    try:
        seal_day(day)
    except (OperationalError, IntegrityError) as error:
        logger.info("The sums of %s wait for the next run: %s", day, error)
        return 0
    return 1


@contextmanager
def _snapshot() -> Iterator[None]:
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def seal_day(day: date) -> None:
    """The sums of one day anew in one snapshot; marks that this snapshot sees are spent by it, later ones stay."""
    with _snapshot():
        marks = list(CallDirty.objects.filter(counted_on=day).values_list("pk", flat=True))
        for model in (CallDay, CallHour, CallMix):
            model.objects.filter(counted_on=day).delete()
        with connection.cursor() as cursor:
            for statement in _SUMS:
                cursor.execute(statement, [day])
        CallUnique.objects.filter(month=day.replace(day=1)).delete()
        CallDayState.objects.update_or_create(counted_on=day, defaults={"computed_at": Now()})
        CallDirty.objects.filter(pk__in=marks).delete()


def _months_due(last: date) -> Iterable[date]:
    """Closed months whose days are all sealed and unmarked and whose numbers nobody has counted."""
    sealed = sorted(CallDayState.objects.values_list("counted_on", flat=True))
    dirty = {day.replace(day=1) for day in CallDirty.objects.values_list("counted_on", flat=True).distinct()}
    done = set(CallUnique.objects.values_list("month", flat=True).distinct())
    days: dict[date, int] = {}
    for day in sealed:
        days[day.replace(day=1)] = days.get(day.replace(day=1), 0) + 1
    for month, count in days.items():
        length = (_next(month) - month).days
        if count == length and month not in dirty | done and _next(month) - DAY <= last:
            yield month


def _next(month: date) -> date:
    return (month + 31 * DAY).replace(day=1)


def _month_quietly(month: date) -> None:
    try:
        seal_month(month)
    except (OperationalError, IntegrityError) as error:
        logger.info("Numbers of %s wait for the next run: %s", month, error)


def seal_month(month: date) -> None:
    """Different numbers of a month; a day that changed meanwhile deletes them again.

    The states are written first: of this and a day of the month that is done at the same time, one must fail. Else the
    day, which sees no numbers yet, deletes none, and numbers of the old day stay without a mark.
    """
    within = {"counted_on__gte": month, "counted_on__lt": _next(month)}
    with _snapshot(), connection.cursor() as cursor:
        CallDayState.objects.filter(**within).order_by("counted_on").update(computed_at=F("computed_at"))
        if CallDirty.objects.filter(**within).exists():
            return
        CallUnique.objects.filter(month=month).delete()
        cursor.execute(_UNIQUE, [month, month, _next(month)])
