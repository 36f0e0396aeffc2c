"""Is somebody's phone there? Said before the click."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.db.models import BigIntegerField, Q, QuerySet
from django.db.models.functions import Now

from common.clock import db_now_plus
from common.statements import Param, Select, in_order
from common.text import plural
from phonebridge.models import PhoneDevice

State = Literal["online", "polling", "offline", "none"]
TONE = {"online": "success", "polling": "warning", "offline": "danger", "none": "neutral"}
RANK = {"online": 3, "polling": 2, "offline": 1, "none": 0}


@dataclass(frozen=True, slots=True)
class Presence:
    """`state` with the words for people: «в сети · 42 мс», «опрос · 2 с», «не в сети 5 мин»."""

    state: State
    text: str
    rtt_ms: int | None = None
    device: str = ""

    @property
    def tone(self) -> str:
        return TONE[self.state]

    @property
    def is_live(self) -> bool:
        return self.state in {"online", "polling"}

    def as_dict(self) -> dict[str, Any]:
        return {"state": self.state, "text": self.text, "tone": self.tone, "rtt_ms": self.rtt_ms}


NO_PHONE = Presence("none", "телефон не подключён")


def connected_q() -> Q:
    """Held by a process that still beats, or that has just let this phone in; and heard of recently."""
    alive = db_now_plus(-settings.CALL["beat_dead"])
    return Q(
        Q(process__beat_at__gt=alive) | Q(connected_at__gt=alive),
        connection_id__isnull=False,
        last_seen_at__gt=db_now_plus(-settings.CALL["seen_dead"]),
    )


def polling_q() -> Q:
    return Q(last_poll_at__gt=db_now_plus(-settings.CALL["poll_live"]))


def live_devices(user_ids: list[int]) -> QuerySet[PhoneDevice]:
    """Phones of these people that can be reached now."""
    return PhoneDevice.objects.usable().filter(connected_q() | polling_q(), user_id__in=user_ids)


def presence_of(user_ids: Iterable[int]) -> dict[int, Presence]:
    """The best phone of each person; everyone asked for is in the answer."""
    ids = list(user_ids)
    found: dict[int, Presence] = dict.fromkeys(ids, NO_PHONE)
    if not ids:
        return found
    rows = _PHONES_OF(user_id=ids[0]) if len(ids) == 1 else list(_phones(user_id__in=ids))
    for read_at, beat_at, *columns in rows:
        device = PhoneDevice.from_db("default", READ, columns)
        seen = _presence(device, beat_at, read_at)
        if RANK[seen.state] > RANK[found[device.user_id].state]:
            found[device.user_id] = seen
    return found


def presence_of_phones(device_ids: Iterable[int]) -> dict[int, Presence]:
    """Each phone by itself; every one asked for is in the answer."""
    ids = list(device_ids)
    rows = PhoneDevice.objects.filter(pk__in=ids).values_list("pk", Now(), "process__beat_at", *READ)
    found = {
        pk: _presence(PhoneDevice.from_db("default", READ, columns), beat_at, now)
        for pk, now, beat_at, *columns in rows
    }
    return {pk: found.get(pk, NO_PHONE) for pk in ids}


def just_connected(name: str) -> Presence:
    """What people read of a phone whose socket has this moment been let in."""
    return Presence("online", "в сети", None, name)


READ = in_order(
    PhoneDevice,
    "user_id",
    "device_id",
    "device_name",
    "connection_id",
    "connected_at",
    "last_seen_at",
    "last_poll_at",
    "disconnected_at",
    "rtt_ms",
)


def _phones(**of: Any) -> QuerySet[Any, Any]:
    return PhoneDevice.objects.usable().filter(**of).values_list(Now(), "process__beat_at", *READ)


_PHONES_OF = Select(lambda: _phones(user_id=Param("user_id", BigIntegerField())))


def _presence(device: PhoneDevice, beat_at: datetime | None, now: datetime) -> Presence:
    name = str(device)
    alive_at = max((moment for moment in (beat_at, device.connected_at) if moment), default=None)
    if (
        device.connection_id is not None
        and alive_at is not None
        and now - alive_at < settings.CALL["beat_dead"]
        and device.last_seen_at is not None
        and now - device.last_seen_at < settings.CALL["seen_dead"]
    ):
        delay = f" · {device.rtt_ms} мс" if device.rtt_ms is not None else ""
        return Presence("online", f"в сети{delay}", device.rtt_ms, name)
    if device.last_poll_at is not None and now - device.last_poll_at < settings.CALL["poll_live"]:
        age_s = max(round((now - device.last_poll_at).total_seconds()), 0)
        return Presence("polling", f"опрос · {age_s} с", None, name)
    last = max((m for m in (device.last_seen_at, device.last_poll_at, device.disconnected_at) if m), default=None)
    if last is None:
        return Presence("offline", "не в сети", None, name)
    return Presence("offline", f"не в сети {_ago(now, last)}", None, name)


def _ago(now: datetime, then: datetime) -> str:
    seconds = max(int((now - then).total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} с"
    if seconds < 3600:
        return f"{seconds // 60} мин"
    if seconds < 86400:
        return f"{seconds // 3600} ч"
    days = seconds // 86400
    return f"{days} {plural(days, 'день', 'дня', 'дней')}"


def presence_frame(user_id: int, presence: Presence) -> dict[str, Any]:
    return {"type": "presence", "user": user_id, **presence.as_dict()}
