"""Frames that a phone sends on `/ws/phone/`."""

from typing import Any, Literal, NotRequired, Required, TypedDict

Phase = Literal["received", "dialing", "talking", "ended"]
RejectReason = Literal["busy", "no_permission", "user", "stale"]


class Auth(TypedDict):
    type: Literal["auth"]
    token: str
    device_id: str
    instance: str
    device_name: NotRequired[str]
    app_version: NotRequired[str]
    platform: NotRequired[str]
    encryption_enabled: NotRequired[bool]


class Claim(TypedDict):
    type: Literal["claim"]
    call_id: str


class Reject(TypedDict):
    type: Literal["reject"]
    call_id: str
    reason: RejectReason


class State(TypedDict):
    type: Literal["state"]
    call_id: str
    phase: Phase
    at: str
    lease: NotRequired[str]


class CallResult(TypedDict, total=False):
    """The body of `POST /api/phone/calls/update/`; a call without a click has event_id and phone instead."""

    call_request_id: str
    event_id: str
    phone: str
    call_status: str
    call_started_at: str
    call_duration_seconds: int
    call_ended_at: str
    direction: str
    resolve_method: str
    attempts_count: int
    action_source: str


class Report(CallResult, total=False):
    type: Required[Literal["report"]]
    report_id: Required[str]
    sent_at: Required[str]


class HeartbeatBody(TypedDict, total=False):
    """The body of `POST /api/phone/devices/heartbeat/`."""

    device_id: Required[str]
    device_name: str
    app_version: str
    last_poll_code: int
    last_poll_at: str
    encryption_enabled: bool
    queue_stuck: bool
    stuck_count: int
    oldest_stuck_age_sec: int
    stuck_by_type: dict[str, int]
    battery: int
    network: str
    permissions: dict[str, bool]
    sims: list[dict[str, Any]]


class Heartbeat(HeartbeatBody, total=False):
    type: Required[Literal["heartbeat"]]


class Pong(TypedDict):
    type: Literal["pong"]
    ts: NotRequired[int | float | str]
    id: NotRequired[int | str]


class Refresh(TypedDict):
    type: Literal["refresh"]
    token: str


class Lookup(TypedDict):
    type: Literal["lookup"]
    query_id: str
    phone: str


class Seen(TypedDict):
    type: Literal["seen"]
    id: int | str


PhoneFrame = (
    Auth | Claim | Reject | State | Report | Heartbeat | Pong | Refresh | Lookup | Seen
)  # fmt: skip
