"""Phones: registering, what they tell, sockets that come and go, revocation."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    Exists,
    F,
    OuterRef,
    PositiveIntegerField,
    Q,
    QuerySet,
    UUIDField,
    Value,
)
from django.db.models.functions import Coalesce, Now, NullIf

from accounts import tokens
from accounts.models import User
from audit.models import Source, Verb
from audit.services import log_event
from common.errors import DomainError
from common.logs import mask
from common.realtime import Message, publish_all_on_commit
from common.statements import Param, Update
from phonebridge import events, reporting
from phonebridge.enums import TelemetryType
from phonebridge.models import PhoneDevice, PhoneLogBundle, PhoneTelemetry
from phonebridge.selectors.presence import just_connected, presence_frame, presence_of

MAX_TELEMETRY = 100
MAX_LOG = 50 * 1024


class TooManyDevices(DomainError):
    code = "too_many_devices"
    status = 409


class BadDevice(DomainError):
    code = "bad_device"


class DeviceRevoked(DomainError):
    code = "device_revoked"
    status = 403


@dataclass(frozen=True, slots=True)
class Hello:
    """What a phone says of itself when it appears."""

    device_id: str
    instance: str = ""
    device_name: str = ""
    app_version: str = ""
    platform: str = ""
    encryption_enabled: bool | None = None


def text(value: Any, limit: int) -> str:
    """`value` as a storable text of at most `limit` characters; '' for what is not a text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(reporting.storable(str(value)))[:limit].strip()


def device_name(value: Any) -> str:
    """The `device_id` as it is stored. Raises BadDevice when it is missing or too long."""
    name = text(value, 65)
    if not name or len(name) > 64 or not str(value).isprintable():
        raise BadDevice("Не указан номер устройства (device_id, до 64 знаков).")
    return name


def words_of(hello: Hello) -> dict[str, str]:
    """What a phone says of itself, as long as the columns are."""
    limits = (("instance", 64), ("device_name", 120), ("app_version", 40), ("platform", 40))
    return {name: text(getattr(hello, name), limit) for name, limit in limits}


@transaction.atomic
def register(*, user: User, hello: Hello, ip: str | None = None) -> PhoneDevice:
    """Make or refresh the row of this phone. Raises BadDevice, DeviceRevoked, TooManyDevices."""
    device_id = device_name(hello.device_id)
    known = PhoneDevice.objects.filter(user=user, device_id=device_id).first()
    if known is not None and known.revoked_at is not None:
        raise DeviceRevoked("Устройство отключено администратором.")
    changes: dict[str, Any] = {name: value for name, value in words_of(hello).items() if value}
    if hello.encryption_enabled is not None:
        changes["encryption_enabled"] = hello.encryption_enabled
    if known is not None:
        PhoneDevice.objects.filter(pk=known.pk).update(last_ip=ip, **changes)
        known.refresh_from_db()
        return known
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)  # two that come at once are counted
    mine = PhoneDevice.objects.usable().filter(user=user)
    if mine.count() >= settings.PHONE_DEVICES_PER_USER:
        raise TooManyDevices("Слишком много телефонов у одного сотрудника. Отключите лишние в настройках.")
    draft = PhoneDevice(user=user, device_id=device_id, last_ip=ip, **changes)
    draft.is_primary = not mine.filter(is_primary=True).exists()
    PhoneDevice.objects.bulk_create([draft], ignore_conflicts=True)
    return PhoneDevice.objects.get(user=user, device_id=device_id)


def let_in() -> QuerySet[PhoneDevice]:
    """For statements: the usable phone `device_id` of the active person `user_id`; the log-in `family` is not over."""
    mine = PhoneDevice.objects.usable().filter(
        user_id=Param("user_id", BigIntegerField()), device_id=Param("device_id", CharField()), user__is_active=True
    )
    return mine.exclude(Exists(tokens.ended_q(family=Param("family", CharField()))))


def _said(name: str) -> Any:
    """What the phone says now; what it does not say stays."""
    return Coalesce(NullIf(Param(name, CharField()), Value("")), F(name))


def _connecting() -> tuple[QuerySet[Any, Any], dict[str, Any]]:
    let_in = User.objects.filter(
        pk=OuterRef("user_id"), is_active=True, auth_epoch=Param("epoch", PositiveIntegerField())
    )
    phone = PhoneDevice.objects.usable().filter(
        Exists(let_in), user_id=Param("user_id", BigIntegerField()), device_id=Param("device_id", CharField())
    )
    return phone, {
        "connection_id": Param("connection_id", UUIDField()),
        "process_id": Param("process_id", UUIDField()),
        "connected_at": Now(),
        "last_seen_at": Now(),
        "disconnected_at": None,
        "rtt_ms": None,
        "last_ip": Param("ip", PhoneDevice._meta.get_field("last_ip")),
        "encryption_enabled": Coalesce(Param("encryption_enabled", BooleanField()), F("encryption_enabled")),
        **{name: _said(name) for name in ("instance", "device_name", "app_version", "platform")},
    }


_CONNECT = Update(PhoneDevice, _connecting)


def connect(
    *,
    user_id: int,
    epoch: int,
    hello: Hello,
    connection_id: uuid.UUID,
    process_id: uuid.UUID,
    ip: str | None = None,
) -> PhoneDevice | None:
    """This socket is the phone's only one from now on; another one finds itself replaced.

    None when there is no such phone, or it or its person is not let in. The caller tells (`news_of`).
    """
    connected = _CONNECT(
        user_id=user_id,
        epoch=epoch,
        device_id=device_name(hello.device_id),
        connection_id=connection_id,
        process_id=process_id,
        ip=ip,
        encryption_enabled=hello.encryption_enabled,
        **words_of(hello),
    )
    if not connected:
        return None
    return connected[0]


def news_of(device: PhoneDevice, branch_id: int | None, connection_id: uuid.UUID, *, had: bool) -> list[Message]:
    """What others hear of a phone that has just connected; `had`: another socket may still hold it."""
    others_go = [events.replaced(device.user_id, device.pk, str(connection_id))] if had else []
    frame = presence_frame(device.user_id, just_connected(str(device)))
    return [*others_go, *events.presence(device.user_id, branch_id, frame)]


def disconnect(connection_ids: list[uuid.UUID]) -> int:
    """These sockets are gone; only a phone's present socket may say so (the fence). Returns how many said it."""
    with transaction.atomic():
        held = PhoneDevice.objects.select_for_update(of=("self",)).filter(connection_id__in=connection_ids)
        owners = list(held.values_list("pk", "user_id", "user__branch_id"))
        gone = PhoneDevice.objects.filter(pk__in=[pk for pk, _user, _branch in owners]).update(
            connection_id=None, process=None, disconnected_at=Now(), last_seen_at=Now()
        )
    tell_presence({user_id: branch_id for _pk, user_id, branch_id in owners})
    return gone


def tell_presence(people: dict[int, int | None]) -> None:
    """Tell pages what they would read now of these people (given with their branches)."""
    seen = presence_of(people)
    publish_all_on_commit(
        *(
            message
            for user_id, branch_id in people.items()
            for message in events.presence(user_id, branch_id, presence_frame(user_id, seen[user_id]))
        )
    )


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A measured round trip of a phone's socket, in milliseconds, and whose it is."""

    device_id: int
    user_id: int
    branch_id: int | None
    rtt_ms: int


def remember_round_trips(measured: list[RoundTrip]) -> None:
    """The newest round trip of each phone; people hear of all of them at once."""
    newest = {trip.device_id: trip for trip in measured}
    rows = [PhoneDevice(pk=trip.device_id, rtt_ms=trip.rtt_ms) for trip in newest.values()]
    PhoneDevice.objects.filter(connection_id__isnull=False).bulk_update(rows, ["rtt_ms"], batch_size=500)
    tell_presence({trip.user_id: trip.branch_id for trip in measured})


def heartbeat(*, device: PhoneDevice, body: dict[str, Any]) -> None:
    """What the phone tells every minute; unknown and broken fields are left out."""
    changes: dict[str, Any] = {"last_heartbeat_at": Now(), "last_seen_at": Now()}
    changes |= _words(body) | _counts(body) | _structures(body)
    code = text(body.get("last_poll_code"), 40)
    if code:
        changes["last_error_code"] = "" if code.startswith("2") else code
    if body.get("last_error_message"):
        changes["last_error_message"] = mask(text(body["last_error_message"], 300))
    PhoneDevice.objects.filter(pk=device.pk).update(**changes)


def _words(body: dict[str, Any]) -> dict[str, str]:
    limits = (("device_name", 120), ("app_version", 40), ("platform", 40), ("network", 20))
    said = {name: text(body.get(name), limit) for name, limit in limits}
    return {name: value for name, value in said.items() if value}


def _structures(body: dict[str, Any]) -> dict[str, Any]:
    kinds: dict[str, type] = {
        "encryption_enabled": bool,
        "queue_stuck": bool,
        "stuck_by_type": dict,
        "permissions": dict,
        "sims": list,
    }
    said = {name: body[name] for name, kind in kinds.items() if isinstance(body.get(name), kind)}
    if "permissions" in said:
        said["permissions"] = _permissions(said["permissions"])
    return {name: reporting.storable(value) for name, value in said.items()}


def _permissions(said: dict[str, Any]) -> dict[str, bool | str]:
    """Yes, no or a word for each; anything else is no permission."""
    plain = ((name, value) for name, value in said.items() if isinstance(value, bool | str))
    return {name[:40]: value[:40] if isinstance(value, str) else value for name, value in islice(plain, 40)}


def _counts(body: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, key, most in (
        ("stuck_count", "stuck_count", 10**6),
        ("oldest_stuck_age_s", "oldest_stuck_age_sec", 10**9),
        ("battery_percent", "battery", 100),
    ):
        value = body.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
            found[column] = value
    return found


def record_telemetry(*, device: PhoneDevice, items: list[Any]) -> int:
    """Store the first hundred items; returns how many were stored."""
    rows = [_telemetry(device, item) for item in items[:MAX_TELEMETRY] if isinstance(item, dict)]
    PhoneTelemetry.objects.bulk_create(rows)
    return len(rows)


def _telemetry(device: PhoneDevice, item: dict[str, Any]) -> PhoneTelemetry:
    kind = text(item.get("type"), 20).lower()
    extra = item.get("extra")
    return PhoneTelemetry(
        device=device,
        type=kind if kind in TelemetryType.values else TelemetryType.OTHER,
        endpoint=mask(text(item.get("endpoint"), 200)),
        http_code=_small(item.get("http_code")),
        value_ms=_small(item.get("value_ms")),
        extra=reporting.storable(extra) if isinstance(extra, dict) else {},
    )


def _small(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return int(value) if abs(value) < 2**31 else None


def record_logs(*, user: User, device: PhoneDevice | None, body: dict[str, Any]) -> PhoneLogBundle:
    """Keep a log bundle: masked, and cut to ~50 KB instead of refused."""
    payload = str(body.get("payload") or "").replace("\x00", "\ufffd").encode("utf-8", "replace")
    cut = payload[-MAX_LOG:].decode("utf-8", "ignore")
    if len(payload) > MAX_LOG:  # half a word would not be known for the number or the token that it was
        cut = re.sub(r"\A\S+", "", cut)
    source = text(body.get("source"), 120)
    if device is not None and source.startswith("want_logs"):
        events.logs_came(device.pk)
    return PhoneLogBundle.objects.create(
        user=user,
        device=device,
        ts=text(body.get("ts"), 40),
        level_summary=mask(text(body.get("level_summary"), 200)),
        source=mask(source),
        payload=mask(cut),
        is_cut=len(payload) > MAX_LOG,
    )


@transaction.atomic
def make_primary(*, device: PhoneDevice, actor: User) -> None:
    """Clicks go to this phone first. Raises BadDevice for one that is out."""
    if device.revoked_at is not None:
        raise BadDevice("Этот телефон отключён.")
    PhoneDevice.objects.filter(user_id=device.user_id, is_primary=True).exclude(pk=device.pk).update(is_primary=False)
    if PhoneDevice.objects.filter(pk=device.pk, is_primary=False).update(is_primary=True):
        log_event(
            actor=actor,
            verb=Verb.UPDATE,
            entity_type="phone_device",
            entity_id=device.pk,
            message=f"Основной телефон: {device}",
            source=Source.UI,
        )


@transaction.atomic
def revoke(*, device: PhoneDevice, actor: User | None = None) -> bool:
    """The phone is out: its socket closes with 4003, its polls and claims are refused, its entry is void.

    False when it was out already.
    """
    out = PhoneDevice.objects.filter(Q(revoked_at__isnull=True), pk=device.pk)
    if not out.update(revoked_at=Now(), is_primary=False):
        return False
    tokens.revoke_phone(device.user, device.device_id)
    log_event(
        actor=actor,
        verb=Verb.DELETE,
        entity_type="phone_device",
        entity_id=device.pk,
        message=f"Отключён телефон: {device} · {device.user.label}",
        source=Source.UI if actor else Source.SYSTEM,
    )
    events.device_revoked(device.user_id, device.pk)
    tell_presence({device.user_id: device.user.branch_id})
    return True
