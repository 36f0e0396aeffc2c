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
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import InterfaceError, OperationalError

from accounts import tokens
from common.ids import uuid7
from common.realtime import Message, is_draining, publish_all
from common.ws import Close, Together, in_thread
from phonebridge import events
from phonebridge.models import CallReject, CallRequest, PhoneDevice
from phonebridge.services import delivery, devices, upkeep

if TYPE_CHECKING:
    from phonebridge.consumers import PhoneConsumer

logger = logging.getLogger(__name__)
SLICE = 500
type Seat = tuple[uuid.UUID, int, str]  # connection, the person's epoch at log-in, and the family of the token


class Hall:
    """The sockets of this process by person, and what they were last heard."""

    def __init__(self) -> None:
        self.process_id = uuid7()
        self.by_user: dict[int, set[PhoneConsumer]] = {}
        self.by_device: dict[int, PhoneConsumer] = {}
        self.heard: set[int] = set()
        # offers that a phone here was sent and nobody has answered yet, with the moment (monotonic)
        self.offered: dict[str, float] = {}
        self.next_slice = 0
        # what many sockets would each ask of the database or of Redis, done once for all of them
        self.news: Together[Message] = Together(_publish)
        self.farewells: Together[uuid.UUID] = Together(devices.disconnect)
        self.round_trips: Together[devices.RoundTrip] = Together(devices.remember_round_trips, after_s=0.5)
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
        mates = self.by_user.get(phone.device.user_id, set())
        mates.discard(phone)
        if self.by_device.get(phone.device.pk) is phone:
            del self.by_device[phone.device.pk]
            # two sockets of one phone may be let in here in another order than in the database
            for mate in mates:
                if mate.device is not None and mate.device.pk == phone.device.pk and not mate.closing:
                    self.by_device[phone.device.pk] = mate
        if not mates:
            self.by_user.pop(phone.device.user_id, None)

    def slice(self) -> dict[int, Seat]:
        """The next sockets to compare with their rows: all of a small office each time, of a big one in turns."""
        phones = list(self.by_device.values())
        if len(phones) > SLICE:
            start = self.next_slice % len(phones)
            phones = (phones + phones)[start : start + SLICE]
            self.next_slice = start + SLICE
        return {
            phone.device.pk: (phone.connection_id, phone.user.auth_epoch, phone.family)
            for phone in phones
            if phone.device is not None and phone.user is not None
        }

    def phones(self) -> list[PhoneConsumer]:
        return list(self.by_device.values())


def _publish(messages: list[Message]) -> None:
    publish_all(*messages)


_hall: Hall | None = None


def hall() -> Hall:
    """The hall of this process."""
    global _hall
    if _hall is None:
        _hall = Hall()
    return _hall


def _framed(offers: list[delivery.Offer]) -> dict[int, list[dict[str, Any]]]:
    """Open offers by person: frame, target, and the phones that refused."""
    found: dict[int, list[dict[str, Any]]] = {}
    refused: dict[uuid.UUID, set[int]] = {}
    if offers:
        rejects = CallReject.objects.filter(call__in=[call.pk for call, _left in offers])
        for call_id, device_id in rejects.values_list("call_id", "device_id"):
            refused.setdefault(call_id, set()).add(device_id)
    for call, left in offers:
        offer = {
            "target": call.target_id,
            "refused": refused.get(call.pk, set()),
            "frame": events.offer_frame(call, round(left.total_seconds() * 1000)),
        }
        found.setdefault(call.user_id, []).append(offer)
    return found


def offers_of(user_id: int) -> list[dict[str, Any]]:
    """Open offers of one person, for a phone that has just come or was woken."""
    return _framed(delivery.offers_of(user_id)).get(user_id, [])


def gone_reasons(call_ids: list[str]) -> dict[str, str]:
    """Why these calls are no longer offered; calls that are still offered are left out."""
    live = {str(pk) for pk in CallRequest.objects.offerable().filter(pk__in=call_ids).values_list("pk", flat=True)}
    rows = CallRequest.objects.filter(pk__in=call_ids).values_list("pk", "status")
    words = {"cancelled": "cancelled", "delivered": "taken", "consumed": "taken"}
    found = {str(pk): words.get(status, "expired") for pk, status in rows}
    return {call_id: found.get(call_id, "unknown") for call_id in call_ids if call_id not in live}


def _misfits(seats: dict[int, Seat]) -> dict[int, int]:
    """Close codes for sockets that must go: replaced, revoked, person deactivated or log-in ended.

    A device whose row has gone is let go too.
    """
    rows = PhoneDevice.objects.filter(pk__in=list(seats)).values_list(
        "pk", "connection_id", "revoked_at", "user__is_active", "user__auth_epoch"
    )
    found = dict.fromkeys(seats, int(Close.REVOKED))
    ended = tokens.ended_families({family for _connection, _epoch, family in seats.values()})
    for pk, connection, revoked, active, epoch in rows:
        if revoked is not None:
            continue
        if not active or epoch != seats[pk][1] or seats[pk][2] in ended:
            found[pk] = Close.BAD_TOKEN
        elif connection != seats[pk][0]:
            found[pk] = Close.REPLACED
        else:
            del found[pk]
    return found


def _sweep(
    process_id: uuid.UUID, seats: dict[int, Seat], offered: dict[uuid.UUID, timedelta]
) -> tuple[dict[int, list[dict[str, Any]]], dict[int, int]]:
    upkeep.close_overdue()
    if offered:
        delivery.mark_offered(offered)
    if not seats:
        return {}, {}
    return _framed(delivery.offers_held_by(process_id)), _misfits(seats)


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
                for first in range(0, len(heard), SLICE):
                    await in_thread(upkeep.seen, heard[first : first + SLICE])
                next_seen = now + settings.CALL["seen_batch"].total_seconds()
            await _sweep_once(room)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The sweep waits for the database: %s", error)
        await asyncio.sleep(settings.CALL["sweep"].total_seconds())


async def _sweep_once(room: Hall) -> None:
    now = time.monotonic()
    seats = room.slice()
    sent, room.offered = room.offered, {}
    ages = {uuid.UUID(call_id): timedelta(seconds=now - at) for call_id, at in sent.items()}
    try:
        offers, misfits = await in_thread(_sweep, room.process_id, seats, ages)
    except (OperationalError, InterfaceError):
        room.offered = {**sent, **room.offered}
        raise
    for pk, code in misfits.items():
        phone = room.by_device.get(pk)
        if phone is not None and phone.connection_id == seats[pk][0]:
            phone.soon(phone.shut(code))
    if is_draining():
        return
    for phone in room.phones():
        if phone.device is not None and phone.is_synced and not phone.closing:
            mine = offers.get(phone.device.user_id, [])
            if mine or phone.sent:
                phone.soon(phone.reconcile(mine))


async def drain() -> None:
    """Ask every phone of this process to come back elsewhere, then wait until they have gone."""
    patience = settings.CALL["drain"].total_seconds()
    room = hall()
    for phone in room.phones():
        phone.soon(phone.send_frame({"type": "drain", "after_ms": round(patience * 1000 / 2)}))
    until = time.monotonic() + patience
    while any(not phone.closing for phone in room.phones()) and time.monotonic() < until:  # noqa: ASYNC110 (sockets leave one by one)
        await asyncio.sleep(0.1)
    for phone in room.phones():
        await phone.shut(Close.DRAIN)
