"""Unanswered incoming calls that nobody has called back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Missed:
    count: int = 0
    oldest_at: datetime | None = None


def open_missed(branch_id: int | None) -> Missed:
    """Of one branch, or of all."""
    return Missed()
