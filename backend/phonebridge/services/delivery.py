"""The grant: one conditional UPDATE behind three transports, and what a phone tells before the result."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, Now

from common.clock import db_now_plus
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


def offers_for(user_ids: list[int] | None = None, process_id: uuid.UUID | None = None) -> QuerySet[CallRequest]:
    """Open offers of these people, or of everyone whose phone this process holds; `read_at` is the database's now."""
    offers = CallRequest.objects.offerable().annotate(read_at=Now())
    if user_ids is not None:
        return offers.filter(user_id__in=user_ids)
    return offers.filter(
        user__phone_devices__process_id=process_id, user__phone_devices__connection_id__isnull=False
    ).distinct()


def mark_offered(*, call_id: str) -> None:
    """Remember when the first phone was sent the offer; nobody is told, the pages show it with the next change."""
    CallRequest.objects.filter(pk=call_id, offered_at__isnull=True).update(offered_at=Now())


@transaction.atomic
def claim(
    *, call_id: uuid.UUID, device: PhoneDevice, instance: str = "", delivery: Delivery = Delivery.WS
) -> Grant | Refusal:
    """Grant the call to this phone, or say why not. Asking again soon gives the same lease (heals a lost `go`)."""
    lease = secrets.token_hex(8)
    free = Q(status=Status.PENDING, closed_at__isnull=True, expires_at__gt=Now(), user_id=device.user_id) & (
        Q(target__isnull=True) | Q(target_id=device.pk)
    )
    moved = CallRequest.objects.move(
        pk=call_id,
        where=free,
        status=Status.DELIVERED,
        device=device,
        instance=instance,
        lease=lease,
        delivery=delivery,
        claimed_at=Now(),
        received_at=Coalesce("received_at", Now()),
        offered_at=Coalesce("offered_at", Now()),
    )
    if not moved:
        return _again(call_id, device, instance)
    call = CallRequest.objects.get(pk=call_id)
    events.call_changed(call)
    events.revoked(call, "taken", except_for=device.pk)
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


def pull(*, device: PhoneDevice, delivery: Delivery, dedupe: bool = False) -> tuple[CallRequest, Grant] | None:
    """Claim and grant in one for a dialer that polls; None when there is nothing for it.

    With `dedupe` the same id may be served again inside the regrant time. A legacy dialer waits a little while
    a WebSocket phone of the same person is live.
    """
    if dedupe:
        mine = _regrantable(CallRequest.objects.filter(user_id=device.user_id, device=device)).first()
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
        answer = claim(call_id=call_id, device=device, delivery=delivery)
        if isinstance(answer, Grant):
            return CallRequest.objects.get(pk=call_id), answer
    return None


@transaction.atomic
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
    call = CallRequest.objects.select_for_update(of=("self",)).filter(pk=call_id, user_id=owner).first()
    if call is None or PHASE_ORDER[phase] <= PHASE_ORDER.get(call.live_phase, 0):
        return call
    changes = _received(call) if phase == Phase.RECEIVED else _progress(call, phase, device, lease)
    if changes is None:
        return None
    if changes and CallRequest.objects.move(pk=call.pk, where=Q(rev=call.rev), **changes):
        call = CallRequest.objects.get(pk=call_id)
        events.call_changed(call)
    return call


def _received(call: CallRequest) -> dict[str, Any]:
    if not call.is_open or call.received_at is not None:
        return {}
    return {"live_phase": Phase.RECEIVED, "received_at": Now()}


def _progress(call: CallRequest, phase: str, device: PhoneDevice | None, lease: str) -> dict[str, Any] | None:
    is_holder = bool(call.lease) and call.lease == lease and (device is None or call.device_id == device.pk)
    if not is_holder or call.status not in {Status.DELIVERED, Status.CONSUMED}:
        return None
    column = {Phase.DIALING: "dialing_at", Phase.TALKING: "talking_at", Phase.ENDED: "ended_at"}[Phase(phase)]
    changes: dict[str, Any] = {
        "live_phase": phase,
        column: Now(),
        "status": Status.CONSUMED,
        "is_unconfirmed": False,
    }
    if call.dialing_at is None:
        changes["dialing_at"] = Now()
    if phase == Phase.ENDED and call.closed_at is None:
        changes["closed_at"] = Now()
    return changes


@transaction.atomic
def reject(*, call_id: uuid.UUID, device: PhoneDevice, reason: str) -> bool:
    """A phone refuses. Before a grant: kept per device; all targets refused → CANCELLED. After it: not dialled.

    True when the word was believed and changed something.
    """
    reason = reason if reason in RejectReason.values else RejectReason.USER
    granted = Q(status=Status.DELIVERED, device=device, dialing_at__isnull=True)
    if CallRequest.objects.move(
        pk=call_id,
        where=granted,
        status=Status.CANCELLED,
        reason=Reason.NOT_DIALLED,
        closed_at=Coalesce("closed_at", Now()),
        is_unconfirmed=False,
    ):
        _remember(call_id, device, reason)
        events.call_changed(CallRequest.objects.get(pk=call_id))
        return True
    call = CallRequest.objects.offerable().filter(pk=call_id, user_id=device.user_id).first()
    if call is None:
        return False
    if reason == RejectReason.BUSY:
        return True
    _remember(call_id, device, reason)
    if _refused_by_all(call):
        pending = Q(status=Status.PENDING, closed_at__isnull=True)
        if CallRequest.objects.move(
            pk=call_id, where=pending, status=Status.CANCELLED, reason=Reason.REJECTED, closed_at=Now()
        ):
            fresh = CallRequest.objects.get(pk=call_id)
            events.revoked(fresh, "cancelled")
            events.call_changed(fresh)
    return True


def _remember(call_id: uuid.UUID, device: PhoneDevice, reason: str) -> None:
    CallReject.objects.bulk_create([CallReject(call_id=call_id, device=device, reason=reason)], ignore_conflicts=True)


def _refused_by_all(call: CallRequest) -> bool:
    refused = set(call.rejects.values_list("device_id", flat=True))
    if call.target_id is not None:
        return call.target_id in refused
    targets = set(live_devices([call.user_id]).values_list("pk", flat=True))
    return bool(refused) and targets <= refused
