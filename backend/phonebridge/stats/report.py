"""One report: what the page, the API, the export, own analytics and the wallboard show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from django.db import connection, transaction

from accounts import scope
from accounts.models import Branch, User
from accounts.roles import Reach, Role
from accounts.selectors import COLUMNS as PEOPLE
from common.clock import DEFAULT_ZONE, local_day
from phonebridge.stats import cells
from phonebridge.stats.asked import Filter
from phonebridge.stats.cells import Slice
from phonebridge.stats.figures import ACTION_SOURCES, RATES, RESOLVE_METHODS, STATUSES, Figures
from phonebridge.stats.numbers import TENTH, Change, change_of_count, change_of_rate
from phonebridge.stats.period import Compared, Period, before

HEAT_DAYS = 28
HEAT_FEW = 5
SPARK_DAYS = 31
HOURS = range(24)
SHOWN = ("username", "first_name", "last_name", "is_active", "role", "branch")


class Part(StrEnum):
    """What a report has besides its table of people; each costs a query."""

    MIX = "mix"
    HOURS = "hours"
    DAYS = "days"
    HEAT = "heat"
    SPARK = "spark"
    UNIQUE = "unique"
    PREVIOUS = "previous"
    WITHOUT = "without"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person's figures; `spark` adds up to the total."""

    user: User
    figures: Figures
    spark: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class HeatCell:
    """Outgoing calls of one hour of one weekday: `connected` of `known`; too few say nothing."""

    connected: int = 0
    known: int = 0

    @property
    def is_few(self) -> bool:
        return self.known < HEAT_FEW


@dataclass(frozen=True, slots=True)
class CallReport:
    """Figures of a filter. Parts that were not asked for are empty; `unique_numbers` is None then.

    `hours` is 24 × six statuses; `days` has every day of the period; `heat` is 7 × 24, Monday first; all in the local
    time of each call. `previous` and `changes` compare with `compared`.
    """

    filter: Filter
    made_at: datetime
    parts: frozenset[Part]
    total: Figures
    rows: tuple[PersonRow, ...]
    by_resolve_method: dict[str, int] = field(default_factory=dict)
    by_action_source: dict[str, int] = field(default_factory=dict)
    hours: tuple[dict[str, int], ...] = ()
    days: dict[date, dict[str, int]] = field(default_factory=dict)
    heat: tuple[tuple[HeatCell, ...], ...] = ()
    heat_period: Period | None = None
    without_result: dict[str, int] = field(default_factory=dict)
    compared: Compared | None = None
    previous: Figures | None = None
    changes: dict[str, Change] = field(default_factory=dict)

    @property
    def callers(self) -> int:
        """People with at least one counted call."""
        return sum(bool(row.figures.total_calls) for row in self.rows)

    @property
    def connected_per_manager(self) -> Decimal | None:
        return (Decimal(self.total.connected) / self.callers).quantize(TENTH, ROUND_HALF_UP) if self.callers else None


ALL_PARTS = frozenset(Part)


def report(asked: Filter, viewer: User | None, now: datetime, parts: frozenset[Part] = ALL_PARTS) -> CallReport:
    """All figures at one moment of the database: rights cut first, then the filter."""
    cut = Slice(viewer, asked, asked.period)
    with _one_snapshot():
        people: dict[int, Figures] = defaultdict(Figures)
        for cell in cells.table(cut):
            people[cell.user_id].add((cell,))
        made = CallReport(asked, now, parts, Figures.sum(people.values()), _rows(cut, people, parts))
        return _with_previous(_with_pictures(made, cut), viewer, now)


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """Every statement sees the same moment, unless the caller's transaction has decided otherwise."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _rows(cut: Slice, people: dict[int, Figures], parts: frozenset[Part]) -> tuple[PersonRow, ...]:
    """Most calls first, then by name; people of the scope who have not called stand at the end with zeros."""
    users = User.objects.only(*SHOWN).in_bulk([*people, *_expected(cut)])
    branches = Branch.objects.only("name").in_bulk({user.branch_id for user in users.values()} - {None})
    for user in users.values():  # a join would make a branch for each person
        user.branch = branches.get(user.branch_id)
    sparks = _sparks(cut) if Part.SPARK in parts else {}
    flat = (0,) * spark_length(cut.period) if Part.SPARK in parts else ()
    rows = [PersonRow(user, people.get(pk) or Figures(), sparks.get(pk, flat)) for pk, user in users.items()]
    rows.sort(key=lambda row: (-row.figures.total_calls, row.user.label, row.user.pk))
    return tuple(rows)


def _expected(cut: Slice) -> list[int]:
    """Active managers of the scope: they have a row even if they did not call."""
    asked, viewer = cut.filter, cut.viewer
    if asked.user_id is not None:
        return [asked.user_id]
    people = User.objects.filter(is_active=True)
    if viewer is not None:
        people = people.filter(scope.reach_q(viewer, cut.reach, PEOPLE))
    if cut.reach > Reach.OWN:
        people = people.filter(role=Role.MANAGER)
    if asked.without_branch or asked.branch_id is not None:
        people = people.filter(branch=asked.branch_id)
    return list(people.values_list("pk", flat=True))


def _with_unique(made: CallReport, cut: Slice) -> CallReport:
    by_person, over_all = cells.unique_numbers(cut)
    made.total.unique_numbers = over_all
    for row in made.rows:
        row.figures.unique_numbers = by_person.get(row.user.pk, 0)
    return made


def _with_pictures(made: CallReport, cut: Slice) -> CallReport:
    """The parts beside the table."""
    parts = made.parts
    if Part.UNIQUE in parts:
        made = _with_unique(made, cut)
    if Part.MIX in parts:
        methods, sources = cells.mix(cut)
        made = replace(
            made,
            by_resolve_method={name: methods[name] for name in RESOLVE_METHODS},
            by_action_source={name: sources[name] for name in ACTION_SOURCES},
        )
    if Part.HOURS in parts:
        hours = cells.hours(cut)
        made = replace(made, hours=tuple({s: hours[hour, s] for s in STATUSES} for hour in HOURS))
    if Part.DAYS in parts:
        days = cells.days(cut)
        made = replace(made, days={on: {s: days[on, s] for s in STATUSES} for on in cut.period.every_day})
    if Part.HEAT in parts:
        made = _with_heat(made, cut)
    return replace(made, without_result=cells.without_result(cut)) if Part.WITHOUT in parts else made


def _with_heat(made: CallReport, cut: Slice) -> CallReport:
    """A short period says too little about a week: then it is the 28 days that end with it."""
    period = cut.period
    if period.days < HEAT_DAYS:
        period = Period(period.to_on - timedelta(days=HEAT_DAYS - 1), period.to_on)
    found = cells.heat(replace(cut, period=period))
    rows = tuple(tuple(HeatCell(*found.get((weekday, hour), (0, 0))) for hour in HOURS) for weekday in range(1, 8))
    return replace(made, heat=rows, heat_period=period)


def _with_previous(made: CallReport, viewer: User | None, now: datetime) -> CallReport:
    if Part.PREVIOUS not in made.parts:
        return made
    compared = before(made.filter.period, now=now, today=local_day(now, viewer.day_zone if viewer else DEFAULT_ZONE))
    cut = Slice(viewer, made.filter, compared.period, compared.until)
    previous = Figures().add(cells.totals(cut))
    if Part.UNIQUE in made.parts:
        previous.unique_numbers = cells.unique_numbers(cut)[1]
    return replace(made, compared=compared, previous=previous, changes=_changes(made.total, previous))


def _changes(now: Figures, then: Figures) -> dict[str, Change]:
    counts = {name: change_of_count(now.status(name), then.status(name)) for name in STATUSES}
    counts["total_calls"] = change_of_count(now.total_calls, then.total_calls)
    counts["talk_s"] = change_of_count(now.talk_s, then.talk_s)
    counts["avg_duration"] = change_of_count(now.avg_duration or 0, then.avg_duration or 0)
    if now.unique_numbers is not None and then.unique_numbers is not None:
        counts["unique_numbers"] = change_of_count(now.unique_numbers, then.unique_numbers)
    rates = {name: change_of_rate(now.parts_of(name), then.parts_of(name)) for name in RATES}
    return counts | rates


def spark_length(period: Period) -> int:
    """A day in hours, up to 31 days in days, longer in weeks that begin on Monday."""
    if period.is_day:
        return len(HOURS)
    return period.days if period.days <= SPARK_DAYS else _week(period, period.to_on) + 1


def _week(period: Period, day: date) -> int:
    return ((day - period.from_on).days + period.from_on.weekday()) // 7


def _sparks(cut: Slice) -> dict[int, tuple[int, ...]]:
    period, length = cut.period, spark_length(cut.period)
    counts: dict[int, list[int]] = defaultdict(lambda: [0] * length)
    if period.is_day:
        for user_id, hour, n in cells.hours_of_people(cut):
            counts[user_id][hour] += n
    else:
        is_short = period.days <= SPARK_DAYS
        places = {day: at if is_short else _week(period, day) for at, day in enumerate(period.every_day)}
        for user_id, day, n in cells.days_of_people(cut):
            counts[user_id][places[day]] += n
    return {user_id: tuple(values) for user_id, values in counts.items()}
