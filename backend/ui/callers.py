"""Whose calls a person may see."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts import scope
from accounts.models import User
from accounts.roles import Reach, Role
from accounts.scope import Columns

COLUMNS = Columns(owner="pk", branch="branch")
CALLERS = (Role.MANAGER, Role.SALES_HEAD, Role.BRANCH_DIRECTOR)


def callers(viewer: User) -> QuerySet[User]:
    """Oneself, the people of the branch who call, or all of them: by the reach of `calls_view`; by name."""
    reach = scope.reach(viewer, "calls_view")
    people = User.objects.filter(scope.reach_q(viewer, reach, COLUMNS), is_active=True)
    if reach > Reach.OWN:
        people = people.filter(role__in=CALLERS)
    return people.order_by("last_name", "first_name", "pk")
