"""The phones of one process: who is connected here, and the loops that make lost wakes good.

One query per process and second for all phones, never one per socket.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Q

from common.ids import uuid7
from common.realtime import hub, is_draining
from common.ws import Close, in_thread
from phonebridge import events
from phonebridge.models import CallReject, CallRequest, PhoneDevice
from phonebridge.services import delivery, upkeep

if TYPE_CHECKING:
    from phonebridge.consumers import PhoneConsumer

logger = logging.getLogger(__name__)


class Hall:
    """The sockets of this process by person, and what they were last heard."""

    def __init__(self) -> None:
        self.process_id = uuid7()
        self.by_user: dict[int, set[PhoneConsumer]] = {}
        self.by_device: dict[int, PhoneConsumer] = {}
        self.heard: set[int] = set()
        self.has_beaten = False

    def enter(self, phone: PhoneConsumer) -> PhoneConsumer | None:
        """Seat a socket; the phone's previous one of this process is returned."""
        assert phone.device is not None  # noqa: S101 (typing: only authenticated sockets enter)
        before = self.by_device.get(phone.device.pk)
        self.by_device[phone.device.pk] = phone
        self.by_user.setdefault(phone.device.user_id, set()).add(phone)
        self.heard.add(phone.device.pk)
        return before

    def leave(self, phone: PhoneConsumer) -> None:
        if phone.device is None:
            return
        if self.by_device.get(phone.device.pk) is phone:
            del self.by_device[phone.device.pk]
        mates = self.by_user.get(phone.device.user_id, set())
        mates.discard(phone)
        if not mates:
            self.by_user.pop(phone.device.user_id, None)

    def phones(self) -> list[PhoneConsumer]:
        return list(self.by_device.values())


_hall: Hall | None = None


def hall() -> Hall:
    """The hall of this process."""
    global _hall
    if _hall is None:
        _hall = Hall()
    return _hall


def _offers(process_id: uuid.UUID, user_ids: list[int] | None = None) -> dict[int, list[dict[str, Any]]]:
    """Open offers by person: frame, target, and the phones that refused."""
    found: dict[int, list[dict[str, Any]]] = {}
    offers = delivery.offers_for(user_ids) if user_ids is not None else delivery.offers_for(process_id=process_id)
    calls = list(offers)
    refused: dict[uuid.UUID, set[int]] = {}
    if calls:
        for call_id, device_id in CallReject.objects.filter(call__in=calls).values_list("call_id", "device_id"):
            refused.setdefault(call_id, set()).add(device_id)
    for call in calls:
        read_at: datetime = call.read_at  # type: ignore[attr-defined]  # annotated by offers_for
        left = call.expires_at - read_at if call.expires_at else settings.CALL["expires"]
        offer = {
            "target": call.target_id,
            "refused": refused.get(call.pk, set()),
            "frame": events.offer_frame(call, round(left.total_seconds() * 1000)),
        }
        found.setdefault(call.user_id, []).append(offer)
    return found


def offers_of(user_id: int) -> list[dict[str, Any]]:
    """Open offers of one person, for a phone that has just come or was woken."""
    return _offers(hall().process_id, [user_id]).get(user_id, [])


def gone_reasons(call_ids: list[str]) -> dict[str, str]:
    """Why these calls are no longer offered; calls that are still offered are left out."""
    live = {str(pk) for pk in CallRequest.objects.offerable().filter(pk__in=call_ids).values_list("pk", flat=True)}
    rows = CallRequest.objects.filter(pk__in=call_ids).values_list("pk", "status")
    words = {"cancelled": "cancelled", "delivered": "taken", "consumed": "taken"}
    found = {str(pk): words.get(status, "expired") for pk, status in rows}
    return {call_id: found.get(call_id, "unknown") for call_id in call_ids if call_id not in live}


def _misfits(seats: dict[int, uuid.UUID], epochs: dict[int, int]) -> dict[int, int]:
    """Close codes for sockets that must go: replaced, revoked, person deactivated or logged out everywhere."""
    bad = PhoneDevice.objects.filter(pk__in=list(seats)).filter(
        ~Q(connection_id__in=list(seats.values()))
        | Q(connection_id__isnull=True)
        | Q(revoked_at__isnull=False)
        | Q(user__is_active=False)
        | _moved_on(epochs)
    )
    found: dict[int, int] = {}
    for pk, connection, revoked, active in bad.values_list("pk", "connection_id", "revoked_at", "user__is_active"):
        if revoked is not None:
            found[pk] = Close.REVOKED
        elif not active:
            found[pk] = Close.BAD_TOKEN
        elif connection != seats[pk]:
            found[pk] = Close.REPLACED
        else:
            found[pk] = Close.BAD_TOKEN
    return found


def _moved_on(epochs: dict[int, int]) -> Q:
    """Phones whose person was logged out everywhere since, also when nobody could tell the socket."""
    found = Q(pk__in=[])
    for epoch in set(epochs.values()):
        found |= Q(pk__in=[pk for pk, known in epochs.items() if known == epoch]) & ~Q(user__auth_epoch=epoch)
    return found


def _sweep(
    process_id: uuid.UUID, seats: dict[int, uuid.UUID], epochs: dict[int, int]
) -> tuple[dict[int, list[dict[str, Any]]], dict[int, int]]:
    upkeep.close_overdue()
    if not seats:
        return {}, {}
    return _offers(process_id), _misfits(seats, epochs)


def beat(room: Hall) -> None:
    """Say that this process lives; when its row had gone, take the phones back."""
    made = upkeep.beat(room.process_id, socket.gethostname(), os.getpid())
    if made and room.has_beaten:
        upkeep.take_back(room.process_id, [phone.connection_id for phone in room.phones()])
    room.has_beaten = True


async def keep() -> None:
    """The loop of a process with sockets: sweep, reap, beat, seen; a lost database is waited for."""
    room = hall()
    next_beat = next_seen = 0.0
    while True:
        try:
            now = time.monotonic()
            if now >= next_beat:
                await in_thread(beat, room)
                next_beat = now + settings.CALL["beat"].total_seconds()
            if now >= next_seen:
                heard, room.heard = list(room.heard), set()
                if heard:
                    await in_thread(upkeep.seen, heard)
                next_seen = now + settings.CALL["seen_batch"].total_seconds()
            await hub().join()
            await _sweep_once(room)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The sweep waits for the database: %s", error)
        await asyncio.sleep(settings.CALL["sweep"].total_seconds())


async def _sweep_once(room: Hall) -> None:
    seats = {pk: phone.connection_id for pk, phone in room.by_device.items()}
    epochs = {pk: phone.user.auth_epoch for pk, phone in room.by_device.items() if phone.user is not None}
    offers, misfits = await in_thread(_sweep, room.process_id, seats, epochs)
    for pk, code in misfits.items():
        phone = room.by_device.get(pk)
        if phone is not None and phone.connection_id == seats[pk]:
            phone.soon(phone.shut(code))
    if is_draining():
        return
    for phone in room.phones():
        if phone.device is not None and phone.is_synced:
            mine = offers.get(phone.device.user_id, [])
            if mine or phone.sent:
                await phone.reconcile(mine)


async def drain() -> None:
    """Ask every phone of this process to come back elsewhere, then wait until they have gone."""
    patience = settings.CALL["drain"].total_seconds()
    room = hall()
    for phone in room.phones():
        phone.soon(phone.send_frame({"type": "drain", "after_ms": round(patience * 1000 / 2)}))
    until = time.monotonic() + patience
    while room.by_device and time.monotonic() < until:  # noqa: ASYNC110 (sockets leave one by one)
        await asyncio.sleep(0.1)
    for phone in room.phones():
        await phone.shut(Close.DRAIN)
