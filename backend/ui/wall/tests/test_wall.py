"""The wallboard, its televisions and plans (K-34, K-25)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import Branch, BranchDay, User
from accounts.workdays import hours_of
from audit.models import AuditLog
from common.clock import local_day
from common.realtime import publish
from common.tests.sockets import Client as Socket
from common.tests.sockets import stop_loops
from phonebridge.enums import Delivery
from phonebridge.lookups import look_up_for
from phonebridge.models import CallPlan, CallRequest, WallLink
from phonebridge.services import delivery
from phonebridge.services.plans import BadPlan, NotYourPlan, set_plan
from phonebridge.services.results import record_report
from phonebridge.services.walls import BadLink, make_link, revoke_link
from phonebridge.stats import Filter, Period, report
from phonebridge.stats.period import day_of
from phonebridge.stats.plans import pace, plans_over
from phonebridge.stats.tests.makers import make_call
from phonebridge.stats.wall import make_wall, place_of
from phonebridge.tests.fixtures import click, device_of
from ui.wall.board import board_of

MONDAY = date(2026, 3, 16)
NOON = datetime(2026, 3, 16, 7, tzinfo=UTC)  # 12:00 in Yekaterinburg
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_pace() -> None:
    cache.clear()


def test_a_plan_is_the_sum_of_working_days(anna: User, clara: User, branch_ekb: Branch) -> None:
    set_plan(actor=clara, user=anna, calls=50, connects=20, valid_from=MONDAY, today=MONDAY)
    set_plan(actor=clara, user=anna, calls=60, connects=30, valid_from=MONDAY + timedelta(days=3), today=MONDAY)
    BranchDay.objects.create(branch=branch_ekb, on=MONDAY + timedelta(days=1), is_working=False)
    BranchDay.objects.create(branch=branch_ekb, on=MONDAY + timedelta(days=5), is_working=True)
    week = plans_over([anna], Period(MONDAY - timedelta(days=1), MONDAY + timedelta(days=6)))[anna.pk]
    assert (week.calls, week.connects) == (2 * 50 + 3 * 60, 2 * 20 + 3 * 30)
    assert not plans_over([anna], Period(MONDAY - timedelta(days=9), MONDAY - timedelta(days=1)))[anna.pk].is_set
    now = pace(30, 50, hours_of(branch_ekb), NOON)
    assert [str(now.done), str(now.day)] == ["60", "33"]
    assert pace(3, 0, hours_of(branch_ekb), NOON).done is None


@pytest.mark.parametrize(
    ("calls", "connects", "back", "words"),
    [(1001, 0, 0, "от 0 до 1000"), (-1, 0, 0, "от 0 до 1000"), (5, 6, 0, "больше"), (5, 5, 1, "с сегодняшнего")],
)
def test_a_plan_that_cannot_be(clara: User, anna: User, calls: int, connects: int, back: int, words: str) -> None:
    with pytest.raises(BadPlan, match=words):
        set_plan(
            actor=clara,
            user=anna,
            calls=calls,
            connects=connects,
            valid_from=MONDAY - timedelta(days=back),
            today=MONDAY,
        )


def test_who_sets_a_plan(anna: User, boris: User, clara: User, dan: User, ada: User) -> None:
    for actor, user in ((boris, anna), (anna, anna), (clara, dan)):
        with pytest.raises(NotYourPlan):
            set_plan(actor=actor, user=user, calls=1, connects=1, valid_from=MONDAY, today=MONDAY)
    yesterday = MONDAY - timedelta(days=1)
    with pytest.raises(BadPlan, match="причину"):
        set_plan(actor=ada, user=dan, calls=1, connects=1, valid_from=yesterday, today=MONDAY)
    for _ in range(2):
        set_plan(actor=ada, user=dan, calls=1, connects=1, valid_from=yesterday, today=MONDAY, reason="забыли")
    assert AuditLog.objects.filter(entity_type="call_plan").count() == 1


def test_the_page_of_plans_keeps_what_is_good_and_says_what_is_not(
    client: Client, clara: User, anna: User, dan: User
) -> None:
    client.force_login(clara)
    url = "/settings/calls/plans/"
    assert client.post(url, {"user": anna.pk, "calls": "40", "connects": "15"}).status_code == 302
    assert CallPlan.objects.get(user=anna).calls == 40
    for bad in (
        {"calls": "x", "connects": "1"},
        {"calls": "1", "connects": "1", "valid_from": "31.02"},
        {"calls": "5000", "connects": "1"},
    ):
        answer = client.post(url, {"user": anna.pk, **bad})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
    assert client.post(url, {"user": dan.pk, "calls": "1", "connects": "1"}).status_code == 404


def test_the_board_says_who_does_what(anna: User, boris: User, clara: User, branch_ekb: Branch) -> None:
    """Seconds are counted by the page from the moment that the server knows."""
    phone = device_of(anna)
    call = click(anna)
    granted = delivery.claim(call_id=call.pk, device=phone)
    assert isinstance(granted, delivery.Grant)
    states = []
    now = timezone.now()
    CallRequest.objects.filter(pk=call.pk).update(company_name="ООО Лес")
    for phase in ("", "dialing", "talking"):
        if phase:
            delivery.record_state(call_id=call.pk, phase=phase, device=phone, lease=granted.lease)
        people = {person.user.pk: person for person in make_wall(branch_ekb, now).people}
        states.append(people[anna.pk].state)
    assert states == ["command", "dialing", "talking"]
    assert people[anna.pk].since is not None
    assert people[boris.pk].state in {"silent", "off"}
    assert clara.pk not in people


def test_the_board_is_the_report_of_the_day(
    anna: User, boris: User, clara: User, dan: User, branch_ekb: Branch
) -> None:
    now = timezone.now()
    for person in (anna, boris, boris, dan):
        make_call(person, now, "connected", call_duration_seconds=30, direction="outgoing")
    make_call(anna, now, "missed", direction="incoming", origin="incoming")
    made = make_wall(branch_ekb, now)
    asked = Filter(day_of(made.day), branch_id=branch_ekb.pk)
    assert made.total.counts == report(asked, clara, now).total.counts
    assert [(rank.place, rank.user.pk) for rank in made.ranks] == [(1, boris.pk), (2, anna.pk)]
    make_call(anna, now, "connected", direction="outgoing")
    assert [rank.place for rank in make_wall(branch_ekb, now).ranks] == [1, 1]
    assert place_of(anna, now) == (1, 2)
    assert place_of(clara, now) is None


def test_a_television_reads_one_board_and_nothing_else(anna: User, dan: User, clara: User, branch_ekb: Branch) -> None:
    make_call(dan, timezone.now(), "connected")
    link, token = make_link(actor=clara, branch=branch_ekb)
    tv = Client()
    assert tv.get("/tv/").status_code == 401
    entered = tv.get(f"/tv/{token}/")
    assert (entered.status_code, entered["Location"]) == (302, "/tv/")
    cookie = entered.cookies["tv"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    page = tv.get("/tv/").content.decode()
    assert "Екатеринбург" in page
    assert anna.label in page
    assert dan.label not in page
    assert token not in page
    for path in ("/", "/wallboard/", "/calls/", "/api/v1/calls/", "/settings/calls/stats/"):
        assert tv.get(path).status_code in {302, 401}
    revoke_link(actor=clara, link=link)
    assert tv.get("/tv/board/").status_code == 401
    assert "Ссылка отозвана" in tv.get("/tv/").content.decode()


def test_links_are_few_and_tries_are_paced(clara: User, anna: User, branch_ekb: Branch, branch_krd: Branch) -> None:
    with pytest.raises(BadLink):
        make_link(actor=anna, branch=branch_ekb)
    with pytest.raises(BadLink):
        make_link(actor=clara, branch=branch_krd)
    tokens = [make_link(actor=clara, branch=branch_ekb)[1] for _ in range(20)]
    with pytest.raises(BadLink, match="20"):
        make_link(actor=clara, branch=branch_ekb)
    WallLink.objects.update(created_at=timezone.now() - timedelta(days=91))
    assert Client().get(f"/tv/{tokens[0]}/").status_code == 404
    answers = {Client().get(f"/tv/wrong{n}/").status_code for n in range(30)}
    assert answers == {404, 429}


@pytest.fixture
async def _loops() -> AsyncIterator[None]:
    yield
    await stop_loops()


async def tv_socket(token: str) -> Socket:
    headers = [(b"origin", b"http://testserver"), (b"host", b"testserver"), (b"cookie", f"tv={token}".encode())]
    socket = Socket("/ws/tv/", headers)
    await socket.connect()
    return socket


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_loops")
async def test_a_television_hears_its_branch_until_it_is_revoked(
    anna: User, dan: User, clara: User, branch_ekb: Branch
) -> None:
    link, token = await sync_to_async(make_link)(actor=clara, branch=branch_ekb)
    socket = await tv_socket(token)
    await socket.next("hello")
    await sync_to_async(click)(dan)
    await sync_to_async(click)(anna)
    frame = await socket.next("wall")
    assert frame["scope"] == f"wall.{branch_ekb.pk}"
    await socket.say(type="watch", topic="calls.all")
    await sync_to_async(publish)("wall.all", {"type": "wall", "scope": "wall.all", "at": "now"})
    await sync_to_async(publish)(f"wall.{branch_ekb.pk}", {"type": "probe"})
    await socket.next("probe")
    assert {frame["type"] for frame in socket.seen} <= {"hello", "wall", "probe", "ping"}
    assert {frame["scope"] for frame in socket.seen if frame["type"] == "wall"} == {f"wall.{branch_ekb.pk}"}
    await sync_to_async(revoke_link)(actor=clara, link=link)
    assert await socket.closed() == 4401
    again = await tv_socket(token)
    assert await again.closed() == 4401


def test_a_link_is_shown_once(client: Client, clara: User, branch_ekb: Branch) -> None:
    client.force_login(clara)
    text = client.post("/settings/calls/tv/", {"branch": branch_ekb.pk, "name": "Холл"}).content.decode()
    token = re.search(r"/tv/([\w-]{40,})/", text)
    assert token is not None
    assert token[1] not in client.get("/settings/calls/tv/").content.decode()
    assert Client().get(f"/tv/{token[1]}/").status_code == 302


def test_the_plan_in_force_stands_before_a_later_one(client: Client, clara: User, anna: User) -> None:
    client.force_login(clara)
    url, today = "/settings/calls/plans/", local_day(timezone.now(), clara.day_zone)
    later = today + timedelta(days=5)
    for calls, day in (("40", today), ("77", later)):
        said = {"user": anna.pk, "calls": calls, "connects": "9", "valid_from": day}
        assert client.post(url, said).status_code == 302
    line = next(line for line in client.get(url).context["lines"] if line["person"] == anna)
    assert (line["plan"].calls, line["later"].calls) == (40, 77)
    far = client.post(url, {"user": anna.pk, "calls": "33", "connects": "7", "valid_from": "9999-12-31"})
    assert far.status_code == 422
    text = far.content.decode()
    assert "год вперёд" in text
    assert 'value="33"' in text
    assert 'value="9999-12-31"' in text


def test_the_board_measures_the_plan_by_outgoing_calls_and_ranks_those_who_compete(
    anna: User, boris: User, clara: User, branch_ekb: Branch
) -> None:
    BranchDay.objects.create(branch=branch_ekb, on=MONDAY, is_working=True)
    set_plan(actor=clara, user=anna, calls=10, connects=5, valid_from=MONDAY, today=MONDAY)
    make_call(anna, NOON, "connected", direction="outgoing")
    make_call(anna, NOON, "connected", direction="incoming")
    for n in range(3):
        make_call(clara, NOON - timedelta(minutes=n), "connected", direction="outgoing")
    board = board_of(branch_ekb, NOON, branch_ekb.zone, with_companies=False)
    assert next(tile["value"] for tile in board["tiles"] if tile["key"] == "connects") == "4"
    ranked = [line.user_id for line in board["ranks"]]
    assert ranked == [anna.pk, boris.pk]
    assert place_of(anna, NOON) == (1, 2)


def test_a_day_off_is_called_so(anna: User, clara: User, branch_ekb: Branch) -> None:
    BranchDay.objects.create(branch=branch_ekb, on=MONDAY, is_working=False)
    set_plan(actor=clara, user=anna, calls=10, connects=5, valid_from=MONDAY, today=MONDAY)
    tiles = board_of(branch_ekb, NOON, branch_ekb.zone, with_companies=False)["tiles"]
    assert next(tile["note"] for tile in tiles if tile["key"] == "calls") == "выходной"


def close_branch(branch: Branch, admin: User) -> int:
    """In Django's admin, as an administrator does it."""
    client = Client()
    client.force_login(admin)
    url = f"/admin/accounts/branch/{branch.pk}/change/"
    form = client.get(url).context["adminform"].form
    said = {name: value for name, value in form.initial.items() if value is not None and name != "is_active"}
    days = {"days-TOTAL_FORMS": 0, "days-INITIAL_FORMS": 0}
    return client.post(url, {**said, **days}).status_code


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_loops")
async def test_the_television_of_a_closed_branch_goes_dark(ada: User, clara: User, branch_ekb: Branch) -> None:
    _, token = await sync_to_async(make_link)(actor=clara, branch=branch_ekb)
    socket = await tv_socket(token)
    await socket.next("hello")
    assert await sync_to_async(close_branch)(branch_ekb, ada) == 302
    assert await socket.closed() == 4401


def test_a_ringing_phone_is_seen_until_its_report_comes(anna: User, branch_ekb: Branch) -> None:
    def text() -> str:
        board = board_of(branch_ekb, timezone.now(), branch_ekb.zone, with_companies=False)
        return str(next(line.text for line in board["people"] if line.id == anna.pk))

    assert text() != "входящий"
    look_up_for(anna, "+7 343 000-99-99")
    assert text() == "входящий"
    now = timezone.now()
    body = {
        "call_status": "connected",
        "direction": "incoming",
        "phone": "+73430009999",
        "event_id": "e1",
        "call_started_at": (now - timedelta(seconds=30)).isoformat(),
        "call_duration_seconds": 20,
    }
    record_report(user=anna, body=body, transport=Delivery.WS)
    assert text() == "после звонка"
