"""The documents as the tests read them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PROTOCOL = DOCS / "protocol"


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


API: dict[str, Any] = yaml.safe_load(text("protocol/asyncapi.yaml"))


def golden(folder: str) -> list[dict[str, Any]]:
    """The files of golden frames below protocol/."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((PROTOCOL / folder).glob("*.json"))]


GOLDEN, FOR_PAGES = golden("frames"), golden("frames/browser")


def openapi() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text("protocol/openapi.yaml"))
    return loaded


def table_rows(source: str, heading: str) -> list[list[str]]:
    """Cells of the first table below `heading`, without its head."""
    part = source[source.index(heading) :]
    found = re.search(r"(?:^\|.*\n)+", part, re.MULTILINE)
    assert found is not None, heading
    lines = found.group().strip().splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def words_in_code(source: str) -> set[str]:
    """Everything between backticks."""
    return set(re.findall(r"`([^`\n]+)`", source))


def follow(reference: str) -> Any:
    found: Any = API
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [r for inner in value.values() for r in references(inner)]
    return [r for inner in value for r in references(inner)] if isinstance(value, list) else []


def frames_of(operation: str) -> dict[str, dict[str, Any]]:
    """Schema by type of the frames of one direction of one socket."""
    found = {}
    for message in API["operations"][operation]["messages"]:
        payload = follow(follow(message["$ref"])["$ref"])["payload"]
        found[message["$ref"].rsplit("/", 1)[1]] = payload
    return found


def problems(frame: dict[str, Any], operation: str) -> list[str]:
    return mistakes(
        json.loads(json.dumps(frame)), {**frames_of(operation)[frame["type"]], "components": API["components"]}
    )


def mistakes(value: Any, schema: dict[str, Any]) -> list[str]:
    """What does not fit a schema, which must be one itself."""
    Draft202012Validator.check_schema(schema)
    return [str(e.message) for e in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value)]
