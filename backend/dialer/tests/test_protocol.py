"""The golden frames of docs/protocol/frames are what the phone reads and writes."""

import json
from pathlib import Path
from typing import Any

import pytest

from dialer.protocol import PHONE_FRAMES, SERVER_FRAMES, BadFrame, encode, parse, problems

FOLDER = Path(__file__).parents[3] / "docs" / "protocol" / "frames"
KINDS = {"phone_to_server": PHONE_FRAMES, "server_to_phone": SERVER_FRAMES}
FILES = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
GOLDEN = [(file["direction"], frame) for file in FILES for frame in file["frames"]]


@pytest.mark.parametrize(("direction", "frame"), GOLDEN, ids=[frame["type"] for _, frame in GOLDEN])
def test_golden_frame_is_valid(direction: str, frame: dict[str, Any]) -> None:
    assert problems(frame, KINDS[direction]) == []
    if direction == "server_to_phone":
        assert parse(json.dumps(frame)) == frame
    else:
        assert json.loads(encode(frame)) == frame  # type: ignore[arg-type]


@pytest.mark.parametrize("direction", KINDS)
def test_every_frame_type_has_a_golden_file(direction: str) -> None:
    written = {file["type"] for file in FILES if file["direction"] == direction}
    assert written == set(KINDS[direction])


def test_file_is_named_by_its_type() -> None:
    assert [path.stem for path in sorted(FOLDER.glob("*.json"))] == [file["type"] for file in FILES]
    assert all(frame["type"] == file["type"] for file in FILES for frame in file["frames"])


def test_unknown_types_and_fields_are_ignored() -> None:
    assert parse('{"type": "weather", "rain": true}') is None
    assert parse('{"type": "synced", "later": 1}') == {"type": "synced", "later": 1}


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"type": "go", "call_id": "x", "lease": "l"}', '{"type": "ack", "report_id": 7}',
     '{"type": "drain", "after_ms": true}'],
)  # fmt: skip
def test_broken_frame_is_refused(text: str) -> None:
    with pytest.raises(BadFrame):
        parse(text)
