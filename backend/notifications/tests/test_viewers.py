"""Who looks at a card now: one name a person, told to those who look, forgotten when a process dies."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from accounts import services as accounts
from accounts.models import User
from accounts.roles import DataScope
from common.tests.sockets import Client, stop_loops
from companies.models import Company
from crm.tests.docfiles import problems
from notifications.tests.test_browser_socket import page
from notifications.viewers import Here, _Shared, exchange, viewers_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _loops(settings: LazySettings) -> AsyncIterator[None]:
    settings.VIEWERS = settings.VIEWERS | {"pause": timedelta(milliseconds=100)}
    yield
    await stop_loops()


async def heard(tab: Client, *people: User) -> dict[str, Any]:
    wanted = sorted(person.pk for person in people)
    return await tab.next(lambda f: f["type"] == "viewers" and f["people"] == wanted)


async def test_people_see_each_other_come_and_go(anna: User, clara: User) -> None:
    card = await Company.objects.acreate(name="Проба", responsible=anna, branch=anna.branch)
    topic = f"company.{card.pk}"
    first = await page(anna, topic)
    frame = await heard(first, anna)
    assert (frame["id"], problems(frame, "tellBrowser")) == (card.pk, [])
    tabs = [await page(clara, topic), await page(clara, topic)]
    await heard(first, anna, clara)
    assert await sync_to_async(viewers_of)(topic) == {anna.pk, clara.pk}
    seen = len([f for f in first.seen if f["type"] == "viewers"])
    await tabs[0].disconnect()
    await first.say(type="watch", topic=f"user.{anna.pk}")
    await first.next("watching")
    await tabs[1].say(type="unwatch", topic=topic)
    await heard(first, anna)
    assert len([f for f in first.seen if f["type"] == "viewers"]) == seen + 1, "a tab less is no news"
    await tabs[1].disconnect()
    await first.disconnect()


async def test_who_loses_sight_of_the_card_leaves(anna: User, boris: User, ada: User) -> None:
    card = await Company.objects.acreate(name="Проба", responsible=anna, branch=anna.branch)
    tabs = [await page(anna, f"company.{card.pk}"), await page(boris, f"company.{card.pk}")]
    await heard(tabs[0], anna, boris)
    await sync_to_async(accounts.change_rights)(actor=ada, user=boris, data_scope=DataScope.SELF)
    await heard(tabs[0], anna)
    for tab in tabs:
        await tab.disconnect()


def test_words_of_a_dead_process_end_by_themselves(settings: LazySettings) -> None:
    settings.VIEWERS = settings.VIEWERS | {"life": timedelta(seconds=1)}
    topic = f"company.{time.monotonic_ns()}"
    assert exchange("dead", [Here(topic, frozenset({1, 2}), frozenset())]) == {topic: {1, 2}}
    assert exchange("live", [Here(topic, frozenset({2, 3}), frozenset())]) == {topic: {1, 2, 3}}
    assert exchange("live", [Here(topic, frozenset({3}), frozenset({2}))]) == {topic: {1, 2, 3}}
    until = time.monotonic() + 10
    while viewers_of(topic) and time.monotonic() < until:
        pass
    assert viewers_of(topic) == frozenset()


def test_without_redis_a_process_knows_its_own(settings: LazySettings) -> None:
    settings.REDIS_URL = ""
    assert exchange("a", [Here("company.1", frozenset({5}), frozenset())]) == {"company.1": {5}}
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    known, _Shared.client = _Shared.client, None
    try:
        assert exchange("a", [Here("company.1", frozenset({5}), frozenset())]) == {"company.1": {5}}
        assert viewers_of("company.1") == frozenset()
    finally:
        _Shared.client, _Shared.silent_until = known, 0.0
