"""Nobody hears of a row that they may not see: every role, every event, every topic that can be asked for."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import close_old_connections

from accounts import events, scope
from accounts.models import Branch, User
from accounts.roles import DataScope, Reach, Role
from common.realtime import publish
from common.tests.sockets import Client, stop_loops
from companies.bulk.services import Chosen, start_bulk
from companies.edits.requests import request_lead
from companies.models import Company
from companies.watching import may_watch_requests
from conftest import make_user
from jobs.models import Job
from jobs.selectors import visible_jobs
from jobs.services import start
from jobs.tests.stand import codes, finished, make
from notifications import topics
from notifications.services import create_notification
from notifications.tests.test_browser_socket import page
from phonebridge.enums import Delivery
from phonebridge.lookups import look_up_for
from phonebridge.models import AfterCall, CallBack, CallRequest
from phonebridge.services import clicks, delivery, devices, pairing, results
from phonebridge.tests.fixtures import click, device_of
from phonebridge.topics import FLEET
from phonebridge.watching import may_watch_fleet, may_watch_stats, may_watch_wall

pytestmark = pytest.mark.django_db(transaction=True)
BACKEND = Path(__file__).resolve().parents[3]
PUBLISHERS = (
    "phonebridge/events.py",
    "phonebridge/stats/live.py",
    "phonebridge/services/pairing.py",
    "phonebridge/probes.py",
    "phonebridge/selectors/presence.py",
    "notifications/services.py",
    "accounts/events.py",
    "jobs/progress.py",
    "companies/edits/effects.py",
    "companies/edits/requests.py",
    "companies/bulk/news.py",
    "notifications/viewers.py",
    "companies/importing/reading.py",
)
# What each event is about, and so who may hear it. `None`: never reaches a page.
EVENTS: dict[str, str | None] = {
    "call": "call",
    "callback": "callback",
    "ringing": "own",
    "counted": None,
    "stats": "figures",
    "wall": "wall",
    "paired": "own",
    "tell": None,
    "probed": "fleet",
    "phone_logs": "fleet",
    "after": "after",
    "company": "company",
    "presence": "person",
    "notification": "own",
    "progress": "job",
    "offer": None,
    "revoke": None,
    "close": None,
    "replaced": None,
    "access": None,
    "recheck": None,
    "requests": "decides",
    "logout": None,
    "resync": "own",
    "viewers": "company",
}
PREFIXES = {"calls", "company", "fleet", "job", "requests", "stats", "user", "wall"}


@pytest.fixture(autouse=True)
async def _loops() -> AsyncIterator[None]:
    yield
    await stop_loops()


@pytest.fixture
def everyone(anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User, branch_krd: Branch) -> list[User]:
    """Every role in and outside of Anna's branch; Boris sees his own companies only."""
    User.objects.filter(pk=boris.pk).update(data_scope=DataScope.SELF)
    eva = make_user("eva", "Ева", "Рудина", Role.BRANCH_DIRECTOR, branch_krd)
    fedor = make_user("fedor", "Фёдор", "Лукин", Role.BRANCH_DIRECTOR, anna.branch)
    lone = make_user("lone", "Один", "Без", Role.SALES_HEAD, None)
    people = [anna, boris, clara, dan, gleb, ada, eva, fedor, lone]
    return [User.objects.get(pk=person.pk) for person in people]


def test_every_published_type_is_in_the_table() -> None:
    """A new event has to say here whom it is about."""
    said = {kind for name in PUBLISHERS for kind in re.findall(r'"type": "(\w+)"', (BACKEND / name).read_text())}
    others = [
        path.relative_to(BACKEND)
        for path in BACKEND.glob("*/**/*.py")
        if re.search(r"\bpublish(_all)?(_on_commit)?\(", path.read_text())
        and not {"tests", "bench", "faults"} & set(path.parts)
    ]
    known = {*PUBLISHERS, "common/realtime.py", "phonebridge/hall.py", "phonebridge/services/devices.py"}
    assert {str(path) for path in others} <= known
    assert said == set(EVENTS)
    assert set(topics.prefixes()) == PREFIXES


def may_hear(user: User, frame: dict[str, Any]) -> bool:
    """The same question to the database, by the rows that the event is about."""
    close_old_connections()
    user = User.objects.get(pk=user.pk)
    about = EVENTS[frame["type"]]
    check = CHECKS.get(str(about))
    return check(user, frame) if check is not None else about == "own"


def _in_scope(may: Callable[[User, str], bool]) -> Callable[[User, dict[str, Any]], bool]:
    return lambda user, frame: may(user, frame.get("scope", "fleet.all").partition(".")[2])


CHECKS: dict[str, Callable[[User, dict[str, Any]], bool]] = {
    "call": lambda user, frame: CallRequest.objects.visible_to(user).filter(pk=frame["id"]).exists(),
    "after": lambda user, frame: AfterCall.objects.filter(pk=frame["call"], owner=user).exists(),
    "callback": lambda user, frame: (
        frame["id"] is None or CallBack.objects.visible_to(user).filter(pk=frame["id"]).exists()
    ),
    "company": lambda user, frame: Company.objects.visible_to(user).filter(pk=frame["id"]).exists(),
    "job": lambda user, frame: visible_jobs(user).filter(pk=frame["job"]).exists(),
    "decides": lambda user, frame: may_watch_requests(user, "all"),
    "person": lambda user, frame: _sees_person(user, User.objects.get(pk=frame["user"])),
    "figures": _in_scope(may_watch_stats),
    "wall": _in_scope(may_watch_wall),
    "fleet": _in_scope(may_watch_fleet),
}


def visible_calls(user: User) -> set[uuid.UUID]:
    return set(CallRequest.objects.visible_to(user).values_list("pk", flat=True))


def _sees_person(user: User, other: User) -> bool:
    level = scope.reach(user, "calls_view")
    if level == Reach.ALL or other.pk == user.pk:
        return True
    return level == Reach.BRANCH and other.branch_id is not None and other.branch_id == user.branch_id


def wishes(people: list[User], companies: list[Company], jobs: list[Job]) -> list[str]:
    """Everything that a curious page could ask for."""
    branches = {person.branch_id for person in people if person.branch_id is not None}
    return [
        "calls.all",
        "requests.all",
        *(f"calls.branch.{pk}" for pk in sorted(branches)),
        "stats.all",
        "wall.all",
        "fleet.all",
        *(f"wall.{pk}" for pk in sorted(branches)),
        *(f"stats.branch.{pk}" for pk in sorted(branches)),
        *(f"stats.user.{person.pk}" for person in people),
        *(f"user.{person.pk}" for person in people),
        *(f"company.{company.pk}" for company in companies),
        *(f"job.{job.pk}" for job in jobs),
    ]


def day_of(person: User, company: Company) -> None:
    """Every event that the product sends about one person."""
    phone = device_of(person)
    call = click(person, company=company)
    granted = delivery.claim(call_id=call.pk, device=phone)
    assert isinstance(granted, delivery.Grant)
    delivery.record_state(call_id=call.pk, phase="dialing", device=phone, lease=granted.lease)
    body = {"call_request_id": str(call.pk), "call_status": "connected", "call_duration_seconds": 5}
    results.record_report(user=person, device=phone, body=body, transport=Delivery.WS)
    missed = {"event_id": "missed", "phone": "+7 343 000-77-77", "call_status": "missed", "direction": "missed"}
    look_up_for(person, missed["phone"])
    results.record_report(user=person, device=phone, body=missed, transport=Delivery.WS)
    stopped = click(person, phone="+7 343 000-55-55")
    clicks.cancel_call(actor=person, call=stopped)
    devices.tell_presence({person.pk: person.branch_id})
    create_notification(user=person, title="Напоминание")
    devices.record_logs(user=person, device=phone, body={"source": "want_logs:1"})
    # the answer to a probe comes out of a phone's socket (phonebridge/tests/test_fleet.py)
    publish(FLEET, {"type": "probed", "device": phone.pk, "id": "1", "rtt_ms": 5})
    pairing.exchange_qr(token=pairing.create_qr(user=person).token, ip=None)
    request_lead(actor=person, company_id=company.pk, state="warm")
    finished(start_bulk(actor=person, action="cold", params={}, chosen=Chosen(ids=(company.pk,))))


def day_of_jobs(jobs: list[Job]) -> None:
    for job in jobs:
        finished(start(job=job))


def two_companies(people: list[User]) -> list[Company]:
    """One of Anna's, one of Dan's."""
    return [
        Company.objects.create(name=name, responsible=person, branch_id=person.branch_id)
        for name, person in (("Север", people[0]), ("Юг", people[3]))
    ]


def two_jobs(people: list[User]) -> list[Job]:
    """One of Anna's, which the head of her branch may watch, one of Dan's."""
    return [make(people[0], codes(2, "a")), make(people[3], codes(2, "d"))]


def counts(frame: dict[str, Any], user_id: int) -> bool:
    return frame["type"] == "stats" and user_id in {row["user_id"] for row in frame.get("rows", ())}


async def heard(socket: Client, user: User) -> list[dict[str, Any]]:
    """What came before a probe that this person's socket alone gets."""
    await sync_to_async(publish)(f"user.{user.pk}", {"type": "probe"})
    await socket.next("probe")
    return [f for f in socket.seen if f["type"] in EVENTS]


async def test_nobody_hears_of_what_they_may_not_see_and_everybody_of_what_they_may(everyone: list[User]) -> None:
    companies = await sync_to_async(two_companies)(everyone)
    jobs = await sync_to_async(two_jobs)(everyone)
    asked = wishes(everyone, companies, jobs)
    sockets = {user: await page(user, *asked) for user in everyone}
    for person, company in ((everyone[0], companies[0]), (everyone[3], companies[1])):
        await sync_to_async(day_of)(person, company)
        for user, socket in sockets.items():
            await heard(socket, user)  # nobody is so slow that the server lets go
    await sync_to_async(day_of_jobs)(jobs)
    calls = await sync_to_async(lambda: list(CallRequest.objects.values_list("pk", "user_id", "rev")))()
    dan, ada = everyone[3].pk, everyone[5]
    # figures come a moment after the calls that they count
    if not any(counts(frame, dan) for frame in sockets[ada].seen):
        await sockets[ada].next(lambda frame: counts(frame, dan))
    kinds: set[str] = set()
    for user, socket in sockets.items():
        frames = await heard(socket, user)
        kinds |= {frame["type"] for frame in frames}
        for frame in frames:
            assert EVENTS[frame["type"]] is not None, frame
            assert await sync_to_async(may_hear)(user, frame), (user, frame)
        newest = {frame["id"]: frame["rev"] for frame in frames if frame["type"] == "call"}
        visible = await sync_to_async(visible_calls)(user)
        assert newest == {str(pk): rev for pk, _owner, rev in calls if pk in visible}, user
        await socket.disconnect()
    assert kinds == {name for name, about in EVENTS.items() if about is not None}


GARBAGE = (
    *("", ".", "calls", "calls.", "calls.ALL", "calls.all.", "calls.branch", "calls.branch.", "calls.branch.*", "*"),
    *("calls.branch.-1", "calls.branch.1 OR 1=1", "user.", "user.*", "user.0", "user.٣", "company.٣", "company.-1"),
    *(
        "company.99999999999999999999",
        "company.1e3",
        "access.1",
        "phone.1",
        "phone.*",
        "everyone",
        "calls.branch.\x00",
    ),
    *("job.", "job.1", "job.*", f"job.{uuid.UUID(int=0)}", "job.\x00"),
    *(
        "calls.branch.\x00",
        "stats.",
        "stats.user.",
        "stats.branch.1.2",
        "stats.x",
        "counted",
        "counted.x",
        "user.1.2",
        "company..1",
        "CALLS.all",
        "callsall",
        "viewers.1",
        "wallboard",
    ),
)


async def test_garbage_and_inner_topics_are_denied_to_every_role(everyone: list[User]) -> None:
    for user in everyone:
        socket = await page(user)
        for topic in (*GARBAGE, f"access.{user.pk}", f"phone.{user.pk}"):
            await socket.say(type="watch", topic=topic)
            answer = await socket.next(lambda f: f["type"] in {"watching", "denied"})
            assert answer["type"] == "denied", (user, topic)
        for odd in (None, 5, ["calls.all"], {"a": 1}):
            await socket.say(type="watch", topic=odd)
            assert (await socket.next("denied"))["type"] == "denied"
        await socket.disconnect()


CHANGES: tuple[tuple[str, Callable[[User, Branch], dict[str, Any]]], ...] = (
    ("role", lambda user, branch: {"role": Role.MANAGER}),
    ("branch", lambda user, branch: {"branch": branch}),
)


@pytest.mark.parametrize(("what", "change"), CHANGES, ids=[name for name, _ in CHANGES])
async def test_a_head_who_is_moved_stops_hearing_at_once(
    what: str, change: Callable[[User, Branch], dict[str, Any]], everyone: list[User], branch_krd: Branch
) -> None:
    anna, clara = everyone[0], everyone[2]
    socket = await page(clara, f"calls.branch.{anna.branch_id}")

    def move() -> None:
        for name, value in change(clara, branch_krd).items():
            setattr(clara, name, value)
        clara.save()
        events.rights_changed(clara)

    await sync_to_async(move)()
    await socket.next("resync")
    socket.seen.clear()
    await sync_to_async(click)(anna)
    assert await heard(socket, clara) == []
    await socket.disconnect()
