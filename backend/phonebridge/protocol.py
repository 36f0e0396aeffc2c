"""Frames of the phone socket as pydantic models (docs/protocol). Unknown fields are ignored; nothing may change."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from common.ids import parse_uuid

PROTOCOL = 1


class Frame(BaseModel):
    """Base of all frames: lenient towards fields of a newer client."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _null_says_nothing(cls, said: Any) -> Any:
        return {name: value for name, value in said.items() if value is not None} if isinstance(said, dict) else said


class Auth(Frame):
    token: str = Field(min_length=1, max_length=4096)
    device_id: str = Field(min_length=1, max_length=64)
    instance: str = Field(default="", max_length=64)
    # cut, not refused: a phone with a long name is no stranger
    device_name: str = ""
    app_version: str = ""
    platform: str = ""
    encryption_enabled: bool | None = None
    protocol: int = PROTOCOL


def _one_spelling(value: str) -> str:
    """A call's id as the server writes it: sockets remember calls by it."""
    found = parse_uuid(value)
    return value if found is None else str(found)


CallId = Annotated[str, Field(max_length=64), AfterValidator(_one_spelling)]


class Claim(Frame):
    call_id: CallId


class Reject(Frame):
    call_id: CallId
    reason: str = Field(default="user", max_length=40)


class State(Frame):
    call_id: CallId
    phase: str = Field(max_length=20)
    at: str = Field(default="", max_length=64)
    lease: str = Field(default="", max_length=64, pattern=r"^[^\x00]*$")


class Refresh(Frame):
    token: str = Field(min_length=1, max_length=4096)


class Lookup(BaseModel):
    """`query_id` is said back as it was sent; a number that is none finds nobody, so any value will do."""

    query_id: str = Field(max_length=64)
    phone: Any = None


class Report(BaseModel):
    """`report_id` and `sent_at` beside the body of POST /api/phone/calls/update/."""

    model_config = ConfigDict(extra="allow")
    report_id: Any = None
    sent_at: Any = None


FRAMES: dict[str, type[BaseModel]] = {
    "auth": Auth,
    "claim": Claim,
    "reject": Reject,
    "state": State,
    "refresh": Refresh,
    "lookup": Lookup,
    "report": Report,
}
# Accepted without a model: their bodies are read field by field.
OPEN_FRAMES = frozenset({"heartbeat", "pong", "seen"})
SERVER_FRAMES = frozenset(
    {
        "want_logs",
        "probe",
        "hello",
        "offer",
        "synced",
        "go",
        "no",
        "revoke",
        "ack",
        "caller",
        "ping",
        "refreshed",
        "token_expiring",
        "drain",
        "error",
        "logout",
    }
)


class BadFrame(ValueError):
    """A known frame whose fields do not fit; the text names the first field."""


def parse(kind: str, frame: dict[str, Any]) -> BaseModel | None:
    """The typed frame; None for a type that has no model. Raises BadFrame."""
    model = FRAMES.get(kind)
    if model is None:
        return None
    try:
        return model.model_validate(frame)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BadFrame(field) from error
