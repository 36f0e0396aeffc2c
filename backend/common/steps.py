"""What comes next on a card: every app offers its own steps, desk/steps.py puts them in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Urgency(IntEnum):
    """The order of steps without a moment, and of those at one moment."""

    NOW = 0
    SOON = 1
    LATER = 2
    KNOWN = 3


@dataclass(frozen=True, slots=True)
class Step:
    """`badge` is the short word before it, `text` what to do or what is known; `url` leads there, '' nowhere."""

    urgency: Urgency
    badge: str
    text: str
    tone: str = "neutral"
    at: datetime | None = None
    url: str = ""
    key: str = ""
