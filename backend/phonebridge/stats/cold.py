"""Cold marks that people have set: on companies, people and numbers of the cards that a viewer sees (C-6)."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count, Q

from accounts import scope
from accounts.models import User
from accounts.selectors import COLUMNS as PEOPLE
from common.clock import day_bounds
from companies.models import Company, Contact, PhoneNumber
from phonebridge.stats.asked import VERB
from phonebridge.stats.period import Period


def cold_marks(viewer: User, period: Period) -> Counter[int]:
    """How many marks each person set in these days of the viewer's zone; of people whose calls the viewer may see."""
    start, end = day_bounds(period.from_on, viewer.day_zone)[0], day_bounds(period.to_on, viewer.day_zone)[1]
    people = User.objects.filter(scope.reach_q(viewer, scope.reach(viewer, VERB), PEOPLE))
    within = Q(cold_marked_at__gte=start, cold_marked_at__lt=end, cold_marked_by__in=people)
    found: Counter[int] = Counter()
    for model in (Company, Contact, PhoneNumber):
        marked = model._default_manager.filter(within).order_by().values_list("cold_marked_by")
        for user_id, n in marked.annotate(n=Count("pk")):
            found[user_id] += n
    return found
