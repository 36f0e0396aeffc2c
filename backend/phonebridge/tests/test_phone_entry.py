"""Who holds a phone's socket, and for how long: tokens that end, presence that is believed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import tokens
from accounts.models import RefreshGrant, User
from common.tests.sockets import Client, stop_loops
from phonebridge.models import PhoneDevice, ServerProcess
from phonebridge.selectors import presence_of
from phonebridge.selectors.presence import live_devices
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
