"""/ws/ui/: a page hears what its person may see, and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client as Http

from accounts import services as accounts
from accounts.models import Branch, User
from accounts.roles import DataScope, Role
from common.realtime import publish, publish_all
from common.tests.sockets import Client, stop_loops
from common.ws import UNANSWERED_S
from companies.edits.transfer import transfer_company
from companies.models import Company
from notifications.services import create_notification
from phonebridge.services import clicks
from phonebridge.tests.fixtures import click

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = (b"origin", b"http://testserver")
HOST = (b"host", b"testserver")


@pytest.fixture(autouse=True)
async def _loops() -> AsyncIterator[None]:
    yield
    await stop_loops()


def cookie_of(user: User) -> bytes:
    http = Http()
    http.force_login(user)
    http.get("/health/live")
    return f"{settings.SESSION_COOKIE_NAME}={http.cookies[settings.SESSION_COOKIE_NAME].value}".encode()


async def page(user: User, *topics: str) -> Client:
    cookie = await sync_to_async(cookie_of)(user)
    socket = Client("/ws/ui/", [ORIGIN, HOST, (b"cookie", cookie)])
    connected, _ = await socket.connect()
    assert connected
    await socket.next("hello")
    for topic in topics:
        await socket.say(type="watch", topic=topic)
        await socket.next(lambda f: f["type"] in {"watching", "denied"})
    return socket


async def test_own_call_is_heard_in_every_tab_and_by_the_head_alone(
    anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User
) -> None:
    branch = f"calls.branch.{anna.branch_id}"
    tabs = [await page(anna), await page(anna)]
    head, group, admin = await page(clara, branch), await page(gleb, "calls.all"), await page(ada, "calls.all")
    others = [await page(boris, branch, "calls.all", f"user.{anna.pk}"), await page(dan, branch, "calls.all")]
    call = await sync_to_async(click)(anna)
    for socket in (*tabs, head, group, admin):
        frame = await socket.next("call")
        assert (frame["id"], frame["user"], frame["status"], frame["rev"]) == (str(call.pk), anna.pk, "pending", 1)
    await sync_to_async(clicks.cancel_call)(actor=anna, call=call)
    assert (await tabs[0].next("call"))["rev"] == 2
    for socket, user in zip(others, (boris, dan), strict=True):
        assert "denied" in {f["type"] for f in socket.seen}
        await sync_to_async(publish)(f"user.{user.pk}", {"type": "probe"})
        await socket.hears_nothing_of("call", until="probe")
    for socket in (*tabs, head, group, admin, *others):
        await socket.disconnect()


@pytest.mark.parametrize(
    "topic",
    ["", "user", "user.", "calls.branch.x", "calls.branch.999999999999999999999", "nothing.1", "access.1", "a" * 500],
)
async def test_topics_that_do_not_fit_are_denied(anna: User, topic: str) -> None:
    socket = await page(anna)
    await socket.say(type="watch", topic=topic)
    assert (await socket.next("denied"))["topic"] == topic[:80]
    await socket.disconnect()


async def test_card_is_watched_by_those_who_may_see_it(anna: User, dan: User) -> None:
    company = await Company.objects.acreate(name="ООО «Мегатрейд»", responsible=anna, branch_id=anna.branch_id)
    await User.objects.filter(pk=dan.pk).aupdate(data_scope=DataScope.SELF)
    mine, foreign = await page(anna, f"company.{company.pk}"), await page(dan, f"company.{company.pk}", "company.777")
    assert [f["topic"] for f in foreign.seen if f["type"] == "denied"] == [f"company.{company.pk}", "company.777"]
    await sync_to_async(click)(anna, company=company)
    assert (await mine.next("company"))["id"] == company.pk
    for socket in (mine, foreign):
        await socket.disconnect()


async def test_head_who_loses_the_role_stops_hearing_the_branch(anna: User, clara: User, ada: User) -> None:
    head = await page(clara, f"calls.branch.{anna.branch_id}")
    await sync_to_async(accounts.change_rights)(actor=ada, user=clara, role=Role.MANAGER)
    await head.next("resync")
    await sync_to_async(click)(anna)
    await sync_to_async(publish)(f"user.{clara.pk}", {"type": "probe"})
    await head.hears_nothing_of("call", until="probe")
    await head.disconnect()


async def test_head_who_moves_stops_hearing_the_old_branch(
    anna: User, clara: User, ada: User, branch_krd: Branch
) -> None:
    head = await page(clara, f"calls.branch.{anna.branch_id}")
    await sync_to_async(accounts.change_rights)(actor=ada, user=clara, branch=branch_krd)
    await head.next("resync")
    await head.say(type="watch", topic=f"calls.branch.{anna.branch_id}")
    assert await head.next("denied")
    await head.say(type="watch", topic=f"calls.branch.{branch_krd.pk}")
    assert await head.next("watching")
    await head.disconnect()


async def test_log_out_closes_the_sockets_of_that_session_only(anna: User) -> None:
    def log_in() -> Http:
        http = Http()
        http.force_login(anna)
        http.get("/health/live")
        return http

    here, there = await sync_to_async(log_in)(), await sync_to_async(log_in)()
    sockets = []
    for http in (here, there):
        cookie = f"{settings.SESSION_COOKIE_NAME}={http.cookies[settings.SESSION_COOKIE_NAME].value}".encode()
        socket = Client("/ws/ui/", [ORIGIN, HOST, (b"cookie", cookie)])
        await socket.connect()
        await socket.next("hello")
        sockets.append(socket)
    await sync_to_async(here.post)("/logout/")
    assert await sockets[0].closed() == 4401
    await sync_to_async(publish)(f"user.{anna.pk}", {"type": "probe"})
    await sockets[1].next("probe")
    await sync_to_async(accounts.end_sessions)(user=anna, actor=anna)
    assert await sockets[1].closed() == 4401


async def test_a_page_that_reads_well_is_kept_when_hundreds_of_frames_come_at_once(anna: User) -> None:
    """Two hundred phones that come back in one moment are two hundred frames within one round trip."""
    socket = await page(anna)
    burst = [(f"user.{anna.pk}", {"type": "probe", "n": number}) for number in range(300)]
    await sync_to_async(publish_all)(*burst)
    await socket.next(lambda f: f.get("n") == 299)
    await asyncio.sleep(UNANSWERED_S + 0.2)
    await sync_to_async(publish)(f"user.{anna.pk}", {"type": "last"})
    await socket.next("last")
    await socket.disconnect()


async def test_a_page_that_does_not_read_is_closed(anna: User) -> None:
    """Few big frames at once; many small ones when a round trip has had its time."""
    deaf = await page(anna)
    big = [(f"user.{anna.pk}", {"type": "probe", "text": "я" * 4000}) for _ in range(66)]
    await sync_to_async(publish_all)(*big)
    assert await deaf.closed(UNANSWERED_S) == 4108
    patient = await page(anna)
    await sync_to_async(publish_all)(*[(f"user.{anna.pk}", {"type": "probe"})] * 100)
    started = time.monotonic()
    assert await patient.closed() == 4108
    assert time.monotonic() - started > UNANSWERED_S / 2


async def test_without_a_session_the_code_says_log_in(db: None) -> None:
    socket = Client("/ws/ui/", [ORIGIN, HOST])
    await socket.connect()
    assert await socket.closed() == 4401


async def test_foreign_page_is_refused_in_the_handshake(anna: User) -> None:
    cookie = await sync_to_async(cookie_of)(anna)
    for origin in (b"https://evil.example", b"null", b"http://testserver.evil.example", b"http://testserver:81"):
        socket = Client("/ws/ui/", [(b"origin", origin), HOST, (b"cookie", cookie)])
        connected, _ = await socket.connect()
        assert not connected


async def test_bell_counts_live_and_never_tells_of_ones_own_act(anna: User, boris: User) -> None:
    socket = await page(anna)
    await sync_to_async(create_notification)(user=anna, title="Звонок передан", dedupe_key="k", url="/calls/")
    assert (await socket.next("notification"))["unread"] == 1
    again = await sync_to_async(create_notification)(user=anna, title="Звонок передан", dedupe_key="k")
    own = await sync_to_async(create_notification)(user=anna, actor=anna, title="Сам")
    assert (again, own) == (None, None)
    await sync_to_async(create_notification)(user=anna, actor=boris, title="Ещё")
    assert (await socket.next("notification"))["unread"] == 2
    await socket.disconnect()


async def test_card_in_other_hands_is_left_before_its_next_event(anna: User, gleb: User, dan: User) -> None:
    await User.objects.filter(pk=anna.pk).aupdate(data_scope=DataScope.SELF)
    anna = await User.objects.aget(pk=anna.pk)
    card = await Company.objects.acreate(name="ООО «Кабель»", responsible=anna, branch_id=anna.branch_id)
    topic = f"company.{card.pk}"
    owner, group = await page(anna, topic), await page(gleb, topic)
    await sync_to_async(transfer_company)(actor=gleb, company_id=card.pk, to_id=dan.pk)
    await owner.next("resync")
    await sync_to_async(publish)(topic, {"type": "company", "id": card.pk, "what": "later", "at": ""})
    # whoever is still being looked at reads everything again instead
    await group.next(lambda frame: frame.get("what") == "later" or frame["type"] == "resync")
    await sync_to_async(create_notification)(user=anna, title="Проверка")
    await owner.next("notification")
    assert [frame["what"] for frame in owner.seen if frame["type"] == "company"] in ([], ["card"])
