"""Reading a script file, with words for every mistake in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from dialer.phone_frames import RejectReason
from dialer.script import CallSpec, Deed, EventSpec, FaultSpec, Outcome, Point, Script, Trouble

ROOT = {"defaults", "calls", "repeat", "events", "clock_skew_s"}


class BadScript(Exception):
    """The script file cannot be read; the text says where and why."""


def load(path: Path) -> Script:
    """Read a script file. Raises BadScript."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadScript(f"{path}: {error}") from error
    return from_dict(raw)


def from_dict(raw: Any) -> Script:
    _known(raw, ROOT, "сценарий")
    _check_call(raw.get("defaults", {}), "defaults")
    for number, call in enumerate(raw.get("calls", [])):
        _check_call(call, f"calls[{number}]")
    for number, event in enumerate(raw.get("events", [])):
        _check_event(event, f"events[{number}]")
    return Script(
        defaults=raw.get("defaults", {}),
        calls=tuple(raw.get("calls", [])),
        repeat=bool(raw.get("repeat", False)),
        events=tuple(raw.get("events", [])),
        clock_skew_s=float(raw.get("clock_skew_s", 0)),
    )


def _check_call(call: Any, where: str) -> None:
    _known(call, CallSpec.__annotations__, where)
    _numbers(call, where)
    outcome = call.get("outcome", "connected")
    for name in outcome if isinstance(outcome, dict) else [outcome]:
        _one_of(name, Outcome, f"{where}.outcome")
    if "reject" in call:
        _one_of(call["reject"], RejectReason, f"{where}.reject")
    if "fault" in call:
        fault = call["fault"]
        _known(fault, FaultSpec.__annotations__, f"{where}.fault")
        _numbers(fault, f"{where}.fault")
        _one_of(fault.get("at"), Point, f"{where}.fault.at")
        _one_of(fault.get("do"), Trouble, f"{where}.fault.do")


def _check_event(event: Any, where: str) -> None:
    _known(event, EventSpec.__annotations__, where)
    _numbers(event, where)
    _one_of(event.get("do"), Deed, f"{where}.do")


def _known(value: Any, keys: Mapping[str, Any] | set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise BadScript(f"{where}: нужен объект")
    if unknown := set(value) - set(keys):
        raise BadScript(f"{where}: неизвестные ключи: {', '.join(sorted(unknown))}")


def _numbers(spec: dict[str, Any], where: str) -> None:
    """Seconds are a number or [least, most]; only `for_s` may be null (for ever)."""
    for key, value in spec.items():
        if not key.endswith("_s") or (key == "for_s" and value is None):
            continue
        pair = value if isinstance(value, list) else [value, value]
        if len(pair) != 2 or not all(isinstance(one, int | float) and one >= 0 for one in pair):
            raise BadScript(f"{where}.{key}: нужно число секунд или [от, до]")


def _one_of(value: object, allowed: Any, where: str) -> None:
    if value not in get_args(allowed):
        raise BadScript(f"{where}: {value!r}, а нужно одно из: {', '.join(get_args(allowed))}")
