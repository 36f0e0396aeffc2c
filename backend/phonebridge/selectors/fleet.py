"""The phones of everybody: where they are, what is wrong with them, how fast they answer (K-4, K-5, P-17)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Count, FloatField, Q, QuerySet

from accounts import scope
from accounts.models import User
from accounts.scope import Columns
from accounts.workdays import Hours, hours_of_all
from common.clock import db_now_plus
from phonebridge.enums import TelemetryType
from phonebridge.models import PhoneDevice, PhoneTelemetry
from phonebridge.selectors.presence import Presence, presence_of_phones

COLUMNS = Columns(owner="user", branch="user__branch")
SILENT = timedelta(minutes=10)
RECENT = timedelta(minutes=15)
STORM = 5
DROPS = 3
PERCENTILES_OF = timedelta(hours=24)

# What can be wrong with a phone, in the order in which it is worth a look (docs/administrator.md).
ERRORS = {
    "auth": "Шквал 401",
    "refresh": "Вход не продлевается",
    "stuck": "Очередь застряла",
    "network": "Нет сети",
    "shared": "Один номер устройства у двух телефонов",
    "permissions": "Нет разрешений",
    "silent": "Молчит в рабочее время",
}


class Percentile(Aggregate):
    """`percentile_cont` of PostgreSQL."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: str, share: float) -> None:
        super().__init__(expression, share=share)


@dataclass(frozen=True, slots=True)
class FleetPhone:
    """`errors` are keys of ERRORS."""

    device: PhoneDevice
    presence: Presence
    errors: tuple[str, ...]

    @property
    def transport(self) -> str:
        return {"online": "WebSocket", "polling": "опрос"}.get(self.presence.state, "—")


def fleet_of(viewer: User) -> QuerySet[PhoneDevice]:
    """Phones of the people whom the viewer leads: of the branch, or all."""
    reach = scope.allowed_q(viewer, "calls_lead", COLUMNS)
    phones = PhoneDevice.objects.usable().filter(reach, user__is_active=True)
    return phones.select_related("user__branch").order_by("user__last_name", "user__first_name", "-is_primary", "pk")


def describe(phones: Iterable[PhoneDevice], now: datetime) -> list[FleetPhone]:
    """Each phone with its presence and what is wrong with it; a few queries for any number."""
    listed = list(phones)
    ids = [phone.pk for phone in listed]
    presence = presence_of_phones(ids)
    told = _told(ids)
    shared = _shared({phone.device_id for phone in listed})
    hours = hours_of_all({phone.user.branch for phone in listed if phone.user.branch is not None})
    return [
        FleetPhone(phone, presence[phone.pk], _errors(phone, told[phone.pk], shared, hours[phone.user.branch_id], now))
        for phone in listed
    ]


def _told(ids: list[int]) -> dict[int, dict[str, int]]:
    """Refusals, failed renewals and lost connections of the last quarter of an hour, by phone."""
    found: dict[int, dict[str, int]] = defaultdict(lambda: {"auth": 0, "refresh": 0, "network": 0})
    rows = PhoneTelemetry.objects.filter(device__in=ids, created_at__gt=db_now_plus(-RECENT)).order_by()
    is_refresh = Q(endpoint__contains="refresh")
    counted = rows.values_list("device").annotate(
        auth=Count("pk", filter=Q(http_code=401) & ~is_refresh),
        refresh=Count("pk", filter=is_refresh & (Q(http_code__gte=400) | Q(type=TelemetryType.AUTH))),
        network=Count("pk", filter=Q(type=TelemetryType.ERROR) & (Q(http_code__isnull=True) | Q(http_code=0))),
    )
    for device_id, auth, refresh, network in counted:
        found[device_id] = {"auth": auth, "refresh": refresh, "network": network}
    return found


def _shared(device_ids: set[str]) -> set[str]:
    """Numbers of devices that two phones in use name as theirs."""
    named = PhoneDevice.objects.usable().filter(device_id__in=device_ids).order_by().values_list("device_id")
    return {device_id for device_id, n in named.annotate(n=Count("pk")) if n > 1}


def _errors(
    phone: PhoneDevice, told: dict[str, int], shared: set[str], hours: Hours, now: datetime
) -> tuple[str, ...]:
    code = phone.last_error_code
    found = {
        "auth": told["auth"] >= STORM or code.startswith("401"),
        "refresh": told["refresh"] > 0 or "refresh" in code,
        "stuck": phone.queue_stuck,
        "network": told["network"] >= DROPS or code in {"no_network", "timeout", "unreachable"},
        "shared": phone.device_id in shared,
        "permissions": any(value is False for value in phone.permissions.values()),
        "silent": is_silent(phone, hours, now),
    }
    return tuple(name for name in ERRORS if found[name])


def last_heard(phone: PhoneDevice) -> datetime | None:
    return max((m for m in (phone.last_seen_at, phone.last_poll_at, phone.last_heartbeat_at) if m), default=None)


def is_silent(phone: PhoneDevice, hours: Hours, now: datetime) -> bool:
    """Unheard for ten minutes of working time."""
    heard = last_heard(phone)
    if heard is None or not hours.is_open(now):
        return False
    return hours.working_seconds(heard, now) >= SILENT.total_seconds()


def percentiles(device: PhoneDevice | None = None) -> list[dict[str, Any]]:
    """Milliseconds of a day by endpoint, of one phone or of all: count, p50, p95, p99; the busiest first."""
    if connection.vendor != "postgresql":
        return []
    rows = PhoneTelemetry.objects.filter(created_at__gt=db_now_plus(-PERCENTILES_OF), value_ms__gte=0)
    if device is not None:
        rows = rows.filter(device=device)
    grouped = (
        rows.order_by()
        .values("endpoint")
        .annotate(
            n=Count("pk"),
            failed=Count("pk", filter=Q(http_code__gte=400)),
            p50=Percentile("value_ms", 0.5),
            p95=Percentile("value_ms", 0.95),
            p99=Percentile("value_ms", 0.99),
        )
    )
    return [dict(row) for row in grouped.order_by("-n", "endpoint")[:20]]
