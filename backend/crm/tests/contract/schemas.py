"""Values that a JSON schema of ours allows: flat objects of strings, numbers, words and references."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from crm.tests.docfiles import follow

LONGEST = 200
NO_NUL = r"^[^\x00]*$"


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A strategy for what `schema` allows."""
    if "$ref" in schema:
        return values(follow(schema["$ref"]))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_of_kind(kind, schema) for kind in kinds])


def _of_kind(kind: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    least, most = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31)
    if kind == "string":
        return _text(schema)
    if kind == "integer":
        return st.integers(least, most)
    if kind == "number":
        return st.integers(least, most) | st.floats(allow_nan=False, allow_infinity=False)
    if kind == "boolean":
        return st.booleans()
    if kind == "null":
        return st.none()
    anything = st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=20)
    if kind == "array":
        return st.lists(anything | st.dictionaries(st.text(max_size=10), anything, max_size=3), max_size=4)
    if "properties" not in schema:
        return st.dictionaries(st.text(max_size=10), anything, max_size=4)
    required = set(schema.get("required", []))
    parts = {name: values(part) for name, part in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: part for name, part in parts.items() if name in required},
        optional={name: part for name, part in parts.items() if name not in required},
    )


def _text(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "uuid":
        return st.uuids().map(str)
    if schema.get("format") == "date-time":
        return st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
    longest = min(schema.get("maxLength", LONGEST), LONGEST)
    if "pattern" in schema:
        assert schema["pattern"] == NO_NUL, schema
        return st.text(st.characters(exclude_characters="\x00"), min_size=schema.get("minLength", 0), max_size=longest)
    return st.text(min_size=schema.get("minLength", 0), max_size=longest)
