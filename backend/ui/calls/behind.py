"""The calls behind a number of statistics: the list reads the same address and the same table of metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404, QueryDict
from django.urls import reverse

from accounts.models import Branch, User
from common import phones
from phonebridge.enums import CallStatus
from phonebridge.models import CallRequest
from phonebridge.stats import METRICS, BadFilter, Filter, NotYourPerson, calls_behind, read_filter
from phonebridge.stats.behind import Spot
from ui.times import WEEKDAYS, when

OWN = ("metric", "hour", "weekday", "page", "size")


@dataclass(frozen=True, slots=True)
class Behind:
    """`title` says whose calls these are; `errors` are sentences about an address that cannot be."""

    title: str
    back_url: str
    metric: str = ""
    asked: Filter | None = None
    spot: Spot = Spot()  # noqa: RUF009 (frozen)
    errors: tuple[str, ...] = ()

    @property
    def by_number(self) -> bool:
        return bool(self.metric) and METRICS[self.metric].by_number

    def calls(self, viewer: User) -> QuerySet[CallRequest]:
        if self.asked is None:
            return CallRequest.objects.none()
        return calls_behind(viewer, self.asked, self.metric, self.spot)


def read_behind(params: QueryDict, viewer: User, now: datetime) -> Behind | None:
    """None when the address asks for no number. Raises Http404 for somebody whose calls are not seen."""
    metric = params.get("metric")
    if metric is None:
        return None
    kept = [(name, value) for name, values in params.lists() if name not in OWN for value in values]
    back = f"{reverse('settings_calls_stats')}?{urlencode(kept)}"
    if metric not in METRICS:
        return Behind("Звонки", back, errors=("Такого числа в статистике нет.",))
    try:
        asked = read_filter(params, viewer, now)
        spot = Spot(_whole(params, "hour", 0, 23), _whole(params, "weekday", 1, 7))
    except BadFilter as refusal:
        return Behind(METRICS[metric].title, back, errors=tuple(t for texts in refusal.fields.values() for t in texts))
    except NotYourPerson as refusal:
        raise Http404(refusal.detail) from None
    return Behind(_title(metric, asked, spot), back, metric, asked, spot)


def _whole(params: QueryDict, name: str, first: int, last: int) -> int | None:
    text = params.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 3 and first <= int(text) <= last):
        raise BadFilter({name: ["Такого часа нет." if name == "hour" else "Такого дня недели нет."]})
    return int(text)


def _title(metric: str, asked: Filter, spot: Spot) -> str:
    first, last = asked.period.from_on, asked.period.to_on
    days = f"{first:%d.%m.%Y}" if first == last else f"{first:%d.%m.%Y} – {last:%d.%m.%Y}"
    parts = [METRICS[metric].title, days]
    if spot.weekday is not None:
        parts.append(WEEKDAYS[spot.weekday - 1])
    if spot.hour is not None:
        parts.append(f"{spot.hour}:00–{spot.hour + 1}:00")
    if asked.statuses:
        parts.append(", ".join(str(CallStatus(status).label).lower() for status in asked.statuses))
    if asked.is_cold and METRICS[metric].title != METRICS["cold"].title:
        parts.append("холодные")
    if asked.branch_id is not None or asked.without_branch:
        branch = Branch.objects.filter(pk=asked.branch_id).first() if asked.branch_id is not None else None
        parts.append(branch.name if branch else "без филиала")
    if asked.user_id is not None:
        parts.append(User.objects.get(pk=asked.user_id).label)
    return " · ".join(parts)


def numbers_of(calls: QuerySet[CallRequest]) -> QuerySet[Any, Any]:
    """One row a number: most calls first."""
    grouped = calls.order_by().values("number_key")
    counted = grouped.annotate(
        n=Count("pk"),
        connected=Count("pk", filter=Q(call_status=CallStatus.CONNECTED)),
        last_at=Max("counted_at"),
        e164=Max("phone_e164"),
        raw=Max("phone_raw"),
    )
    return counted.order_by("-n", "number_key")


def number_rows(found: list[dict[str, Any]], viewer: User, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "phone": phones.national(row["e164"], "") or row["raw"],
            "n": row["n"],
            "connected": row["connected"],
            "time": when(row["last_at"], viewer.day_zone, now),
            "key": row["number_key"],
        }
        for row in found
    ]
