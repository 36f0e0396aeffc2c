"""Unanswered incoming calls that nobody has called back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from phonebridge.models import CallBack


@dataclass(frozen=True, slots=True)
class Missed:
    count: int = 0
    oldest_at: datetime | None = None


def open_missed(branch_id: int | None) -> Missed:
    """Of one branch, or of all."""
    waiting = CallBack.objects.open() if branch_id is None else CallBack.objects.open().filter(branch=branch_id)
    found = waiting.aggregate(count=Count("pk"), oldest_at=Min("first_missed_at"))
    return Missed(found["count"], found["oldest_at"])
