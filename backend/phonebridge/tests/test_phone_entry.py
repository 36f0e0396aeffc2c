"""Who holds a phone's socket, and for how long: tokens that end, presence that is believed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import tokens
from accounts.models import RefreshGrant, User
from common.tests.sockets import Client, stop_loops
from phonebridge.consumers import PhoneConsumer
from phonebridge.hall import hall
from phonebridge.models import PhoneDevice, ServerProcess
from phonebridge.selectors import presence_of
from phonebridge.selectors.presence import live_devices
from phonebridge.tests.fixtures import click, device_of
from phonebridge.tests.test_phone_socket import enter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _loops() -> AsyncIterator[None]:
    yield
    await stop_loops()


async def test_phone_that_was_just_let_in_is_online_though_its_process_has_not_beaten_for_long(anna: User) -> None:
    """After the database was away the beats are old; the phone's own arrival says that its process lives."""
    phone = await enter(anna)
    assert await sync_to_async(_reached_with_old_beats)(anna) == ("online", 1)
    assert await sync_to_async(_reached_with_old_beats)(anna, connected_at=_LONG_AGO) == ("offline", 0)
    await phone.disconnect()


_LONG_AGO = timezone.now() - timedelta(minutes=10)


@transaction.atomic
def _reached_with_old_beats(user: User, **changes: Any) -> tuple[str, int]:
    """In one transaction, so that no beat comes between."""
    ServerProcess.objects.update(beat_at=_LONG_AGO)
    PhoneDevice.objects.update(last_seen_at=Now(), **changes)
    return presence_of([user.pk])[user.pk].state, live_devices([user.pk]).count()


async def test_spent_refresh_token_that_comes_back_takes_the_socket_too(anna: User) -> None:
    """One of the two who hold the log-in is a thief: neither keeps the socket, nor gets a new one."""
    first = await sync_to_async(tokens.issue_pair)(anna, device_id="phone-1", rotating=True)
    phone, other = await enter(anna, token=first.access), await enter(anna, "phone-2")
    second = await sync_to_async(tokens.refresh_pair)(first.refresh)
    await phone.say(type="refresh", token=second.access)
    await phone.next("refreshed")
    await sync_to_async(tokens.refresh_pair)(second.refresh)
    with pytest.raises(tokens.InvalidToken):
        await sync_to_async(tokens.refresh_pair)(first.refresh)
    assert await phone.closed() == 4001
    again = Client("/ws/phone/")
    await again.connect()
    await again.say(type="auth", token=second.access, device_id="phone-1", instance="i1")
    assert await again.closed() == 4001
    assert await refreshed(other, anna, "phone-2") == "refreshed"
    await other.disconnect()


async def test_ended_log_in_loses_the_socket_even_when_nobody_could_tell_it(anna: User) -> None:
    phone = await enter(anna)
    await RefreshGrant.objects.aupdate(revoked_at=timezone.now())
    assert await phone.closed() == 4001


async def test_two_sockets_let_in_in_another_order_than_the_row_says(anna: User) -> None:
    """The older one settles last: the row's socket stays, is not told 4201, and is looked at by the sweep again."""
    phone = await enter(anna)
    (seat,) = hall().phones()
    late, said = PhoneConsumer(), []

    async def say(message: dict[str, Any]) -> None:
        said.append(message)

    late.base_send = say
    late.device, late.user, late.family = seat.device, seat.user, seat.family
    await late._settle()
    async with asyncio.timeout(10):
        while not any(m.get("code") == 4201 for m in said):  # noqa: ASYNC110 (a list has no event)
            await asyncio.sleep(0.02)
    await late.disconnect(4201)
    assert hall().phones() == [seat]
    call = await sync_to_async(click)(anna)
    assert (await phone.next("offer"))["call_id"] == str(call.pk)
    await phone.disconnect()


async def test_database_that_goes_between_the_entry_and_the_offers_leaves_no_deaf_socket(anna: User) -> None:
    """The offers wait for a lock, then the connection is cut: the phone is told to come back, not kept half in."""
    await sync_to_async(device_of)(anna)
    phone = Client("/ws/phone/")
    await phone.connect()
    token = (await sync_to_async(tokens.issue_pair)(anna, rotating=True)).access
    cut = asyncio.create_task(asyncio.to_thread(_lock_calls_then_cut))
    async with asyncio.timeout(10):
        while not await sync_to_async(_is_locked)():  # noqa: ASYNC110 (a lock has no event)
            await asyncio.sleep(0.02)
    await phone.say(type="auth", token=token, device_id="phone-1", instance="i1")
    assert await phone.closed() == 4100
    assert "hello" in {frame["type"] for frame in phone.seen}
    await cut


_LOCKS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def _is_locked() -> bool:
    held = (
        "SELECT 1 FROM pg_locks WHERE relation = 'phonebridge_callrequest'::regclass AND mode = 'AccessExclusiveLock'"
    )
    with connection.cursor() as cursor:
        cursor.execute(held)
        return cursor.fetchone() is not None


def _lock_calls_then_cut() -> None:
    """Hold the table until somebody whose statement reads offers waits for it; end that connection."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE phonebridge_callrequest IN ACCESS EXCLUSIVE MODE")
            for _ in range(500):
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(f"{_LOCKS} AND query LIKE '%user_id%' AND query NOT LIKE '%EXISTS%'")
                waiting = cursor.fetchall()
                for (pid,) in waiting:
                    cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
                if waiting:
                    return
                time.sleep(0.02)
    finally:
        connection.close()


async def test_newer_token_must_be_of_the_same_phone(anna: User, boris: User) -> None:
    for person, device in ((anna, "phone-2"), (boris, "phone-1")):
        phone = await enter(anna)
        assert await refreshed(phone, person, device) == "error"
        assert await phone.closed() == 4001


async def refreshed(phone: Client, person: User, device: str) -> str:
    """What the open socket answers to a token that `person` got on `device`."""
    issued = await sync_to_async(tokens.issue_pair)(person, device_id=device, rotating=True)
    await phone.say(type="refresh", token=issued.access)
    return str((await phone.next(lambda f: f["type"] in {"refreshed", "error"}))["type"])
