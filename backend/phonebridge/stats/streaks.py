"""How many working days in a row a person has met both plans."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from accounts.models import User
from accounts.workdays import hours_of
from phonebridge.stats.asked import Filter
from phonebridge.stats.cells import Slice, plan_facts
from phonebridge.stats.period import Period
from phonebridge.stats.plans import plans_on

LOOK_BACK = 60


def streak(user: User, today: date, now: datetime) -> int:
    """Days before today, and today when it is met already; days off are passed over, a day without a plan ends it."""
    first = today - timedelta(days=LOOK_BACK)
    facts = plan_facts(Slice(None, Filter(Period(first, today), user_id=user.pk), Period(first, today)))
    hours, count = hours_of(user.branch), 0
    for n in range(LOOK_BACK + 1):
        day = today - timedelta(days=n)
        if not hours.is_working_day(day):
            continue
        plan = plans_on([user], day)[user.pk]
        calls, connects = facts.get(day, (0, 0))
        is_met = plan.is_set and calls >= plan.calls and connects >= plan.connects
        if is_met:
            count += 1
        elif n:
            break
    return count
