"""The source of all figures: counted calls of a slice, grouped by the database and in nobody else's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, reduce
from operator import add
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Max, Min, Model, Q, QuerySet, Sum, Value
from django.db.models.functions import ExtractIsoWeekDay

from accounts import scope
from accounts.models import Branch, User
from accounts.roles import Reach
from common.clock import DEFAULT_ZONE, ZONES, day_bounds
from phonebridge.enums import CallStatus
from phonebridge.models import CallDay, CallHour, CallMix, CallQuerySet, CallRequest, CallUnique
from phonebridge.models.calls import COLUMNS as CALL_COLUMNS
from phonebridge.models.rollup import DAY_COLUMNS, HOUR_COLUMNS
from phonebridge.stats.asked import VERB, Filter
from phonebridge.stats.figures import ACTION_SOURCES, OUTGOING, RESOLVE_METHODS, STATUSES, UNKNOWN, Cell, bucket
from phonebridge.stats.metrics import COUNTED, KNOWN, METRICS
from phonebridge.stats.period import Period
from phonebridge.stats.sealed import days_q, sealed_days

SPLIT = ("never_reached", "cancelled", "unconfirmed", "not_told")
FARTHEST = timedelta(hours=14)


@dataclass(frozen=True)
class Slice:
    """What a viewer may see of a filter in a period; `until` cuts the last day at that time of day of each zone.

    Sums of past days stand in for calls where they can; figures are added up from both. Without a viewer the filter
    alone cuts: for a wallboard that somebody was given the right to.
    """

    viewer: User | None
    filter: Filter
    period: Period
    until: datetime | None = None

    def rows(self) -> QuerySet[CallRequest]:
        calls = self._mine().filter(COUNTED, self.filter.with_status, counted_on__lte=self.period.to_on)
        calls = calls.filter(counted_on__gte=self.period.from_on)
        return calls.filter(earlier_than(self.period.to_on, self.until)) if self.until else calls

    @property
    def reach(self) -> Reach:
        return Reach.ALL if self.viewer is None else scope.reach(self.viewer, VERB)

    @property
    def rights(self) -> Q:
        return scope.EVERYTHING if self.viewer is None else scope.allowed_q(self.viewer, VERB, CALL_COLUMNS)

    @cached_property
    def sealed(self) -> frozenset[date]:
        """Days that sums may answer for. One person's calls, or those of some outcomes, are counted themselves."""
        asked = self.filter
        if asked.user_id is not None or asked.statuses or asked.is_cold or self.reach <= Reach.OWN:
            return frozenset()
        return sealed_days(self.period) - ({self.period.to_on} if self.until else set())

    def live(self) -> QuerySet[CallRequest]:
        """Calls of the days without sums."""
        if not self.sealed:
            return self.rows()
        rest = [day for day in self.period.every_day if day not in self.sealed]
        return self.rows().filter(days_q(rest)) if rest else self.rows().none()

    def sums[M: Model](self, model: type[M]) -> QuerySet[M]:
        """Sums of the sealed days, cut by the same rights and filter."""
        if not self.sealed:
            return model._default_manager.none()
        rows = model._default_manager.filter(self.rights, self.filter.where)
        return rows.filter(days_q(self.sealed))

    @property
    def is_by_branch(self) -> bool:
        """Sums without people answer only where no person is asked about: not for own calls in another branch."""
        return self.reach == Reach.ALL

    def unanswered(self) -> QuerySet[CallRequest]:
        """Commands of these days that ended without a result: by the day of the click, in the zone of each call."""
        around = self._mine().filter(METRICS["without_result"].where)
        return around.filter(clicked_between(self.period))

    def _mine(self) -> CallQuerySet:
        return CallRequest.objects.filter(self.rights, self.filter.where)


def table(cut: Slice) -> list[Cell]:
    """By person, status and flow; a person may have several cells of one kind."""
    return [Cell(*row) for row in _cells(cut, "user_id")]


def totals(cut: Slice) -> list[Cell]:
    """By status and flow alone."""
    return [Cell(0, *row) for row in _cells(cut)]


def _cells(cut: Slice, *by: str) -> Iterator[tuple[Any, ...]]:
    key = (*by, "call_status", "flow")
    counted = cut.live().values_list(*key).order_by()
    yield from counted.annotate(
        count=Count("*"),
        timed=Count("talk_s"),
        talk=Sum("talk_s", default=0),
        a=Min("counted_at"),
        b=Max("counted_at"),
    )
    if not cut.sealed:
        return
    edges = {"many": Sum("timed"), "talk": Sum("talk_s"), "a": Min("first_at"), "b": Max("last_at")}
    sums = {f"sum_{name}": Sum(name) for name in DAY_COLUMNS}
    days = cut.sums(CallDay)
    alone = [tuple(days.aggregate(**edges, **sums).values())] if not by else []
    for row in alone or days.values_list(*by).order_by().annotate(**edges, **sums):
        who, (timed, talk_s, first_at, last_at, *counts) = row[: len(by)], row[len(by) :]
        if first_at is None:
            continue
        yield (*who, UNKNOWN, UNKNOWN, 0, timed, talk_s, first_at, last_at)
        for (flow, status), n in zip(DAY_COLUMNS.values(), counts, strict=True):
            if n:
                yield (*who, status, flow, n, 0, 0, None, None)


def mix(cut: Slice) -> tuple[Counter[str], Counter[str]]:
    """By resolve method, and by action source."""
    methods: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    key = ("resolve_method", "action_source")
    calls = cut.live() if cut.is_by_branch else cut.rows()
    counted: list[QuerySet[Any, Any]] = [calls.values_list(*key).order_by().annotate(count=Count("*"))]
    if cut.is_by_branch:
        counted.append(cut.sums(CallMix).values_list(*key).order_by().annotate(count=Sum("n")))
    for method, source, n in (row for rows in counted for row in rows):
        methods[bucket(method, RESOLVE_METHODS)] += n
        sources[bucket(source, ACTION_SOURCES)] += n
    return methods, sources


def hours(cut: Slice) -> Counter[tuple[int, str]]:
    """By local hour and status."""
    found: Counter[tuple[int, str]] = Counter()
    calls = cut.live() if cut.is_by_branch else cut.rows()
    for hour, status, n in calls.values_list("counted_hour", "call_status").order_by().annotate(n=Count("*")):
        found[hour, bucket(status, STATUSES)] += n
    if cut.is_by_branch:
        for hour, *counts in (
            cut.sums(CallHour).values_list("counted_hour").order_by().annotate(**_by_status(HOUR_COLUMNS))
        ):
            found.update({(hour, status): n for status, n in zip(STATUSES, counts, strict=True)})
    return found


def _by_status(columns: dict[str, tuple[str, str]]) -> dict[str, Sum]:
    """One sum a status, over every way that a call went."""
    names = {status: [name for name, (_, of) in columns.items() if of == status] for status in STATUSES}
    return {f"sum_{status}": Sum(reduce(add, map(F, named))) for status, named in names.items()}


def days(cut: Slice) -> Counter[tuple[date, str]]:
    """By local day and status."""
    found: Counter[tuple[date, str]] = Counter()
    for day, status, n in cut.live().values_list("counted_on", "call_status").order_by().annotate(n=Count("*")):
        found[day, bucket(status, STATUSES)] += n
    for day, *counts in cut.sums(CallDay).values_list("counted_on").order_by().annotate(**_by_status(DAY_COLUMNS)):
        found.update({(day, status): n for status, n in zip(STATUSES, counts, strict=True)})
    return found


def days_of_people(cut: Slice) -> Iterator[tuple[int, date, int]]:
    """Person, day, calls; a person's day may come more than once: a light row, for there may be very many."""
    key = ("user_id", "counted_on")
    yield from cut.live().values_list(*key).order_by().annotate(count=Count("*"))
    yield from cut.sums(CallDay).values_list(*key, "n")


def hours_of_people(cut: Slice) -> Iterator[tuple[int, int, int]]:
    """Person, local hour, calls."""
    yield from cut.rows().values_list("user_id", "counted_hour").order_by().annotate(n=Count("*"))


KNOWN_OUTGOING = [f"outgoing_{status}" for status in STATUSES if status != UNKNOWN]


def heat(cut: Slice) -> dict[tuple[int, int], tuple[int, int]]:
    """Outgoing calls by (weekday 1–7, hour): connected, and known."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    calls = (cut.live() if cut.is_by_branch else cut.rows()).filter(KNOWN, flow=OUTGOING)
    got = Count(Value(1), filter=Q(call_status=CallStatus.CONNECTED))
    counted = [_by_weekday(calls).annotate(got=got, many=Count("*"))]
    if cut.is_by_branch:
        sums = {"got": Sum("outgoing_connected"), "many": Sum(reduce(add, map(F, KNOWN_OUTGOING)))}
        counted.append(_by_weekday(cut.sums(CallHour)).annotate(**sums))
    for weekday, hour, connected, known in (row for rows in counted for row in rows):
        before = found.get((weekday, hour), (0, 0))
        found[weekday, hour] = before[0] + connected, before[1] + known
    return found


def _by_weekday(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = rows.annotate(weekday=ExtractIsoWeekDay("counted_on")).order_by()
    return found.values_list("weekday", "counted_hour")


def unique_numbers(cut: Slice) -> tuple[dict[int, int], int]:
    """By person, and over all; hidden numbers are in neither. Closed months are known."""
    known = _months(cut)
    if known is not None:
        people = {user_id: n for user_id, n in known if user_id is not None}
        return people, next((n for user_id, n in known if user_id is None), 0)
    numbers = cut.rows().filter(number_key__isnull=False)
    grouped = numbers.values_list("user_id").order_by().annotate(n=Count("number_key", distinct=True))
    return dict(grouped), numbers.aggregate(n=Count("number_key", distinct=True))["n"]


def _months(cut: Slice) -> list[tuple[int | None, int]] | None:
    """(person or None for all, different numbers) of a whole closed month; None where the calls must be asked."""
    asked, period = cut.filter, cut.period
    if asked.statuses or asked.is_cold or not period.is_month or len(cut.sealed) < period.days or not cut.is_by_branch:
        return None
    rows = CallUnique.objects.filter(month=period.from_on)
    is_whole = not asked.without_branch and asked.branch_id is None
    if not rows.filter(is_whole=True, user=None).exists():
        return None
    return list(rows.filter(asked.where, is_whole=is_whole).values_list("user_id", "n"))


def without_result(cut: Slice) -> dict[str, int]:
    """How many, and how they ended."""
    split = {name: Count(Value(1), filter=METRICS[name].where) for name in SPLIT}
    return cut.unanswered().aggregate(without_result=Count("*"), **split)


def counted_cells(days: list[date], user_ids: set[int] | None = None) -> list[tuple[date, int | None, Cell]]:
    """Day, branch and cell of everybody's counted calls of these days; of these people only, when they are named."""
    rows = CallRequest.objects.filter(COUNTED, counted_on__in=days)
    if user_ids is not None:
        rows = rows.filter(user_id__in=user_ids)
    grouped = rows.values_list("counted_on", "branch_id", "user_id", "call_status", "flow").order_by()
    counted = grouped.annotate(n=Count("*"), timed=Count("talk_s"), talk=Sum("talk_s", default=0))
    return [
        (on, branch_id, Cell(user_id, status, flow, n, timed, talk, None, None))
        for on, branch_id, user_id, status, flow, n, timed, talk in counted
    ]


def known_zones() -> list[str]:
    """Every zone that a call may have been written in."""
    return sorted({DEFAULT_ZONE, *(zone for zone, _ in ZONES), *Branch.objects.values_list("zone", flat=True)})


def earlier_than(last_on: date, now: datetime) -> Q:
    """Days before `last_on`, and of that day what came before this time of day in the call's zone."""
    early, zones = Q(), known_zones()
    for zone in zones:
        tz = ZoneInfo(zone)
        early |= Q(zone=zone, counted_at__lt=datetime.combine(last_on, now.astimezone(tz).time(), tz))
    tz = ZoneInfo(DEFAULT_ZONE)
    early |= ~Q(zone__in=zones) & Q(counted_at__lt=datetime.combine(last_on, now.astimezone(tz).time(), tz))
    return Q(counted_on__lt=last_on) | early


def clicked_between(period: Period) -> Q:
    """The day of the click lies in the period, in the call's zone."""
    found, zones = Q(), known_zones()
    for zone in (*zones, ""):
        start, end = day_bounds(period.from_on, zone)[0], day_bounds(period.to_on, zone)[1]
        here = Q(zone=zone) if zone else ~Q(zone__in=zones)
        found |= here & Q(created_at__gte=start, created_at__lt=end)
    start, end = day_bounds(period.from_on, "UTC")[0] - FARTHEST, day_bounds(period.to_on, "UTC")[1] + FARTHEST
    return Q(created_at__gte=start, created_at__lt=end) & found


def plan_facts(cut: Slice) -> dict[date, tuple[int, int]]:
    """Outgoing calls and connected outgoing ones by local day: what a plan is measured by."""
    out = cut.rows().filter(flow=OUTGOING).values_list("counted_on").order_by()
    got = Count(Value(1), filter=Q(call_status=CallStatus.CONNECTED))
    return {day: (n, connected) for day, n, connected in out.annotate(n=Count("*"), got=got)}
