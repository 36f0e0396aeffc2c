"""The phone protocol: which frames exist, and the checks that read them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from dialer.phone_frames import PhoneFrame
from dialer.server_frames import ServerFrame

PROTOCOL = 1
MAX_FRAME_BYTES = 64 * 1024
MAX_UNACKED = 16


@cache
def _kinds(union: UnionType) -> Mapping[str, type]:
    return {get_args(get_type_hints(kind)["type"])[0]: kind for kind in get_args(union)}


PHONE_FRAMES = _kinds(PhoneFrame)
SERVER_FRAMES = _kinds(ServerFrame)


@cache
def _fields(kind: type) -> tuple[Mapping[str, Any], frozenset[str]]:
    return get_type_hints(kind), cast("frozenset[str]", vars(kind)["__required_keys__"])


def _fits(value: object, hint: Any) -> bool:
    if hint is Any:
        return True
    origin = get_origin(hint)
    if origin is Literal:
        return value in get_args(hint)
    if origin is UnionType:
        return any(_fits(value, part) for part in get_args(hint))
    if hint is int or hint is float:
        return isinstance(value, hint) and not isinstance(value, bool)
    return isinstance(value, origin or hint)


def problems(frame: Mapping[str, object], frames: Mapping[str, type]) -> list[str]:
    """What is wrong with a frame: unknown type, missing or wrong fields. Extra fields are fine."""
    kind = frames.get(str(frame.get("type")))
    if kind is None:
        return [f"unknown type {frame.get('type')!r}"]
    hints, required = _fields(kind)
    found = [f"{name} is missing" for name in sorted(required - frame.keys())]
    found += [f"{name} is {frame[name]!r}" for name in hints if name in frame and not _fits(frame[name], hints[name])]
    return found


class BadFrame(Exception):
    """The server sent something that the protocol does not allow."""


def parse(text: str | bytes) -> ServerFrame | None:
    """A frame of the server; None for a type this phone does not know. Raises BadFrame."""
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise BadFrame("not JSON") from error
    if not isinstance(raw, dict):
        raise BadFrame("not an object")
    if raw.get("type") not in SERVER_FRAMES:
        return None
    if wrong := problems(raw, SERVER_FRAMES):
        raise BadFrame(f"{raw['type']}: {', '.join(wrong)}")
    return cast("ServerFrame", raw)


def encode(frame: PhoneFrame) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def iso(moment: float) -> str:
    """Unix seconds as ISO 8601 in UTC with a Z, as the phones write it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
