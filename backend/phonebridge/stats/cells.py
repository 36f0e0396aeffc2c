"""The source of all figures: counted calls of a slice, grouped by the database and in nobody else's way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import ExtractIsoWeekDay

from accounts.models import Branch, User
from common.clock import DEFAULT_ZONE, ZONES, day_bounds
from phonebridge.enums import CallStatus
from phonebridge.models import CallQuerySet, CallRequest
from phonebridge.stats.asked import Filter
from phonebridge.stats.figures import ACTION_SOURCES, RESOLVE_METHODS, STATUSES, Cell, bucket
from phonebridge.stats.metrics import COUNTED, METRICS
from phonebridge.stats.period import Period

SPLIT = ("never_reached", "cancelled", "unconfirmed", "not_told")
FARTHEST = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Slice:
    """What a viewer may see of a filter in a period; `until` cuts the last day at that time of day of each zone."""

    viewer: User
    filter: Filter
    period: Period
    until: datetime | None = None

    def rows(self) -> QuerySet[CallRequest]:
        calls = self._mine().filter(COUNTED, self.filter.with_status, counted_on__lte=self.period.to_on)
        calls = calls.filter(counted_on__gte=self.period.from_on)
        return calls.filter(earlier_than(self.period.to_on, self.until)) if self.until else calls

    def unanswered(self) -> QuerySet[CallRequest]:
        """Commands of these days that ended without a result: by the day of the click, in the zone of each call."""
        around = self._mine().filter(METRICS["without_result"].where)
        return around.filter(clicked_between(self.period))

    def _mine(self) -> CallQuerySet:
        return CallRequest.objects.visible_to(self.viewer).filter(self.filter.where)


def table(cut: Slice) -> list[Cell]:
    """By person, status and flow."""
    grouped = cut.rows().values_list("user_id", "call_status", "flow").order_by()
    counted = grouped.annotate(
        n=Count("pk"), timed=Count("talk_s"), talk=Sum("talk_s", default=0), a=Min("counted_at"), b=Max("counted_at")
    )
    return [Cell(*row) for row in counted]


def mix(cut: Slice) -> tuple[Counter[str], Counter[str]]:
    """By resolve method, and by action source."""
    methods: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    grouped = cut.rows().values_list("resolve_method", "action_source").order_by()
    for method, source, n in grouped.annotate(n=Count("pk")):
        methods[bucket(method, RESOLVE_METHODS)] += n
        sources[bucket(source, ACTION_SOURCES)] += n
    return methods, sources


def hours(cut: Slice) -> Counter[tuple[int, str]]:
    """By local hour and status."""
    grouped = cut.rows().values_list("counted_hour", "call_status").order_by().annotate(n=Count("pk"))
    found: Counter[tuple[int, str]] = Counter()
    for hour, status, n in grouped:
        found[hour, bucket(status, STATUSES)] += n
    return found


def days(cut: Slice) -> Counter[tuple[date, str]]:
    """By local day and status."""
    grouped = cut.rows().values_list("counted_on", "call_status").order_by().annotate(n=Count("pk"))
    found: Counter[tuple[date, str]] = Counter()
    for day, status, n in grouped:
        found[day, bucket(status, STATUSES)] += n
    return found


def days_of_people(cut: Slice) -> Counter[tuple[int, date]]:
    grouped = cut.rows().values_list("user_id", "counted_on").order_by().annotate(n=Count("pk"))
    return Counter({(user_id, day): n for user_id, day, n in grouped})


def hours_of_people(cut: Slice) -> Counter[tuple[int, int]]:
    grouped = cut.rows().values_list("user_id", "counted_hour").order_by().annotate(n=Count("pk"))
    return Counter({(user_id, hour): n for user_id, hour, n in grouped})


def heat(cut: Slice) -> dict[tuple[int, int], tuple[int, int]]:
    """Outgoing calls by (weekday 1–7, hour): connected, and known."""
    out = cut.rows().filter(METRICS["outgoing_known"].where).annotate(weekday=ExtractIsoWeekDay("counted_on"))
    grouped = out.values_list("weekday", "counted_hour").order_by()
    counted = grouped.annotate(got=Count("pk", filter=Q(call_status=CallStatus.CONNECTED)), n=Count("pk"))
    return {(weekday, hour): (got, n) for weekday, hour, got, n in counted}


def unique_numbers(cut: Slice) -> tuple[dict[int, int], int]:
    """By person, and over all; hidden numbers are in neither."""
    numbers = cut.rows().filter(number_key__isnull=False)
    grouped = numbers.values_list("user_id").order_by().annotate(n=Count("number_key", distinct=True))
    return dict(grouped), numbers.aggregate(n=Count("number_key", distinct=True))["n"]


def without_result(cut: Slice) -> dict[str, int]:
    """How many, and how they ended."""
    split = {name: Count("pk", filter=METRICS[name].where) for name in SPLIT}
    return cut.unanswered().aggregate(without_result=Count("pk"), **split)


def counted_cells(days: list[date], user_ids: set[int] | None = None) -> list[tuple[date, int | None, Cell]]:
    """Day, branch and cell of everybody's counted calls of these days; of these people only, when they are named."""
    rows = CallRequest.objects.filter(COUNTED, counted_on__in=days)
    if user_ids is not None:
        rows = rows.filter(user_id__in=user_ids)
    grouped = rows.values_list("counted_on", "branch_id", "user_id", "call_status", "flow").order_by()
    counted = grouped.annotate(n=Count("pk"), timed=Count("talk_s"), talk=Sum("talk_s", default=0))
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
