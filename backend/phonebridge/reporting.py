"""Reading a report tolerantly: whatever a phone says becomes facts and flags, never a refusal (K-10, S-6)."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from phonebridge.enums import ActionSource, CallStatus, Direction, ResolveMethod

LONGEST_S = 24 * 3600
EARLY, LATE = timedelta(minutes=5), timedelta(minutes=5)
OLDEST = timedelta(days=31)
MAX_TEXT = 4000
MAX_DEPTH = 8
NEVER_TALKED = {CallStatus.NO_ANSWER, CallStatus.BUSY, CallStatus.REJECTED, CallStatus.MISSED}
MAX_SKEW = timedelta(days=3650)


@dataclass(slots=True)
class Facts:
    """What a report says, in our words; None where it says nothing. `flags` name what was odd."""

    call_status: str | None = None
    started_at: datetime | None = None
    duration_s: int | None = None
    ended_at: datetime | None = None
    direction: str | None = None
    resolve_method: str | None = None
    attempts_count: int | None = None
    action_source: str | None = None
    flags: list[str] = field(default_factory=list)

    def known_fields(self) -> set[str]:
        """Names of the columns that the report fills."""
        return {name for name, value in self.columns().items() if value is not None}

    def columns(self) -> dict[str, Any]:
        return {
            "call_started_at": self.started_at,
            "call_duration_seconds": self.duration_s,
            "call_ended_at": self.ended_at,
            "direction": self.direction,
            "resolve_method": self.resolve_method,
            "attempts_count": self.attempts_count,
            "action_source": self.action_source,
        }


def storable(value: Any, depth: int = 0) -> Any:
    """`value` as PostgreSQL can keep it: no NUL, no lone surrogates, no NaN, bounded depth and length."""
    if isinstance(value, str):
        text = value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
        return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**30:
        return str(value)[:40]
    if isinstance(value, dict | list) and depth >= MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {storable(str(k)): storable(v, depth + 1) for k, v in list(value.items())[:200]}
    if isinstance(value, list):
        return [storable(v, depth + 1) for v in value[:200]]
    return value


def body_key(body: Any) -> str:
    """A key for a report without `report_id`: the hash of its canonical body."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return "body:" + hashlib.sha256(text.encode()).hexdigest()


def report_key(report_id: Any) -> str:
    """A key for a report that names itself; '' when it does not. Odd and long names are hashed, never cut."""
    if report_id in (None, "") or isinstance(report_id, bool | dict | list):
        return ""
    name = str(report_id)
    if len(name) <= 90 and name == storable(name):
        return f"id:{name}"
    return "name:" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def read_moment(value: Any) -> datetime | None:
    """An aware moment from ISO 8601; a moment without a zone is UTC. None when it is not one."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def read_facts(body: dict[str, Any], *, sent_at: datetime | None, received_at: datetime) -> Facts:
    """Facts of a report body, moments corrected by the phone's clock error (received − sent)."""
    facts = Facts()
    facts.call_status = _choice(body, "call_status", CallStatus.values, facts, fallback=CallStatus.UNKNOWN)
    facts.direction = _choice(body, "direction", Direction.values, facts)
    facts.resolve_method = _choice(body, "resolve_method", ResolveMethod.values, facts)
    facts.action_source = _choice(body, "action_source", ActionSource.values, facts)
    facts.attempts_count = _count(body, "attempts_count", 10_000, facts)
    facts.duration_s = _count(body, "call_duration_seconds", LONGEST_S, facts)
    skew = received_at - sent_at if sent_at is not None else timedelta()
    if abs(skew) > MAX_SKEW:
        skew = timedelta()
        facts.flags.append("bad_sent_at")
    facts.started_at = _moment(body, "call_started_at", skew, facts)
    facts.ended_at = _moment(body, "call_ended_at", skew, facts)
    if facts.direction == Direction.MISSED:
        _as_missed(facts)
    if facts.duration_s and facts.call_status in NEVER_TALKED:
        facts.duration_s = None
        facts.flags.append("duration_without_talk")
    return facts


def _as_missed(facts: Facts) -> None:
    """The outcome mixed into the direction (D7): stored as incoming and missed."""
    facts.direction = Direction.INCOMING
    if facts.call_status in {None, CallStatus.UNKNOWN, CallStatus.NO_ANSWER}:
        facts.call_status = CallStatus.MISSED


def clamp_moments(facts: Facts, *, earliest: datetime, received_at: datetime, instead: datetime) -> None:
    """Replace moments that cannot be true by the server's, with a flag; fill the end from start + duration."""
    latest = received_at + LATE
    if facts.started_at is not None and not earliest <= facts.started_at <= latest:
        facts.started_at = instead
        facts.ended_at = None
        facts.flags.append("moments_replaced")
    if facts.ended_at is not None and facts.started_at is not None and facts.ended_at < facts.started_at:
        facts.ended_at = None
        facts.flags.append("end_before_start")
    if facts.ended_at is None and facts.started_at is not None and facts.duration_s:
        facts.ended_at = facts.started_at + timedelta(seconds=facts.duration_s)
    if facts.ended_at is not None and not earliest <= facts.ended_at <= latest:
        facts.ended_at = None
        facts.flags.append("end_replaced")


def _choice(body: dict[str, Any], key: str, known: list[str], facts: Facts, fallback: str | None = None) -> str | None:
    value = body.get(key)
    if value is None or value == "":
        return None
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in known:
        return word
    facts.flags.append(f"unknown_{key}")
    return fallback


def _count(body: dict[str, Any], key: str, most: int, facts: Facts) -> int | None:
    value = body.get(key)
    if value is None or value == "":
        return None
    number: int | None = None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = int(float(value)) if not isinstance(value, int) else value
        except (ValueError, OverflowError):
            number = None
    if number is None or not 0 <= number <= most:
        facts.flags.append(f"bad_{key}")
        return None
    return number


def _moment(body: dict[str, Any], key: str, skew: timedelta, facts: Facts) -> datetime | None:
    value = body.get(key)
    if value is None or value == "":
        return None
    moment = read_moment(value)
    if moment is None:
        facts.flags.append(f"bad_{key}")
        return None
    try:
        return moment + skew
    except OverflowError:
        facts.flags.append(f"bad_{key}")
        return None
