"""The figures of a set of calls, made of counts that add up; rates are divided at the very end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from phonebridge.enums import ActionSource, CallStatus, Direction, ResolveMethod
from phonebridge.stats.numbers import average, percent

STATUSES: tuple[str, ...] = tuple(CallStatus.values)
OUTGOING, INCOMING, MISSED, UNKNOWN = (str(d) for d in Direction.values)
FLOWS = (OUTGOING, INCOMING, UNKNOWN)
RATES = ("connect_rate_percent", "outgoing_connect_rate_percent", "unknown_share_percent")
RESOLVE_METHODS: tuple[str, ...] = tuple(ResolveMethod.values)
ACTION_SOURCES: tuple[str, ...] = tuple(ActionSource.values)


def bucket(value: str | None, known: tuple[str, ...]) -> str:
    """`value` if it is one of ours; what is missing or comes from the future is unknown."""
    return value if value in known else UNKNOWN


class Cell(NamedTuple):
    """Calls of one person with one status and flow, as a source counted them."""

    user_id: int
    status: str | None
    flow: str
    n: int
    timed: int
    talk_s: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(slots=True)
class Figures:
    """Counts by (flow, status), seconds of talk and how many calls told them, the first and the last moment."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    timed: int = 0
    talk_s: int = 0
    first_call_at: datetime | None = None
    last_call_at: datetime | None = None
    last_connected_at: datetime | None = None
    unique_numbers: int | None = None

    def add(self, cells: Iterable[Cell]) -> Figures:
        for _, status, flow, n, timed, talk_s, first_at, last_at in cells:
            self.counts[bucket(flow, FLOWS), bucket(status, STATUSES)] += n
            self.timed += timed
            self.talk_s += talk_s
            if first_at is not None and (self.first_call_at is None or first_at < self.first_call_at):
                self.first_call_at = first_at
            if last_at is not None and (self.last_call_at is None or last_at > self.last_call_at):
                self.last_call_at = last_at
            if status == CallStatus.CONNECTED and last_at is not None:
                self.last_connected_at = max(last_at, self.last_connected_at or last_at)
        return self

    @classmethod
    def sum(cls, parts: Iterable[Figures]) -> Figures:
        """All of them together; different numbers do not add up and are left out."""
        total = cls()
        for part in parts:
            for key, n in part.counts.items():
                total.counts[key] += n
            edges = (part.first_call_at, part.last_call_at)
            total.add([Cell(0, None, UNKNOWN, 0, part.timed, part.talk_s, *edges)])
        total.counts = +total.counts
        return total

    def status(self, name: str) -> int:
        return sum(n for (_, status), n in self.counts.items() if status == name)

    def flow(self, name: str) -> int:
        return sum(n for (flow, _), n in self.counts.items() if flow == name)

    @property
    def total_calls(self) -> int:
        return self.counts.total()

    @property
    def by_status(self) -> dict[str, int]:
        return {name: self.status(name) for name in STATUSES}

    @property
    def connected(self) -> int:
        return self.status(CallStatus.CONNECTED)

    @property
    def outgoing_connected(self) -> int:
        return self.counts[OUTGOING, CallStatus.CONNECTED]

    @property
    def outgoing_known(self) -> int:
        return self.flow(OUTGOING) - self.counts[OUTGOING, UNKNOWN]

    def parts_of(self, rate: str) -> tuple[int, int]:
        """(part, whole) of a rate of RATES."""
        if rate == "connect_rate_percent":
            return self.connected, self.total_calls
        if rate == "outgoing_connect_rate_percent":
            return self.outgoing_connected, self.outgoing_known
        return self.status(UNKNOWN), self.total_calls

    @property
    def connect_rate_percent(self) -> Decimal | None:
        return percent(*self.parts_of("connect_rate_percent"))

    @property
    def outgoing_connect_rate_percent(self) -> Decimal | None:
        return percent(*self.parts_of("outgoing_connect_rate_percent"))

    @property
    def unknown_share_percent(self) -> Decimal | None:
        return percent(*self.parts_of("unknown_share_percent"))

    @property
    def avg_duration(self) -> int | None:
        return average(self.talk_s, self.timed)

    @property
    def by_direction(self) -> dict[str, int]:
        """A missed call is neither incoming nor unknown here; the four add up to the total."""
        missed = self.counts[INCOMING, MISSED] + self.counts[UNKNOWN, MISSED]
        return {
            OUTGOING: self.flow(OUTGOING),
            INCOMING: self.flow(INCOMING) - self.counts[INCOMING, MISSED],
            MISSED: missed,
            UNKNOWN: self.flow(UNKNOWN) - self.counts[UNKNOWN, MISSED],
        }
