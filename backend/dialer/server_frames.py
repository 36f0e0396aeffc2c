"""Frames that the server sends on `/ws/phone/`."""

from typing import Literal, NotRequired, TypedDict


class Hello(TypedDict):
    type: Literal["hello"]
    protocol: int
    session: str
    ping_s: int | float
    pong_s: int | float
    server_time: str
    token_expires_in_s: int | float


class Synced(TypedDict):
    type: Literal["synced"]


class Offer(TypedDict):
    type: Literal["offer"]
    call_id: str
    phone: str
    ext: NotRequired[str | None]
    title: NotRequired[str | None]
    contact: NotRequired[str | None]
    note: NotRequired[str | None]
    ttl_ms: int


class Go(TypedDict):
    type: Literal["go"]
    call_id: str
    lease: str
    dial_within_ms: int


class No(TypedDict):
    type: Literal["no"]
    call_id: str
    reason: str


class Revoke(TypedDict):
    type: Literal["revoke"]
    call_id: str
    reason: str


class Ack(TypedDict):
    type: Literal["ack"]
    report_id: str


class Ping(TypedDict):
    type: Literal["ping"]
    ts: int | float | str


class Refreshed(TypedDict):
    type: Literal["refreshed"]
    token_expires_in_s: int | float


class TokenExpiring(TypedDict):
    type: Literal["token_expiring"]
    in_s: int | float


class Caller(TypedDict):
    type: Literal["caller"]
    query_id: str
    title: NotRequired[str | None]
    contact: NotRequired[str | None]
    note: NotRequired[str | None]


class Notice(TypedDict):
    type: Literal["notice"]
    id: int | str
    title: str
    body: NotRequired[str]
    url: NotRequired[str]


class WantLogs(TypedDict):
    type: Literal["want_logs"]
    id: int | str


class Probe(TypedDict):
    type: Literal["probe"]
    id: int | str


class Logout(TypedDict):
    type: Literal["logout"]


class Drain(TypedDict):
    type: Literal["drain"]
    after_ms: int


class Error(TypedDict):
    type: Literal["error"]
    code: str
    message: str
    retry: NotRequired[bool]


ServerFrame = (
    Hello | Synced | Offer | Go | No | Revoke | Ack | Ping | Refreshed | TokenExpiring
    | Caller | Notice | WantLogs | Probe | Logout | Drain | Error
)  # fmt: skip
