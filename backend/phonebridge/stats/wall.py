"""The wallboard: who does what now, the day against the plan, who leads. Figures come from `report` alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Max, Q
from django.db.models.functions import Greatest

from accounts.models import Branch, User
from accounts.roles import Role
from accounts.workdays import Hours, hours_of_all
from common.clock import DEFAULT_ZONE, day_bounds, local_day
from common.text import plural
from phonebridge.enums import AfterState, Delivery, Phase
from phonebridge.models import AfterCall, CallRequest, PhoneDevice
from phonebridge.rings import ringing_since
from phonebridge.selectors.fleet import SILENT
from phonebridge.selectors.missed import Missed, open_missed
from phonebridge.stats import cells
from phonebridge.stats.asked import Filter
from phonebridge.stats.cells import Slice
from phonebridge.stats.figures import Figures
from phonebridge.stats.period import Period, day_of
from phonebridge.stats.plans import NO_PLAN, Pace, Plan, pace, plans_on
from phonebridge.stats.report import report

SEEN = timedelta(minutes=2)
LEGACY = timedelta(seconds=45)
MEAN_DAYS = 20
FILLING = timedelta(minutes=10)
ENOUGH = 10  # known outgoing calls before a rate says anything about a person


@dataclass(frozen=True, slots=True)
class PersonNow:
    """`state` is one word for the style; `since` lets the page count seconds; `about` is a company, where shown."""

    user: User
    state: str
    text: str
    since: datetime | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Rank:
    """Equal counts share a place: 1, 1, 3."""

    place: int
    user: User
    figures: Figures
    plan: Plan


@dataclass(frozen=True, slots=True)
class Wall:
    """One moment of a branch, or of all; `mean_rate` is the outgoing rate of the last twenty working days."""

    made_at: datetime
    day: date
    people: tuple[PersonNow, ...]
    total: Figures
    plan: Plan
    pace: Pace
    mean_rate: Decimal | None
    missed: Missed
    ranks: tuple[Rank, ...]
    is_working: bool = True

    @property
    def talking(self) -> int:
        return sum(person.state == "talking" for person in self.people)

    @property
    def dialing(self) -> int:
        return sum(person.state == "dialing" for person in self.people)


def make_wall(branch: Branch | None, now: datetime, zone: str = "") -> Wall:
    """The wallboard of a branch, or of all in the day of `zone`. The caller has checked the right to it."""
    zone = branch.zone if branch is not None else zone or DEFAULT_ZONE
    day = local_day(now, zone)
    asked = Filter(day_of(day), branch_id=branch.pk if branch else None)
    made = report(asked, None, now, frozenset())
    people = _people(branch, {row.user.pk for row in made.rows if row.figures.total_calls})
    hours = hours_of_all({person.branch for person in people if person.branch is not None})
    plans = plans_on(people, day)
    plan = sum(plans.values(), NO_PLAN)
    figures = {row.user.pk: row.figures for row in made.rows}
    outgoing = made.total.flow("outgoing")
    its = hours[branch.pk if branch and branch.pk in hours else None]
    return Wall(
        made_at=now,
        day=day,
        people=_now(people, hours, now, zone),
        total=made.total,
        plan=plan,
        pace=pace(outgoing, plan.calls, its, now),
        mean_rate=_mean_rate(branch, hours, day),
        missed=open_missed(branch.pk if branch else None),
        ranks=_ranks(_ranked(people, plans), figures, plans),
        is_working=its.is_working_day(day),
    )


def place_of(user: User, now: datetime) -> tuple[int, int] | None:
    """«3 из 7» in the person's branch; None for somebody who is not on the board."""
    day = local_day(now, user.day_zone)
    made = report(Filter(day_of(day), branch_id=user.branch_id), None, now, frozenset())
    people = _people(user.branch, set())
    ranked = _ranked(people, plans_on(people, day))
    ranks = _ranks(ranked, {row.user.pk: row.figures for row in made.rows}, {})
    return next(((rank.place, len(ranks)) for rank in ranks if rank.user.pk == user.pk), None)


def _people(branch: Branch | None, callers: set[int]) -> list[User]:
    """Managers, and whoever has a plan or has called today."""
    who = Q(role=Role.MANAGER) | Q(call_plans__isnull=False) | Q(pk__in=callers)
    people = User.objects.filter(who, is_active=True).select_related("branch").distinct()
    if branch is not None:
        people = people.filter(branch=branch)
    return list(people.order_by("last_name", "first_name", "pk"))


def _ranked(people: Iterable[User], plans: dict[int, Plan]) -> list[User]:
    """Who competes: managers, and whoever has a plan. Others may have called, and stand under «Сейчас» alone."""
    return [user for user in people if user.role == Role.MANAGER or plans.get(user.pk, NO_PLAN).is_set]


def _mean_rate(branch: Branch | None, hours: dict[int | None, Hours], day: date) -> Decimal | None:
    """Connected of known outgoing calls over the last working days: summed, never averaged."""
    its = hours.get(branch.pk if branch else None, hours[None])
    first, found = day, 0
    while found < MEAN_DAYS and (day - first).days < 60:
        first -= timedelta(days=1)
        found += its.is_working_day(first)
    asked = Filter(Period(first, day - timedelta(days=1)), branch_id=branch.pk if branch else None)
    return Figures().add(cells.totals(Slice(None, asked, asked.period))).outgoing_connect_rate_percent


def _ranks(people: Iterable[User], figures: dict[int, Figures], plans: dict[int, Plan]) -> tuple[Rank, ...]:
    """Most connects first; then the outgoing rate, if there are enough calls; then who got the last one earlier."""

    def order(user: User) -> tuple[int, float, float, str]:
        its = figures.get(user.pk) or Figures()
        rate = its.outgoing_connected / its.outgoing_known if its.outgoing_known >= ENOUGH else -1.0
        last = its.last_connected_at.timestamp() if its.last_connected_at else float("inf")
        return -its.connected, -rate, last, user.label

    ranks: list[Rank] = []
    for number, user in enumerate(sorted(people, key=order), start=1):
        its = figures.get(user.pk) or Figures()
        is_even = bool(ranks) and ranks[-1].figures.connected == its.connected
        ranks.append(Rank(ranks[-1].place if is_even else number, user, its, plans.get(user.pk, NO_PLAN)))
    return tuple(ranks)


def _now(people: list[User], hours: dict[int | None, Hours], now: datetime, zone: str) -> tuple[PersonNow, ...]:
    """What each of them does; a fixed number of queries for all."""
    ids = [person.pk for person in people]
    calls = {
        call.user_id: call
        for call in CallRequest.objects.open().filter(user_id__in=ids).select_related("device", "company")
    }
    start = day_bounds(local_day(now, zone), zone)[0] - timedelta(hours=12)
    ended = dict(
        CallRequest.objects.filter(user_id__in=ids, created_at__gte=start, closed_at__isnull=False)
        .order_by()
        .values_list("user_id")
        .annotate(at=Max("closed_at"))
    )
    seen = dict(
        PhoneDevice.objects.usable()
        .filter(user_id__in=ids)
        .order_by()
        .values_list("user_id")
        .annotate(at=Max(Greatest("last_seen_at", "last_poll_at")))
    )
    filling = dict(
        AfterCall.objects.filter(owner__in=ids, state=AfterState.DRAFT, is_required=True, ended_at__gt=now - FILLING)
        .order_by("ended_at")
        .values_list("owner_id", "ended_at")
    )
    rung = ringing_since(ids)

    def now_of(person: User) -> PersonNow:
        """The first that is so: a call, a ringing phone, a card to fill, nothing."""
        busy = _busy(person, calls[person.pk], now) if person.pk in calls else None
        if busy is None and person.pk in rung:
            busy = PersonNow(person, "ringing", "входящий", rung[person.pk])
        if busy is None and person.pk not in calls and person.pk in filling:
            busy = PersonNow(person, "after", "после звонка", filling[person.pk])
        return busy or _idle(person, hours[person.branch_id], ended, seen, now)

    return tuple(map(now_of, people))


def _busy(person: User, call: CallRequest, now: datetime) -> PersonNow | None:
    """None when nobody knows any more what became of the call."""
    about = call.company_name
    is_heard = call.device is None or call.device.last_seen_at is None or now - call.device.last_seen_at < SEEN
    if call.live_phase == Phase.TALKING and is_heard:
        return PersonNow(person, "talking", "разговор", call.talking_at or call.dialing_at, about)
    if call.live_phase == Phase.DIALING and is_heard:
        return PersonNow(person, "dialing", "набор", call.dialing_at, about)
    if call.live_phase == Phase.TALKING or call.live_phase == Phase.DIALING:
        return None
    if call.delivery == Delivery.LEGACY:
        is_fresh = call.claimed_at is not None and now - call.claimed_at < LEGACY
        return PersonNow(person, "command", "у старого дозвонщика", call.claimed_at, about) if is_fresh else None
    return PersonNow(person, "command", "команда", call.created_at, about)


def _idle(
    person: User, hours: Hours, ended: dict[int, datetime | None], seen: dict[int, datetime | None], now: datetime
) -> PersonNow:
    if not hours.is_open(now):
        return PersonNow(person, "off", "не на смене")
    if person.pk not in seen:
        return PersonNow(person, "silent", "телефон не подключён")
    last = seen[person.pk]
    if last is None or now - last >= SILENT:
        minutes = int((now - last).total_seconds() // 60) if last else 0
        return PersonNow(person, "silent", f"телефон молчит {_ago(minutes)}" if last else "телефон молчит")
    return PersonNow(person, "free", "свободен", ended.get(person.pk))


def _ago(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} мин"
    hours = minutes // 60
    if hours < 24:
        return f"{hours} ч"
    return f"{hours // 24} {plural(hours // 24, 'день', 'дня', 'дней')}"
