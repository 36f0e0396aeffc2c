"""What time does to calls: expiry, unconfirmed grants, lost holders. Conditional updates, so anybody may run it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, DateTimeField, F, Q, QuerySet, UUIDField
from django.db.models.functions import Coalesce, Greatest, Now

from common.clock import db_now_plus
from common.statements import Param, Select, Update, ago_param
from phonebridge import events
from phonebridge.enums import Delivery, Status
from phonebridge.models import CallRequest, PhoneDevice, ServerProcess

BATCH = 500


def expired_q() -> Q:
    return Q(status=Status.PENDING, closed_at__isnull=True, expires_at__lte=Now())


def unconfirmed_q() -> Q:
    """Granted, and no sign of dialling in time; a dialer that sends no states gets longer."""
    silent = Q(status=Status.DELIVERED, closed_at__isnull=True, dialing_at__isnull=True)
    legacy = Q(delivery=Delivery.LEGACY)
    return silent & (
        (legacy & Q(claimed_at__lte=ago_param("unconfirmed_legacy")))
        | (~legacy & Q(claimed_at__lte=ago_param("unconfirmed")))
    )


def lost_q() -> Q:
    """A call that goes on while its phone has not been seen for long, or that never ends."""
    active = Q(status=Status.CONSUMED, closed_at__isnull=True)
    quiet = Q(holder_seen_at__lte=ago_param("holder_lost"), updated_at__lte=ago_param("holder_lost"))
    return active & (quiet | Q(claimed_at__lte=ago_param("longest")))


def stale_q() -> Q:
    """`lost_q` as far as the call's own columns tell."""
    return Q(status=Status.CONSUMED, closed_at__isnull=True) & (
        Q(updated_at__lte=ago_param("holder_lost")) | Q(claimed_at__lte=ago_param("longest"))
    )


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


def _closing(where: Callable[[], Q], **changes: Any) -> Update[CallRequest]:
    def build() -> tuple[QuerySet[Any, Any], dict[str, Any]]:
        rows = CallRequest.objects.filter(where(), pk=Param("call_id", UUIDField()))
        return rows, {"rev": F("rev") + 1, "updated_at": Now(), "closed_at": Now(), **changes}

    return Update(CallRequest, build)


def _overdue(**of: Any) -> QuerySet[Any, Any]:
    calls = with_holder(CallRequest.objects.open().filter(**of))
    return calls.filter(expired_q() | unconfirmed_q() | lost_q()).values_list("pk", "status")[:BATCH]


_OVERDUE = Select(_overdue)
_OVERDUE_OF = Select(lambda: _overdue(user_id=Param("user_id", BigIntegerField())))
_CLOSE = {
    Status.PENDING: _closing(expired_q, status=Status.EXPIRED),
    Status.DELIVERED: _closing(unconfirmed_q, is_unconfirmed=True),
    Status.CONSUMED: _closing(stale_q, is_lost=True),
}


def close_overdue(*, user_id: int | None = None) -> int:
    """Close every overdue call (of one person, or of all); returns how many this caller closed."""
    ages = settings.CALL
    overdue = _OVERDUE(**ages) if user_id is None else _OVERDUE_OF(user_id=user_id, **ages)
    return sum(_close(call_id, status) for call_id, status in overdue)


def _close(call_id: uuid.UUID, status: str) -> int:
    moved = _CLOSE[Status(status)](call_id=call_id, **settings.CALL)
    for call in moved:
        gone = [] if status == Status.CONSUMED else [events.revoke(call, "expired")]
        events.call_changed(call, *gone)
    return len(moved)


def forget_processes() -> int:
    """Remove processes that stopped beating an hour ago; their phones are offline already."""
    dead = ServerProcess.objects.filter(beat_at__lte=db_now_plus(-timedelta(hours=1)))
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
