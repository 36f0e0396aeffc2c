"""The one place that talks to the channel layer, against the real layer."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer  # noqa: TID251 (pins the layer's own format)
from django.conf import LazySettings
from django.db import transaction

from common import realtime
from common.logs import mask
from common.proxies import client_address
from common.realtime import Event, Hub, publish, publish_on_commit
from common.tests.sockets import stop_loops


class Ear:
    def __init__(self) -> None:
        self.heard: asyncio.Queue[Event] = asyncio.Queue()

    def deliver(self, event: Event) -> None:
        self.heard.put_nowait(event)


async def test_our_publish_is_what_the_layers_own_group_send_would_deliver() -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(realtime.group_of("pin.1"), channel)
    assert await sync_to_async(publish)("pin.1", {"type": "x", "text": "звонок"})
    ours = await asyncio.wait_for(layer.receive(channel), 5)
    await layer.group_send(realtime.group_of("pin.1"), ours)
    assert await asyncio.wait_for(layer.receive(channel), 5) == ours
    assert ours == {"type": realtime.EVENT_TYPE, "topic": "pin.1", "text": '{"type":"x","text":"звонок"}'}
    await layer.flush()


async def test_one_subscription_serves_all_local_listeners() -> None:
    hub = Hub(asyncio.get_running_loop())
    one, two = Ear(), Ear()
    await hub.subscribe(one, "t.1")
    await hub.subscribe(two, "t.1", "t.2")
    await sync_to_async(publish)("t.1", {"n": 1})
    for ear in (one, two):
        assert (await asyncio.wait_for(ear.heard.get(), 5)).data == {"n": 1}
    await hub.unsubscribe(one, "t.1")
    await sync_to_async(publish)("t.1", {"n": 2})
    assert (await asyncio.wait_for(two.heard.get(), 5)).data == {"n": 2}
    assert one.heard.empty()
    assert hub.reader is not None
    hub.reader.cancel()
    await stop_loops()


def test_dead_redis_loses_the_hint_and_nothing_else(settings: LazySettings) -> None:
    publisher = realtime._Publisher()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert publisher.send([("t.1", "{}")]) is False
    assert publisher.silent_until > 0
    assert publisher.send([("t.1", "{}")]) is False
    assert publisher.lost == 2


@pytest.mark.django_db(transaction=True)
async def test_nothing_is_published_by_a_transaction_that_falls() -> None:
    hub = Hub(asyncio.get_running_loop())
    ear = Ear()
    await hub.subscribe(ear, "t.9")

    def fall() -> None:
        with transaction.atomic():
            publish_on_commit("t.9", {"n": "never"})
            transaction.set_rollback(True)

    def stand() -> None:
        with transaction.atomic():
            publish_on_commit("t.9", {"n": "always"})

    await sync_to_async(fall)()
    await sync_to_async(stand)()
    assert (await asyncio.wait_for(ear.heard.get(), 5)).data == {"n": "always"}
    assert hub.reader is not None
    hub.reader.cancel()
    await stop_loops()


def test_forwarded_addresses_are_believed_from_trusted_proxies_only(settings: LazySettings) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert client_address("10.0.0.1", "203.0.113.9") == "203.0.113.9"
    assert client_address("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.7") == "203.0.113.9"
    assert client_address("10.0.0.1", "rubbish") == "10.0.0.1"
    assert client_address("203.0.113.5", "198.51.100.1") == "203.0.113.5"


def test_logs_show_no_tokens_and_no_numbers() -> None:
    line = mask("GET /pull?device_id=abc123 Bearer eyJhbGciOi.eyJzdWIi.sig call +7 (922) 123-45-67 a.b@example.com")
    for secret in ("abc123", "eyJhbGciOi", "123-45-67", "a.b@"):
        assert secret not in line


async def test_loop_that_fails_is_told_of_and_starts_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[int] = []

    async def falls() -> None:
        runs.append(len(runs))
        if len(runs) == 1:
            raise ValueError("something nobody thought of")
        await asyncio.Event().wait()

    monkeypatch.setattr(realtime, "BREAK_S", 0.01)
    supervised = asyncio.ensure_future(realtime._supervise(falls))
    async with asyncio.timeout(10):
        while len(runs) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    supervised.cancel()
    assert "something nobody thought of" in caplog.text
