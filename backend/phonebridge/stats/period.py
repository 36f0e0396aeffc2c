"""Periods of days, and what they are compared with. Days are those of each call's own zone."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MOST_DAYS = 5 * 366
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """All days from `from_on` to `to_on`, both counted."""

    from_on: date
    to_on: date

    @property
    def days(self) -> int:
        return (self.to_on - self.from_on).days + 1

    @property
    def is_day(self) -> bool:
        return self.from_on == self.to_on

    @property
    def is_week(self) -> bool:
        return self.days == 7 and self.from_on.weekday() == 0

    @property
    def is_month(self) -> bool:
        return self == month_of(self.from_on)

    @property
    def every_day(self) -> list[date]:
        return [self.from_on + n * DAY for n in range(self.days)]

    def __contains__(self, day: date) -> bool:
        return self.from_on <= day <= self.to_on


def day_of(day: date) -> Period:
    return Period(day, day)


def week_of(day: date) -> Period:
    """Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=6))


def month_of(day: date) -> Period:
    last = calendar.monthrange(day.year, day.month)[1]
    return Period(day.replace(day=1), day.replace(day=last))


@dataclass(frozen=True, slots=True)
class Compared:
    """The period before. `until` cuts its last day at the time of day that it is now, in each call's own zone."""

    period: Period
    until: datetime | None = None


def before(period: Period, *, now: datetime, today: date) -> Compared:
    """Day → day before, week → week before, month → month before, else as many days directly before.

    A period that still runs is compared with the same part of the one before.
    """
    if period.is_month:
        whole = month_of(period.from_on - DAY)
    else:
        whole = Period(period.from_on - timedelta(days=period.days), period.from_on - DAY)
    if today not in period:
        return Compared(whole)
    passed = (today - period.from_on).days
    last = min(whole.from_on + timedelta(days=passed), whole.to_on)
    return Compared(Period(whole.from_on, last), until=now)
