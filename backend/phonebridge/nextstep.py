"""Moments of the next step: one key gives one, people type the rest. Days are working days of a branch."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.workdays import Hours
from common.clock import DEFAULT_ZONE
from common.errors import DomainError
from phonebridge.enums import NextStep

ROUND_S = 5 * 60
MORNING = time(10)
LONGEST = timedelta(days=730)
WEEK = 7
DAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")


class BadNext(DomainError):
    code = "bad_next"


def end_of_next_working_day(moment: datetime, hours: Hours) -> datetime:
    """Midnight after the working day that follows the day of `moment`."""
    day = hours.next_working_day(hours.local_day(moment)) + timedelta(days=1)
    return datetime.combine(day, time.min, ZoneInfo(hours.zone))


def moment_of(step: NextStep, now: datetime, hours: Hours) -> datetime:
    """«+15 мин» and «+1 ч» rounded up to five minutes, or ten o'clock of the next working day."""
    if step == NextStep.MORNING:
        return datetime.combine(hours.next_working_day(hours.local_day(now)), MORNING, ZoneInfo(hours.zone))
    later = now + timedelta(minutes=15 if step == NextStep.IN_15_MIN else 60)
    over = later.timestamp() % ROUND_S
    return later + timedelta(seconds=ROUND_S - over) if over else later


def morning_words(now: datetime, hours: Hours) -> str:
    """«завтра 10:00», before days off «пн 10:00», before a week of holidays «пн 11.01 10:00»."""
    today = hours.local_day(now)
    day = hours.next_working_day(today)
    ahead = (day - today).days
    if ahead == 1:
        return "завтра 10:00"
    return f"{DAYS[day.weekday()]} 10:00" if ahead < WEEK else f"{DAYS[day.weekday()]} {day:%d.%m} 10:00"


def read_moment(typed: str, zone: str) -> datetime:
    """ISO 8601; without an offset it is the time of `zone`. Raises BadNext."""
    try:
        moment = datetime.fromisoformat(typed.strip()) if len(typed) <= 40 else None
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone or DEFAULT_ZONE))
        if moment is not None:
            moment.timestamp()
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise BadNext("Время следующего шага не разобрано.", field="next_at")
    return moment


def check(moment: datetime, now: datetime) -> None:
    """Raises BadNext for the past and for what is more than two years away."""
    if moment <= now:
        raise BadNext("Следующий шаг уже в прошлом. Выберите время позже.", field="next_at")
    if moment > now + LONGEST:
        raise BadNext("Следующий шаг дальше двух лет. Выберите время ближе.", field="next_at")
