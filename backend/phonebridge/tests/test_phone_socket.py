"""/ws/phone/: one phone at the door, its offers, its words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from accounts import services as accounts
from accounts import tokens
from accounts.models import User
from common.tests.sockets import Client, stop_loops
from phonebridge.hall import hall, offers_of
from phonebridge.models import CallReport, CallRequest, DeadLetter, PhoneDevice
from phonebridge.selectors import presence_of
from phonebridge.services import clicks, devices
from phonebridge.tests.fixtures import click, phone_client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _loops() -> AsyncIterator[None]:
    yield
    await stop_loops()


async def pair(user: User) -> str:
    return (await sync_to_async(tokens.issue_pair)(user, rotating=True)).access


async def enter(user: User, device_id: str = "phone-1", *, token: str = "", **fields: Any) -> Client:
    """An authenticated, synced phone."""
    phone = Client("/ws/phone/")
    await phone.connect()
    await phone.say(type="auth", token=token or await pair(user), device_id=device_id, instance="i1", **fields)
    hello = await phone.next("hello")
    assert hello["protocol"] == 1
    await phone.next("synced")
    return phone


async def row(call: CallRequest) -> CallRequest:
    return await CallRequest.objects.aget(pk=call.pk)


async def test_click_reaches_the_phone_and_the_result_comes_back(anna: User) -> None:
    phone = await enter(anna, device_name="Honor 90")
    call = await sync_to_async(click)(anna, note="Про прайс")
    offer = await phone.next("offer")
    assert (offer["call_id"], offer["phone"], offer["note"]) == (str(call.pk), "+73430001234", "Про прайс")
    await phone.say(type="state", call_id=offer["call_id"], phase="received", at="2026-11-25T10:00:00Z")
    await phone.say(type="claim", call_id=offer["call_id"])
    go = await phone.next("go")
    assert go["dial_within_ms"] == 5000
    for phase in ("dialing", "talking", "ended"):
        await phone.say(type="state", call_id=offer["call_id"], phase=phase, lease=go["lease"])
    body = {"call_request_id": offer["call_id"], "call_status": "connected", "call_duration_seconds": 12}
    for _ in range(2):
        await phone.say(type="report", report_id="r-1", sent_at="2026-11-25T10:00:00Z", **body)
        assert (await phone.next("ack"))["report_id"] == "r-1"
    stored = await row(call)
    assert (stored.status, stored.call_status, stored.live_phase) == ("consumed", "connected", "ended")
    assert stored.received_at is not None
    assert await CallReport.objects.acount() == 1
    await phone.disconnect()


async def test_open_offer_comes_before_synced(anna: User) -> None:
    call = await sync_to_async(click)(anna)
    phone = await enter(anna)
    assert [f["call_id"] for f in phone.seen if f["type"] == "offer"] == [str(call.pk)]
    await phone.disconnect()


async def test_lost_wake_is_made_good_by_the_sweep(anna: User) -> None:
    phone = await enter(anna)
    call = await sync_to_async(_insert_silently)(anna)
    assert (await phone.next("offer"))["call_id"] == str(call.pk)
    await phone.disconnect()


def _insert_silently(user: User) -> CallRequest:
    """A row whose wake was lost: exactly what a killed server or a dead Redis leaves."""
    from common.clock import db_now_plus

    call = CallRequest(user=user, phone_e164="+73430001234", expires_at=db_now_plus(timedelta(seconds=60)))
    call.save()
    return call


async def test_call_is_the_same_in_any_spelling_of_its_id(anna: User) -> None:
    """Claimed in capitals: the holder is not told that somebody else took it."""
    phone = await enter(anna)
    call = await sync_to_async(click)(anna)
    await phone.next("offer")
    await phone.say(type="claim", call_id=str(call.pk).upper())
    assert (await phone.next("go"))["call_id"] == str(call.pk)
    await asyncio.sleep(2.5)  # two sweeps
    await phone.say(type="refresh", token=await pair(anna))
    await phone.next("refreshed")
    assert [f for f in phone.seen if f["type"] == "revoke"] == []
    await phone.disconnect()


async def test_phone_with_a_long_name_is_let_in(anna: User) -> None:
    phone = await enter(anna, device_name="я" * 5_000, app_version="1" * 500, platform="p" * 500)
    stored = await PhoneDevice.objects.aget(user=anna)
    assert (len(stored.device_name), len(stored.app_version), len(stored.platform)) == (120, 40, 40)
    await phone.disconnect()


async def test_two_phones_one_grant(anna: User) -> None:
    one, two = await enter(anna, "one"), await enter(anna, "two")
    await sync_to_async(click)(anna)
    offers = [await one.next("offer"), await two.next("offer")]
    await asyncio.gather(*(p.say(type="claim", call_id=offers[0]["call_id"]) for p in (one, two)))
    answers = [await p.next(lambda f: f["type"] in {"go", "no"} or (f["type"] == "revoke")) for p in (one, two)]
    assert [a["type"] for a in answers].count("go") == 1
    assert next(a for a in answers if a["type"] != "go")["reason"] == "taken"
    for phone in (one, two):
        await phone.disconnect()


async def test_cancel_before_the_claim_revokes_the_offer(anna: User) -> None:
    phone = await enter(anna)
    call = await sync_to_async(click)(anna)
    await phone.next("offer")
    await sync_to_async(clicks.cancel_call)(actor=anna, call=call)
    assert (await phone.next("revoke"))["reason"] == "cancelled"
    await phone.say(type="claim", call_id=str(call.pk))
    assert (await phone.next("no"))["reason"] == "cancelled"
    await phone.disconnect()


async def test_cancel_after_the_grant_asks_the_holder(anna: User) -> None:
    phone = await enter(anna)
    call = await sync_to_async(click)(anna)
    await phone.next("offer")
    await phone.say(type="claim", call_id=str(call.pk))
    await phone.next("go")
    done = await sync_to_async(clicks.cancel_call)(actor=anna, call=call)
    assert done.cancelled is False
    assert (await phone.next("revoke"))["reason"] == "cancelled"
    await phone.say(type="reject", call_id=str(call.pk), reason="stale")
    await phone.say(type="claim", call_id=str(call.pk))
    assert (await phone.next("no"))["reason"] == "cancelled"
    assert (await row(call)).reason == "not_dialled"
    await phone.disconnect()


async def test_look_older_than_the_click_does_not_take_the_offer_back(anna: User) -> None:
    phone = await enter(anna)
    call = await sync_to_async(click)(anna)
    await phone.next("offer")
    (seat,) = hall().phones()
    await seat.reconcile([])
    await phone.say(type="claim", call_id=str(call.pk))
    await phone.next("go")
    assert [f["type"] for f in phone.seen].count("revoke") == 0
    await phone.disconnect()


async def test_look_older_than_the_grant_neither_repeats_nor_revokes_it(anna: User) -> None:
    phone = await enter(anna)
    call = await sync_to_async(click)(anna)
    await phone.next("offer")
    (seat,) = hall().phones()
    before = await sync_to_async(offers_of)(anna.pk)
    await phone.say(type="claim", call_id=str(call.pk))
    go = await phone.next("go")
    await seat.reconcile(before)
    await seat.reconcile([])
    await phone.say(type="claim", call_id=str(call.pk))
    assert (await phone.next("go"))["lease"] == go["lease"]
    assert [f["type"] for f in phone.seen if f["type"] in {"offer", "revoke"}] == ["offer"]
    await phone.disconnect()


async def test_newer_socket_of_the_same_phone_replaces_the_old_one(anna: User) -> None:
    old = await enter(anna)
    new = await enter(anna)
    assert await old.closed() == 4201
    device = await PhoneDevice.objects.aget(user=anna)
    assert device.connection_id is not None
    await sync_to_async(click)(anna)
    assert await new.next("offer")
    await new.disconnect()
    await device.arefresh_from_db()
    assert device.connection_id is None


@pytest.mark.parametrize(
    "first",
    [
        {"type": "claim", "call_id": "x"},
        {"type": "auth"},
        {"type": "auth", "token": "eyJ.bad.token", "device_id": "d"},
        {"type": "auth", "token": 5, "device_id": ["d"]},
    ],
)
async def test_wrong_first_frame_closes_with_4001(db: None, first: dict[str, Any]) -> None:
    phone = Client("/ws/phone/")
    await phone.connect()
    await phone.say(**first)
    assert await phone.closed() == 4001


async def test_token_in_the_address_is_refused(anna: User) -> None:
    phone = Client(f"/ws/phone/?token={await pair(anna)}")
    await phone.connect()
    assert await phone.closed() == 4001


async def test_too_old_protocol_is_told_in_words(anna: User) -> None:
    phone = Client("/ws/phone/")
    await phone.connect()
    await phone.say(type="auth", token=await pair(anna), device_id="d", protocol=0)
    assert await phone.closed() == 4008
    assert "Обновите" in phone.seen[-1]["message"]


async def test_expired_token_closes_with_4202(anna: User, settings: LazySettings) -> None:
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "ACCESS_TOKEN_LIFETIME": timedelta(seconds=2)}
    phone = await enter(anna)
    assert await phone.closed() == 4202
    late = Client("/ws/phone/")
    await late.connect()
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "ACCESS_TOKEN_LIFETIME": timedelta(seconds=-1)}
    await late.say(type="auth", token=await pair(anna), device_id="d")
    assert await late.closed() == 4202


async def test_refresh_keeps_the_socket(anna: User) -> None:
    phone = await enter(anna)
    await phone.say(type="refresh", token=await pair(anna))
    assert (await phone.next("refreshed"))["token_expires_in_s"] > 3000
    await phone.say(type="refresh", token="stolen.or.broken")
    assert await phone.closed() == 4001


async def test_another_persons_token_does_not_refresh(anna: User, boris: User) -> None:
    phone = await enter(anna)
    await phone.say(type="refresh", token=await pair(boris))
    assert await phone.closed() == 4001


async def test_deactivated_person_and_revoked_phone_are_out_at_once(anna: User, boris: User, ada: User) -> None:
    phone, other = await enter(anna), await enter(boris)
    await sync_to_async(accounts.deactivate)(actor=ada, user=anna)
    assert await phone.closed() == 4001
    device = await PhoneDevice.objects.select_related("user").aget(user=boris)
    await sync_to_async(devices.revoke)(device=device)
    assert await other.closed() == 4003
    back = Client("/ws/phone/")
    await back.connect()
    await back.say(type="auth", token=await pair(boris), device_id="phone-1")
    assert await back.closed() == 4003


async def test_foreign_call_is_unknown_and_a_foreign_report_is_a_dead_letter(anna: User, boris: User) -> None:
    call = await sync_to_async(click)(boris)
    phone = await enter(anna)
    await phone.say(type="claim", call_id=str(call.pk))
    assert (await phone.next("no"))["reason"] == "unknown"
    await phone.say(type="report", report_id="r", call_request_id=str(call.pk), call_status="connected")
    assert await phone.next("ack")
    assert (await row(call)).call_status is None
    assert await DeadLetter.objects.acount() == 1
    await phone.disconnect()


async def test_bad_words_are_answered_and_the_socket_lives(anna: User) -> None:
    phone = await enter(anna)
    await phone.send_to(text_data="{nonsense")
    assert (await phone.next("error"))["code"] == "bad_json"
    await phone.send_to(text_data="[" * 60_000)
    assert (await phone.next("error"))["code"] == "bad_json"
    await phone.say(type="claim")
    assert (await phone.next("error"))["code"] == "bad_frame"
    for name in ("a\x00b", "\ud800", "q" * 500, 5):
        await phone.say(type="report", report_id=name, call_status="\x00")
        assert (await phone.next("ack"))["report_id"] == name
    await phone.say(type="dance", floor=1)
    await phone.say(type="heartbeat", battery=300, sims="none", app_version=["2"], stuck_count=-1)
    await phone.say(type="claim", call_id="0")
    assert (await phone.next("no"))["reason"] == "unknown"
    await phone.disconnect()


async def test_frame_over_64_kib_closes_the_socket(anna: User) -> None:
    phone = await enter(anna)
    await phone.say(type="heartbeat", device_name="я" * 40_000)
    assert await phone.closed() == 1009


async def test_flood_closes_with_4129(anna: User) -> None:
    phone = await enter(anna)
    for _ in range(201):
        await phone.say(type="seen", id=1)
    assert await phone.closed() == 4129


async def test_who_reads_nothing_is_closed_with_4108(anna: User) -> None:
    phone = await enter(anna)
    for number in range(110):
        await phone.say(type="claim", call_id=str(number))
    assert await phone.closed() == 4108


async def test_silent_phone_is_closed_with_4112(anna: User, settings: LazySettings) -> None:
    from phonebridge.consumers import PhoneConsumer

    usual = PhoneConsumer.ping_after, PhoneConsumer.pong_within
    PhoneConsumer.ping_after, PhoneConsumer.pong_within = timedelta(seconds=0.2), timedelta(seconds=0.3)
    try:
        phone = await enter(anna)
        assert await phone.closed() == 4112
        assert "ping" in {f["type"] for f in phone.seen}
    finally:
        PhoneConsumer.ping_after, PhoneConsumer.pong_within = usual


async def test_presence_follows_the_socket_and_shows_the_round_trip(anna: User) -> None:
    phone = await enter(anna)
    assert (await sync_to_async(presence_of)([anna.pk]))[anna.pk].state == "online"
    await phone.disconnect()
    assert (await sync_to_async(presence_of)([anna.pk]))[anna.pk].state == "offline"


async def test_busy_phone_is_offered_the_call_again_when_its_own_call_has_ended(anna: User) -> None:
    phone = await enter(anna)
    call = await sync_to_async(click)(anna)
    offer = await phone.next("offer")
    assert 50_000 < offer["ttl_ms"] <= 60_000
    await phone.say(type="reject", call_id=str(call.pk), reason="busy")
    await phone.say(type="report", report_id="own", event_id="e1", phone="+7 922 000-00-01", call_status="connected")
    again = await phone.next("offer")
    assert again["call_id"] == str(call.pk)
    assert again["ttl_ms"] <= offer["ttl_ms"]
    await phone.disconnect()


async def test_logged_out_person_loses_the_socket_even_when_nobody_could_tell_it(anna: User) -> None:
    phone = await enter(anna)
    await User.objects.filter(pk=anna.pk).aupdate(auth_epoch=anna.auth_epoch + 1)
    assert await phone.closed() == 4001


async def test_log_out_on_the_phone_closes_its_socket(anna: User) -> None:
    phone = await enter(anna)
    client = await sync_to_async(phone_client)(anna)
    await sync_to_async(client.post)("/api/phone/logout/", {"device_id": "phone-1"}, format="json")
    assert await phone.closed() == 4001


async def test_moment_of_the_offer_is_kept(anna: User) -> None:
    phone = await enter(anna)
    call = await sync_to_async(click)(anna)
    await phone.next("offer")
    async with asyncio.timeout(20):
        while (stored := await row(call)).offered_at is None:  # noqa: ASYNC110 (the row changes in the database)
            await asyncio.sleep(0.05)
    assert stored.offered_at is not None and stored.offered_at >= stored.created_at
    assert stored.claimed_at is None
    await phone.disconnect()
