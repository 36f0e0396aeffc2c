"""Plans in force, their sums over working days, and how fast they are being met."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from accounts.models import User
from accounts.workdays import Hours, hours_of_all
from phonebridge.models import CallPlan
from phonebridge.stats.numbers import WHOLE, percent
from phonebridge.stats.period import Period


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls and connects of a period; `is_set` is False when nobody has set one for any working day of it."""

    calls: int = 0
    connects: int = 0
    is_set: bool = False

    def __add__(self, other: Plan) -> Plan:
        return Plan(self.calls + other.calls, self.connects + other.connects, self.is_set or other.is_set)


NO_PLAN = Plan()


def plans_on(users: Iterable[User], day: date) -> dict[int, Plan]:
    """The plan of one day for each of these people; nothing on a day that is not a working one."""
    return plans_over(users, Period(day, day))


def plans_over(users: Iterable[User], period: Period) -> dict[int, Plan]:
    """Sums over the working days of each person's branch."""
    return {user_id: sum(days.values(), NO_PLAN) for user_id, days in plans_by_day(users, period).items()}


def plans_by_day(users: Iterable[User], period: Period) -> dict[int, dict[date, Plan]]:
    """The plan of every working day of each person's branch; two queries for any number of people and days."""
    people = list(users)
    said: dict[int, list[CallPlan]] = defaultdict(list)
    for plan in CallPlan.objects.filter(user__in=people, valid_from__lte=period.to_on).order_by("valid_from"):
        said[plan.user_id].append(plan)
    hours = hours_of_all({person.branch for person in people if person.branch is not None})
    working = {branch: [day for day in period.every_day if its.is_working_day(day)] for branch, its in hours.items()}
    return {
        person.pk: {day: _in_force(said[person.pk], day) for day in working[person.branch_id]} for person in people
    }


def _in_force(plans: list[CallPlan], day: date) -> Plan:
    plan = next((plan for plan in reversed(plans) if plan.valid_from <= day), None)
    return Plan(plan.calls, plan.connects, is_set=True) if plan is not None else NO_PLAN


@dataclass(frozen=True, slots=True)
class Pace:
    """«69 % плана к 62 % дня»: both whole percents, cut at 100; `done` is None without a plan."""

    done: Decimal | None
    day: Decimal


def pace(fact: int, plan: int, hours: Hours, now: datetime) -> Pace:
    """The day's fact against its plan, and the working minutes that have passed against all of them."""
    opens, closes = hours.bounds(hours.local_day(now))
    whole = hours.working_minutes(opens, closes)
    passed = hours.working_minutes(opens, min(max(now, opens), closes))
    day = percent(passed, whole, WHOLE) if whole else Decimal(100)
    done = percent(fact, plan, WHOLE) if plan else None
    return Pace(min(done, Decimal(100)) if done is not None else None, min(day or Decimal(0), Decimal(100)))
