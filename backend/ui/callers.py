"""Whose calls a person may see."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts import scope
from accounts.models import User
from accounts.selectors import people_of


def callers(viewer: User) -> QuerySet[User]:
    """Oneself, the people of the branch who call, or all of them: by the reach of `calls_view`; by name."""
    return people_of(viewer, scope.reach(viewer, "calls_view"))
