"""What the database says reaches an open page also when the word about it was lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts import events, sessions
from accounts.models import Branch, User
from common.realtime import publish
from common.tests.sockets import stop_loops
from notifications.tests.test_browser_socket import page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _loops(settings: LazySettings) -> AsyncIterator[None]:
    settings.PAGE_CHECK = timedelta(seconds=0.2)
    yield
    await stop_loops()


@pytest.mark.parametrize("change", [{"is_active": False}, {"auth_epoch": 99}])
async def test_a_page_of_somebody_who_is_out_is_closed(anna: User, boris: User, change: dict[str, int]) -> None:
    mine, other = await page(anna), await page(boris)
    await sync_to_async(User.objects.filter(pk=anna.pk).update)(**change)
    assert await mine.closed() == 4401
    await other.say(type="watch", topic=f"user.{boris.pk}")
    await other.next("watching")
    await other.disconnect()


async def test_a_page_whose_session_is_gone_is_closed(anna: User) -> None:
    mine = await page(anna)
    await sync_to_async(Session.objects.all().delete)()
    assert await mine.closed() == 4401


@pytest.mark.parametrize("key", [sessions.SEEN_KEY, sessions.STARTED_KEY])
async def test_a_page_whose_session_was_left_alone_for_too_long_is_closed(ada: User, boris: User, key: str) -> None:
    """The administrator's page asks nothing any more; hearing is not being there."""
    mine, other = await page(ada, "calls.all"), await page(boris)
    await sync_to_async(_age_sessions)(key)
    assert await mine.closed() == 4401
    await other.say(type="watch", topic=f"user.{boris.pk}")
    await other.next("watching")
    await other.disconnect()


def _age_sessions(key: str) -> None:
    """What every session says is older by thirteen hours (ten for the last sign of a person)."""
    for row in Session.objects.all():
        data = row.get_decoded()
        data[key] -= (13 if key == sessions.STARTED_KEY else 10) * sessions.HOUR_S
        row.session_data = SessionStore().encode(data)
        row.save()


async def test_rights_that_change_while_a_page_asks_leave_no_topic_behind(clara: User, branch_krd: Branch) -> None:
    """`watch` reads the old rights and joins after the new ones were told: repeated, since the moments are random."""
    old, own = f"calls.branch.{clara.branch_id}", clara.branch_id
    for _ in range(12):
        mine = await page(clara)
        await mine.say(type="watch", topic=old)
        await sync_to_async(_move)(clara, branch_krd.pk)
        await mine.next("resync")
        await mine.say(type="watch", topic=old)
        await mine.next("denied")
        await sync_to_async(publish)(old, {"type": "probe"})
        await sync_to_async(publish)(f"user.{clara.pk}", {"type": "last"})
        await mine.hears_nothing_of("probe", "last")
        await mine.disconnect()
        await sync_to_async(User.objects.filter(pk=clara.pk).update)(branch_id=own)


def _move(user: User, branch_id: int) -> None:
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(branch_id=branch_id)
        events.rights_changed(user)


async def test_a_person_who_was_moved_leaves_the_old_branch(clara: User, branch_krd: Branch) -> None:
    mine = await page(clara, f"calls.branch.{clara.branch_id}")
    await sync_to_async(User.objects.filter(pk=clara.pk).update)(branch=branch_krd)
    await mine.next("resync")
    await mine.say(type="watch", topic=f"calls.branch.{clara.branch_id}")
    await mine.next("denied")
    await mine.disconnect()
