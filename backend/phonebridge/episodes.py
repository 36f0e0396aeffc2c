"""Missed calls of one number in one branch, folded into episodes: pure, whatever the order in which they were told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from phonebridge.models import CallBackState

LIFE = timedelta(days=7)


class Kind(IntEnum):
    """What happened; of one moment the lower comes first."""

    MISS = 1
    HAND = 2
    ATTEMPT = 3
    CALLED = 4
    CLIENT = 5
    DROP = 6


CLOSING = {
    Kind.CALLED: CallBackState.CALLED_BACK,
    Kind.CLIENT: CallBackState.CLIENT_AGAIN,
    Kind.DROP: CallBackState.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Happened:
    """`source` is the call, or the row that holds a person's word; it never decides."""

    at: datetime
    kind: Kind
    source: Any = field(default=None, compare=False)


@dataclass(slots=True)
class Episode:
    """From the first miss to what closed it; `last_at` is the last miss."""

    first_at: datetime
    last_at: datetime
    missed: int = 0
    attempts: int = 0
    first_attempt_at: datetime | None = None
    state: CallBackState = CallBackState.OPEN
    closed_at: datetime | None = None
    closed_by: Any = None
    misses: list[Any] = field(default_factory=list)

    def close(self, state: CallBackState, at: datetime, by: Any = None) -> None:
        self.state, self.closed_at, self.closed_by = state, at, by

    def is_over(self, at: datetime) -> bool:
        return at - self.last_at >= LIFE

    def holds(self, moment: datetime) -> bool:
        return self.first_at <= moment and (self.closed_at is None or moment <= self.closed_at)


def fold(happened: Iterable[Happened], now: datetime) -> list[Episode]:
    """The episodes in order of time; at most the last is open."""
    found: list[Episode] = []
    current: Episode | None = None
    for event in sorted(happened, key=lambda event: (event.at, event.kind)):
        if current is not None and current.is_over(event.at):
            current.close(CallBackState.EXPIRED, current.last_at + LIFE)
            current = None
        if event.kind in {Kind.MISS, Kind.HAND}:
            if current is None:
                current = Episode(event.at, event.at)
                found.append(current)
            _missed(current, event)
        elif current is not None and _answered(current, event):
            current = None
    if current is not None and current.is_over(now):
        current.close(CallBackState.EXPIRED, current.last_at + LIFE)
    return found


def _missed(episode: Episode, event: Happened) -> None:
    episode.last_at = event.at
    if event.kind == Kind.MISS:
        episode.missed += 1
        episode.misses.append(event.source)


def _answered(episode: Episode, event: Happened) -> bool:
    """True when this ends the episode."""
    if event.kind in {Kind.ATTEMPT, Kind.CALLED}:
        episode.attempts += 1
        episode.first_attempt_at = episode.first_attempt_at or event.at
    if event.kind not in CLOSING:
        return False
    episode.close(CLOSING[event.kind], event.at, event.source)
    return True
