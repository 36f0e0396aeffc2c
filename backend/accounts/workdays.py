"""Working days and hours of a branch: the calendar of Russia, what the branch says against it, its opening hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from accounts.models import Branch, BranchDay, User
from common.clock import DEFAULT_ZONE

OPENS_AT, CLOSES_AT = time(9), time(18)
FARTHEST = 400  # days that are looked through for a working one


@cache
def _russia() -> holidays.HolidayBase:
    return holidays.country_holidays("RU")


@cache
def is_working_in_russia(day: date) -> bool:
    """Monday to Friday without holidays, with the days that the government has moved."""
    return bool(_russia().is_working_day(day))


@dataclass(frozen=True, slots=True)
class Hours:
    """When a branch works; without a branch Moscow's days from 9 to 18. Read once, asked often."""

    zone: str = DEFAULT_ZONE
    opens_at: time = OPENS_AT
    closes_at: time = CLOSES_AT
    days: Mapping[date, bool] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool:
        said = self.days.get(day)
        return is_working_in_russia(day) if said is None else said

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """Opening and closing of `day`; closing at or before opening means around midnight: the whole day."""
        zone = ZoneInfo(self.zone)
        if self.closes_at <= self.opens_at:
            return datetime.combine(day, time.min, zone), datetime.combine(day + timedelta(days=1), time.min, zone)
        return datetime.combine(day, self.opens_at, zone), datetime.combine(day, self.closes_at, zone)

    def is_open(self, moment: datetime) -> bool:
        day = self.local_day(moment)
        opens, closes = self.bounds(day)
        return self.is_working_day(day) and opens <= moment < closes

    def working_seconds(self, start: datetime, end: datetime) -> int:
        """Seconds of work between two moments; outside of hours the clock stands."""
        if end <= start:
            return 0
        day, last = self.local_day(start), self.local_day(end)
        total = 0.0
        while day <= last:
            if self.is_working_day(day):
                opens, closes = self.bounds(day)
                # a moment is compared as one of the world's: the clock may change during the day
                total += max(min(closes, end).timestamp() - max(opens, start).timestamp(), 0)
            day += timedelta(days=1)
        return int(total)

    def working_minutes(self, start: datetime, end: datetime) -> int:
        """Whole minutes of work between two moments."""
        return self.working_seconds(start, end) // 60

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        for ahead in range(1, FARTHEST):
            if self.is_working_day(day + timedelta(days=ahead)):
                return day + timedelta(days=ahead)
        return day + timedelta(days=1)

    def local_day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.zone)).date()


def hours_of(branch: Branch | None) -> Hours:
    """The hours of one branch; one query."""
    return Hours() if branch is None else hours_of_all([branch])[branch.pk]


def hours_of_person(user: User) -> Hours:
    """The working days of the branch of `user`, told by the clock that the person lives by."""
    return replace(hours_of(user.branch), zone=user.day_zone)


def hours_of_all(branches: Iterable[Branch]) -> dict[int | None, Hours]:
    """The hours of several branches by their number, with `None` for no branch; one query."""
    branches = list(branches)
    days: dict[int, dict[date, bool]] = {branch.pk: {} for branch in branches}
    for said in BranchDay.objects.filter(branch__in=list(days)):
        days[said.branch_id][said.on] = said.is_working
    found: dict[int | None, Hours] = {None: Hours()}
    for branch in branches:
        zone = branch.zone or DEFAULT_ZONE
        found[branch.pk] = Hours(zone, branch.opens_at, branch.closes_at, days[branch.pk])
    return found


def is_working_day(branch: Branch | None, day: date) -> bool:
    """Does the branch work on this day?"""
    return hours_of(branch).is_working_day(day)


def working_minutes(branch: Branch | None, start: datetime, end: datetime) -> int:
    """Whole minutes of work of the branch between two moments."""
    return hours_of(branch).working_minutes(start, end)
