"""What the database says reaches an open page also when the word about it was lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings
from django.contrib.sessions.models import Session

from accounts.models import Branch, User
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


async def test_a_person_who_was_moved_leaves_the_old_branch(clara: User, branch_krd: Branch) -> None:
    mine = await page(clara, f"calls.branch.{clara.branch_id}")
    await sync_to_async(User.objects.filter(pk=clara.pk).update)(branch=branch_krd)
    await mine.next("resync")
    await mine.say(type="watch", topic=f"calls.branch.{clara.branch_id}")
    await mine.next("denied")
    await mine.disconnect()
