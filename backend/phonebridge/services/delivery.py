"""The grant: one conditional UPDATE behind three transports, and what a phone tells before the result."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.db.models import BigIntegerField, CharField, Exists, F, OuterRef, Q, QuerySet, UUIDField
from django.db.models.functions import Coalesce, Greatest, Now

from common.clock import db_now_plus
from common.statements import Param, Select, Update, ago_param, in_order
from phonebridge import events
from phonebridge.enums import PHASE_ORDER, Delivery, Phase, Reason, RejectReason, Status
from phonebridge.models import CallReject, CallRequest, PhoneDevice
from phonebridge.selectors.presence import live_devices

Refused = Literal["taken", "cancelled", "expired", "unknown"]


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to dial, once: `lease` proves it in every later word about this call."""

    call_id: uuid.UUID
    lease: str
    phone: str
    again: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: Refused


type Offer = tuple[CallRequest, timedelta]

OFFERED = in_order(
    CallRequest,
    *("id", "user_id", "target_id", "phone_e164", "phone_raw", "phone_ext"),
    *("company_name", "contact_name", "note", "expires_at"),
)


def _offers(**of: Any) -> QuerySet[Any, Any]:
    return CallRequest.objects.offerable().filter(**of).values_list(Now(), *OFFERED)


def _held() -> Exists:
    return Exists(
        PhoneDevice.objects.filter(
            process_id=Param("process_id", UUIDField()), connection_id__isnull=False, user_id=OuterRef("user_id")
        )
    )


_OFFERS_OF = Select(lambda: _offers(user_id=Param("user_id", BigIntegerField())))
_OFFERS_HELD = Select(lambda: _offers().filter(_held()))


def _read(rows: list[tuple[Any, ...]]) -> list[Offer]:
    calls = [(CallRequest.from_db("default", OFFERED, row), read_at) for read_at, *row in rows]
    return [(call, call.expires_at - read_at) for call, read_at in calls if call.expires_at is not None]


def offers_of(user_id: int) -> list[Offer]:
    """Open offers of one person, with the time that is left by the database's clock."""
    return _read(_OFFERS_OF(user_id=user_id))


def offers_held_by(process_id: uuid.UUID) -> list[Offer]:
    """Open offers of everyone whose phone this process holds."""
    return _read(_OFFERS_HELD(process_id=process_id))


def mark_offered(ages: dict[uuid.UUID, timedelta]) -> None:
    """Remember when the first phone was sent these offers, so long ago; the pages show it with the next change."""
    tenths: dict[int, list[uuid.UUID]] = {}
    for call_id, age in ages.items():
        tenths.setdefault(round(age.total_seconds() * 10), []).append(call_id)
    for tenth, call_ids in tenths.items():
        unmarked = CallRequest.objects.filter(pk__in=call_ids, offered_at__isnull=True)
        unmarked.update(offered_at=_not_before(db_now_plus(-timedelta(seconds=tenth / 10))))


def _not_before(moment: Any) -> Greatest:
    """A moment that is known by its age, in round figures: not before the call was there."""
    return Greatest("created_at", moment)


def _claiming() -> tuple[QuerySet[Any, Any], dict[str, Any]]:
    device = Param("device_id", BigIntegerField())
    let_in = PhoneDevice.objects.usable().filter(pk=device, user_id=OuterRef("user_id"), user__is_active=True)
    free = CallRequest.objects.filter(
        Exists(let_in),
        Q(target__isnull=True) | Q(target_id=device),
        pk=Param("call_id", UUIDField()),
        status=Status.PENDING,
        closed_at__isnull=True,
        expires_at__gt=Now(),
        user_id=Param("user_id", BigIntegerField()),
    )
    return free, {
        "rev": F("rev") + 1,
        "updated_at": Now(),
        "status": Status.DELIVERED,
        "device": device,
        "instance": Param("instance", CharField()),
        "lease": Param("lease", CharField()),
        "delivery": Param("delivery", CharField()),
        "claimed_at": Now(),
        "received_at": Coalesce("received_at", Now()),
        "offered_at": Coalesce("offered_at", _not_before(ago_param("offered_ago"))),
    }


_CLAIM = Update(CallRequest, _claiming)


def claim(
    *,
    call_id: uuid.UUID,
    device: PhoneDevice,
    instance: str = "",
    delivery: Delivery = Delivery.WS,
    offered_ago: timedelta = timedelta(0),
) -> Grant | Refusal:
    """Grant the call to this phone, or say why not. Asking again soon gives the same lease (heals a lost `go`).

    One conditional UPDATE, whoever asks and however. `offered_ago` is how long this phone has had the offer.
    """
    lease = secrets.token_hex(8)
    granted = _CLAIM(
        call_id=call_id,
        user_id=device.user_id,
        device_id=device.pk,
        instance=instance,
        lease=lease,
        delivery=delivery,
        offered_ago=offered_ago,
    )
    if not granted:
        return _again(call_id, device, instance)
    (call,) = granted
    events.call_changed(call, events.revoke(call, "taken", except_for=device.pk))
    return Grant(call_id, lease, call.phone_e164 or call.phone_raw, again=False)


def _again(call_id: uuid.UUID, device: PhoneDevice, instance: str) -> Grant | Refusal:
    call = CallRequest.objects.filter(pk=call_id, user_id=device.user_id).first()
    if call is None:
        return Refusal("unknown")
    mine = call.device_id == device.pk and call.instance == instance
    if mine and _regrantable(CallRequest.objects.filter(pk=call_id)).exists():
        return Grant(call_id, call.lease, call.phone_e164 or call.phone_raw, again=True)
    if call.status == Status.CANCELLED:
        return Refusal("cancelled")
    if call.status in {Status.DELIVERED, Status.CONSUMED}:
        return Refusal("taken")
    if call.target_id is not None and call.target_id != device.pk:
        return Refusal("taken")
    return Refusal("expired")


def _regrantable(calls: QuerySet[CallRequest]) -> QuerySet[CallRequest]:
    since = db_now_plus(-settings.CALL["regrant"])
    return calls.open().filter(  # type: ignore[attr-defined,no-any-return]
        status=Status.DELIVERED, claimed_at__gt=since, cancel_requested_at__isnull=True
    )


def pull(
    *, device: PhoneDevice, delivery: Delivery, instance: str = "", dedupe: bool = False
) -> tuple[CallRequest, Grant] | None:
    """Claim and grant in one for a dialer that polls; None when there is nothing for it.

    With `dedupe` the same id may be served again to the same installation inside the regrant time. A legacy dialer
    waits a little while a WebSocket phone of the same person is live.
    """
    if dedupe:
        given = CallRequest.objects.filter(user_id=device.user_id, device=device, instance=instance)
        mine = _regrantable(given).first()
        if mine is not None:
            return mine, Grant(mine.pk, mine.lease, mine.phone_e164 or mine.phone_raw, again=True)
    refused = CallReject.objects.filter(device=device).values("call_id")
    waiting = (
        CallRequest.objects.offerable()
        .filter(user_id=device.user_id)
        .filter(Q(target__isnull=True) | Q(target=device))
        .exclude(pk__in=refused)
        .order_by("created_at")
    )
    if delivery == Delivery.LEGACY and live_devices([device.user_id]).filter(connection_id__isnull=False).exists():
        waiting = waiting.filter(created_at__lte=db_now_plus(-settings.CALL["legacy_wait"]))
    for call_id in waiting.values_list("pk", flat=True)[:3]:
        answer = claim(call_id=call_id, device=device, instance=instance, delivery=delivery)
        # `again`: another poll of this phone was a moment sooner; who promised to know a repeat may have it twice
        if isinstance(answer, Grant) and (dedupe or not answer.again):
            return CallRequest.objects.get(pk=call_id), answer
    return None


def _phase(phase: Phase, *, on_device: bool) -> Update[CallRequest]:
    """Forward to `phase`, by whoever proves the grant with its lease (`received` needs none)."""

    def build() -> tuple[QuerySet[Any, Any], dict[str, Any]]:
        calls = CallRequest.objects.filter(
            pk=Param("call_id", UUIDField()),
            user_id=Param("user_id", BigIntegerField()),
            live_phase__in=["", *(p for p in Phase.values if PHASE_ORDER[p] < PHASE_ORDER[phase])],
        )
        changes: dict[str, Any] = {"rev": F("rev") + 1, "updated_at": Now(), "live_phase": phase}
        if phase == Phase.RECEIVED:
            return calls.open().filter(received_at__isnull=True), changes | {"received_at": Now()}
        calls = calls.filter(lease=Param("lease", CharField()), status__in=[Status.DELIVERED, Status.CONSUMED])
        calls = calls.exclude(lease="")
        if on_device:
            calls = calls.filter(device_id=Param("device_id", BigIntegerField()))
        changes |= {
            "status": Status.CONSUMED,
            "is_unconfirmed": False,
            "dialing_at": Coalesce("dialing_at", Now()),
        }
        if phase == Phase.TALKING:
            changes["talking_at"] = Now()
        if phase == Phase.ENDED:
            changes |= {"ended_at": Now(), "closed_at": Coalesce("closed_at", Now())}
        return calls, changes

    return Update(CallRequest, build)


_PHASES = {(phase, on_device): _phase(phase, on_device=on_device) for phase in Phase for on_device in (True, False)}


def record_state(
    *,
    call_id: uuid.UUID,
    phase: str,
    device: PhoneDevice | None = None,
    lease: str = "",
    user_id: int | None = None,
) -> CallRequest | None:
    """A phase from a phone; phases only move forward. None when it is not believed (no lease, not the holder)."""
    if phase not in Phase.values:
        return None
    owner = device.user_id if device is not None else user_id or 0
    moved = _PHASES[Phase(phase), device is not None](
        call_id=call_id, user_id=owner, lease=lease, device_id=device.pk if device is not None else 0
    )
    if moved:
        events.call_changed(moved[0])
        return moved[0]
    call = CallRequest.objects.filter(pk=call_id, user_id=owner).first()
    if call is None or phase == Phase.RECEIVED or PHASE_ORDER[phase] <= PHASE_ORDER.get(call.live_phase, 0):
        return call
    return None


@transaction.atomic
def reject(*, call_id: uuid.UUID, device: PhoneDevice, reason: str) -> bool:
    """A phone refuses. Before a grant: kept per device; all targets refused → CANCELLED. After it: not dialled.

    True when the word was believed and changed something.
    """
    reason = reason if reason in RejectReason.values else RejectReason.USER
    granted = Q(status=Status.DELIVERED, device=device, dialing_at__isnull=True)
    stopped = CallRequest.objects.move(
        pk=call_id,
        where=granted,
        status=Status.CANCELLED,
        reason=Reason.NOT_DIALLED,
        closed_at=Coalesce("closed_at", Now()),
        is_unconfirmed=False,
    )
    if stopped is not None:
        _remember(call_id, device, reason)
        events.call_changed(stopped)
        return True
    # locked, so that of two phones that refuse at once the second sees the first
    waiting = CallRequest.objects.offerable().select_for_update(of=("self",), no_key=True)
    call = waiting.filter(pk=call_id, user_id=device.user_id).first()
    if call is None:
        return False
    if reason == RejectReason.BUSY:
        return True
    _remember(call_id, device, reason)
    if _refused_by_all(call):
        pending = Q(status=Status.PENDING, closed_at__isnull=True)
        refused = CallRequest.objects.move(
            pk=call_id, where=pending, status=Status.CANCELLED, reason=Reason.REJECTED, closed_at=Now()
        )
        if refused is not None:
            events.call_changed(refused, events.revoke(refused, "cancelled"))
    return True


def _remember(call_id: uuid.UUID, device: PhoneDevice, reason: str) -> None:
    CallReject.objects.bulk_create([CallReject(call_id=call_id, device=device, reason=reason)], ignore_conflicts=True)


def _refused_by_all(call: CallRequest) -> bool:
    refused = set(call.rejects.values_list("device_id", flat=True))
    if call.target_id is not None:
        return call.target_id in refused
    targets = set(live_devices([call.user_id]).values_list("pk", flat=True))
    return bool(refused) and targets <= refused
