"""What comes next on a card, of all apps. Tasks and mail join by one more line in SOURCES."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from accounts.models import User
from common.steps import Step
from companies import steps as cards
from companies.models import Company
from phonebridge import steps as calls

type Source = Callable[[Company, User, datetime], list[Step]]

SOURCES: tuple[Source, ...] = (calls.next_steps, cards.next_steps)
MOST = 5


def next_steps(company: Company, viewer: User, now: datetime) -> list[Step]:
    """The most urgent first, then the older. The caller has checked that `viewer` sees the card."""
    found = [step for source in SOURCES for step in source(company, viewer, now)]
    return sorted(found, key=lambda step: (step.urgency, step.at or now, step.key))[:MOST]
