"""What a phone will do: outcomes, durations and faults, scripted or drawn from a seed (docs/dialer.md)."""

from dataclasses import dataclass, field
from random import Random
from typing import Literal, NotRequired, TypedDict, cast

from dialer.phone_frames import RejectReason

Outcome = Literal["connected", "no_answer", "busy", "rejected", "missed", "unknown"]
Point = Literal["offer", "after_claim", "after_go", "dialing", "talking", "before_report", "before_ack"]
Trouble = Literal["crash", "cut", "freeze"]
Deed = Literal["crash", "cut", "freeze", "incoming", "missed", "rejected"]

USUAL_MIX = {"connected": 0.55, "no_answer": 0.22, "busy": 0.10, "rejected": 0.08, "unknown": 0.05}


class FaultSpec(TypedDict):
    at: Point
    do: Trouble
    for_s: NotRequired[float | list[float] | None]


class CallSpec(TypedDict, total=False):
    outcome: str | dict[str, float]
    ring_s: float | list[float]
    talk_s: float | list[float]
    claim_delay_s: float | list[float]
    dial_delay_s: float | list[float]
    report_delay_s: float | list[float]
    reject: RejectReason
    states: bool
    report: bool
    report_times: int
    fault: FaultSpec


class EventSpec(TypedDict, total=False):
    at_s: float | list[float]
    every_s: float | list[float]
    do: Deed
    for_s: float | list[float] | None
    phone: str
    ring_s: float | list[float]
    talk_s: float | list[float]
    late_s: float | list[float]
    count: int


@dataclass(frozen=True)
class Fault:
    """Trouble at one point of a call; `for_s` None means for ever."""

    at: Point
    do: Trouble
    for_s: float | None


@dataclass(frozen=True)
class Plan:
    """How one call will go."""

    outcome: Outcome = "connected"
    ring_s: float = 3.0
    talk_s: float = 0.0
    claim_delay_s: float = 0.0
    dial_delay_s: float = 0.0
    report_delay_s: float = 0.0
    reject: RejectReason | None = None
    states: bool = True
    report: bool = True
    report_times: int = 1
    fault: Fault | None = None


@dataclass(frozen=True)
class Script:
    """Calls by number (then the defaults), and events by time."""

    defaults: CallSpec = field(default_factory=CallSpec)
    calls: tuple[CallSpec, ...] = ()
    repeat: bool = False
    events: tuple[EventSpec, ...] = ()
    clock_skew_s: float = 0.0

    def plan(self, number: int, seed: str) -> Plan:
        """The plan of the n-th call (from 0) of a phone; the same seed draws the same plan."""
        rng = Random(f"{seed}:{number}")
        spec = {**self.defaults, **self._scripted(number)}
        outcome = _outcome(spec.get("outcome", USUAL_MIX), rng)
        talk_s = draw(spec.get("talk_s", [5, 25]), rng)
        return Plan(
            outcome=outcome,
            ring_s=draw(spec.get("ring_s", [2, 4]), rng),
            talk_s=talk_s if outcome == "connected" else 0.0,
            claim_delay_s=draw(spec.get("claim_delay_s", 0), rng),
            dial_delay_s=draw(spec.get("dial_delay_s", [0.05, 0.2]), rng),
            report_delay_s=draw(spec.get("report_delay_s", 0), rng),
            reject=cast("RejectReason | None", spec.get("reject")),
            states=bool(spec.get("states", True)),
            report=bool(spec.get("report", True)),
            report_times=int(cast("int", spec.get("report_times", 1))),
            fault=_fault(cast("FaultSpec | None", spec.get("fault")), rng),
        )

    def _scripted(self, number: int) -> CallSpec:
        if self.repeat and self.calls:
            return self.calls[number % len(self.calls)]
        return self.calls[number] if number < len(self.calls) else {}


def draw(value: object, rng: Random) -> float:
    """A number as it stands, or a uniform draw from [least, most]."""
    if isinstance(value, list):
        least, most = value
        return rng.uniform(least, most)
    return float(cast("float", value))


def _outcome(value: object, rng: Random) -> Outcome:
    if isinstance(value, dict):
        return cast("Outcome", rng.choices(list(value), weights=list(value.values()))[0])
    return cast("Outcome", value)


def _fault(spec: FaultSpec | None, rng: Random) -> Fault | None:
    if spec is None:
        return None
    for_s = spec.get("for_s", 3)
    return Fault(at=spec["at"], do=spec["do"], for_s=None if for_s is None else draw(for_s, rng))
