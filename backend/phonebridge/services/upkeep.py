"""What time does to calls: expiry, unconfirmed grants, lost holders. Conditional updates, so anybody may run it."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db.models import DateTimeField, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest, Now

from common.clock import Moment, db_now_plus
from phonebridge import events
from phonebridge.enums import Delivery, Status
from phonebridge.models import CallRequest, PhoneDevice, ServerProcess

BATCH = 500


def _ago(delta: timedelta) -> Moment:
    return db_now_plus(-delta)


def expired_q() -> Q:
    return Q(status=Status.PENDING, closed_at__isnull=True, expires_at__lte=Now())


def unconfirmed_q() -> Q:
    """Granted, and no sign of dialling in time; a dialer that sends no states gets longer."""
    silent = Q(status=Status.DELIVERED, closed_at__isnull=True, dialing_at__isnull=True)
    legacy = Q(delivery=Delivery.LEGACY)
    return silent & (
        (legacy & Q(claimed_at__lte=_ago(settings.CALL["unconfirmed_legacy"])))
        | (~legacy & Q(claimed_at__lte=_ago(settings.CALL["unconfirmed"])))
    )


def lost_q() -> Q:
    """A call that goes on while its phone has not been seen for long, or that never ends."""
    active = Q(status=Status.CONSUMED, closed_at__isnull=True)
    quiet = Q(
        holder_seen_at__lte=_ago(settings.CALL["holder_lost"]),
        updated_at__lte=_ago(settings.CALL["holder_lost"]),
    )
    too_long = Q(claimed_at__lte=_ago(settings.CALL["longest"]))
    return active & (quiet | too_long)


def with_holder(calls: QuerySet[CallRequest]) -> QuerySet[CallRequest]:
    """Annotate the moment at which the holding phone was last heard of."""
    return calls.annotate(
        holder_seen_at=Greatest(
            Coalesce("device__last_seen_at", "claimed_at"),
            Coalesce("device__last_poll_at", "claimed_at"),
            "claimed_at",
            output_field=DateTimeField(),
        )
    )


def close_overdue(*, user_id: int | None = None) -> int:
    """Close every overdue call (of one person, or of all); returns how many this caller closed."""
    calls = with_holder(CallRequest.objects.open())
    if user_id is not None:
        calls = calls.filter(user_id=user_id)
    closed = 0
    overdue = calls.filter(expired_q() | unconfirmed_q() | lost_q())
    for call_id, status in overdue.values_list("pk", "status")[:BATCH]:
        closed += _close(call_id, status)
    return closed


def _close(call_id: uuid.UUID, status: str) -> int:
    if status == Status.PENDING:
        moved = CallRequest.objects.move(pk=call_id, where=expired_q(), status=Status.EXPIRED, closed_at=Now())
        reason = "expired"
    elif status == Status.DELIVERED:
        moved = CallRequest.objects.move(pk=call_id, where=unconfirmed_q(), is_unconfirmed=True, closed_at=Now())
        reason = "expired"
    else:
        quiet = Q(updated_at__lte=_ago(settings.CALL["holder_lost"]))
        too_long = Q(claimed_at__lte=_ago(settings.CALL["longest"]))
        where = Q(status=Status.CONSUMED, closed_at__isnull=True) & (quiet | too_long)
        moved = CallRequest.objects.move(pk=call_id, where=where, is_lost=True, closed_at=Now())
        reason = ""
    if not moved:
        return 0
    call = CallRequest.objects.get(pk=call_id)
    if reason:
        events.revoked(call, reason)
    events.call_changed(call)
    return 1


def forget_processes() -> int:
    """Remove processes that stopped beating an hour ago; their phones are offline already."""
    dead = ServerProcess.objects.filter(beat_at__lte=_ago(timedelta(hours=1)))
    return dead.delete()[0]


def beat(process_id: uuid.UUID, host: str, pid: int) -> bool:
    """Say that this process lives; True when its row was missing and has been made."""
    if ServerProcess.objects.filter(pk=process_id).update(beat_at=Now()):
        return False
    ServerProcess.objects.bulk_create([ServerProcess(pk=process_id, host=host[:120], pid=pid)], ignore_conflicts=True)
    return True


def take_back(process_id: uuid.UUID, connection_ids: list[uuid.UUID]) -> None:
    """Phones whose sockets this process still holds belong to it again."""
    PhoneDevice.objects.filter(connection_id__in=connection_ids).update(process_id=process_id)


def seen(device_ids: list[int]) -> None:
    """One batch per process: these phones were heard since the last one."""
    PhoneDevice.objects.filter(pk__in=device_ids).update(last_seen_at=Now())
