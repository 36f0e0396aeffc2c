"""Every frame of a real call, on both sockets, fits the committed schemas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async

from accounts import services as accounts
from accounts.models import Branch, User
from common.tests.sockets import Client, stop_loops
from companies.models import Company
from crm.tests.docfiles import problems
from notifications.services import create_notification
from notifications.tests.test_browser_socket import page
from phonebridge.hall import hall
from phonebridge.services import clicks
from phonebridge.tests.fixtures import click
from phonebridge.tests.test_phone_socket import enter, pair

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _loops() -> AsyncIterator[None]:
    yield
    await stop_loops()


async def walk(phone: Client, user: User, company: Company) -> None:
    """A call from the click to the result, a refused claim, a refused offer, odd words, a newer token."""
    call = await sync_to_async(click)(user, company=company, note="Про прайс")
    call_id = (await phone.next("offer"))["call_id"]
    assert call_id == str(call.pk)
    await phone.say(type="state", call_id=call_id, phase="received")
    await phone.say(type="claim", call_id=call_id)
    lease = (await phone.next("go"))["lease"]
    await phone.say(type="state", call_id=call_id, phase="dialing", lease=lease)
    await phone.say(type="report", report_id="r-1", call_request_id=call_id, call_status="busy")
    await phone.next("ack")
    await phone.say(type="claim", call_id=call_id)
    await phone.next("no")
    await phone.say(type="claim")
    await phone.next("error")
    await phone.say(type="refresh", token=await pair(user))
    await phone.next("refreshed")
    second = await sync_to_async(click)(user, "+7 343 000-56-78")
    await phone.next("offer")
    await sync_to_async(clicks.cancel_call)(actor=user, call=second)
    await phone.next("revoke")


async def test_frames_of_a_call_fit_the_schemas(anna: User) -> None:
    company = await Company.objects.acreate(name="ООО «Северный лес»", responsible=anna, branch=anna.branch)
    tab = await page(anna, f"company.{company.pk}", "calls.all")
    phone = await enter(anna, device_name="Honor 90")
    await tab.next("presence")
    await walk(phone, anna, company)
    await sync_to_async(create_notification)(user=anna, title="Проверка", url="/calls/")
    await tab.next("notification")
    assert {"hello", "watching", "denied", "call", "company", "presence", "notification"} <= {
        frame["type"] for frame in tab.seen
    }
    assert {"hello", "offer", "synced", "go", "no", "revoke", "ack", "error", "refreshed"} <= {
        frame["type"] for frame in phone.seen
    }
    assert [(f, p) for f in tab.seen if (p := problems(f, "tellBrowser"))] == []
    assert [(f, p) for f in phone.seen if (p := problems(f, "tellPhone"))] == []
    await phone.disconnect()
    await tab.disconnect()


async def test_phone_of_a_person_who_moved_is_announced_to_the_new_branch(
    anna: User, gleb: User, ada: User, branch_krd: Branch
) -> None:
    tab = await page(gleb, f"calls.branch.{branch_krd.pk}")
    phone = await enter(anna)
    await sync_to_async(accounts.change_rights)(actor=ada, user=anna, branch=branch_krd)
    async with asyncio.timeout(10):
        while {s.user.branch_id for s in hall().by_user[anna.pk] if s.user} != {branch_krd.pk}:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await phone.disconnect()
    assert (await tab.next(lambda f: f["type"] == "presence" and f["user"] == anna.pk))["state"] == "offline"
    await tab.disconnect()
