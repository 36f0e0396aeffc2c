"""Lists of people for filters."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts import scope
from accounts.models import User
from accounts.roles import Reach, Role
from accounts.scope import Columns

COLUMNS = Columns(owner="pk", branch="branch")
SELLERS = (Role.MANAGER, Role.SALES_HEAD, Role.BRANCH_DIRECTOR)


def people_of(viewer: User, level: Reach) -> QuerySet[User]:
    """Active people whose rows a reach covers, by name: oneself; those of the branch who sell; all who sell."""
    people = User.objects.filter(scope.reach_q(viewer, level, COLUMNS), is_active=True)
    if level > Reach.OWN:
        people = people.filter(role__in=SELLERS)
    return people.order_by("last_name", "first_name", "pk")
