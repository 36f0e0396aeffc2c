"""How many working days in a row a person has met both plans."""

from __future__ import annotations

from datetime import date, timedelta

from accounts.models import User
from phonebridge.stats.asked import Filter
from phonebridge.stats.cells import Slice, plan_facts
from phonebridge.stats.period import Period
from phonebridge.stats.plans import plans_by_day

LOOK_BACK = 60


def streak(user: User, today: date) -> int:
    """Days before today, and today when it is met already; days off are passed over, a day without a plan ends it."""
    period = Period(today - timedelta(days=LOOK_BACK), today)
    facts = plan_facts(Slice(None, Filter(period, user_id=user.pk), period))
    count = 0
    for day, plan in reversed(plans_by_day([user], period)[user.pk].items()):
        calls, connects = facts.get(day, (0, 0))
        if plan.is_set and (plan.calls or plan.connects) and calls >= plan.calls and connects >= plan.connects:
            count += 1
        elif day != today:
            break
    return count
