"""Scripts: the same seed gives the same calls, mistakes are told."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dialer.script import Fault, Script
from dialer.script_file import BadScript, from_dict, load


def test_same_seed_draws_the_same_calls() -> None:
    first = [Script().plan(number, "7:1") for number in range(50)]
    assert first == [Script().plan(number, "7:1") for number in range(50)]
    assert first != [Script().plan(number, "8:1") for number in range(50)]


def test_usual_mix_is_realistic() -> None:
    plans = [Script().plan(number, "1") for number in range(1000)]
    counts = Counter(plan.outcome for plan in plans)
    assert 480 < counts["connected"] < 620 and 160 < counts["no_answer"] < 280
    assert all(2 <= plan.ring_s <= 4 for plan in plans)
    assert all((5 <= plan.talk_s <= 25) == (plan.outcome == "connected") for plan in plans)


def test_calls_come_by_number_then_defaults() -> None:
    script = from_dict({"defaults": {"outcome": "busy"}, "calls": [{"outcome": "connected", "talk_s": 3}]})
    assert [script.plan(n, "s").outcome for n in range(3)] == ["connected", "busy", "busy"]
    assert script.plan(0, "s").talk_s == 3


def test_repeated_calls_go_round() -> None:
    script = from_dict({"repeat": True, "calls": [{"outcome": "busy"}, {"reject": "busy"}]})
    assert [script.plan(n, "s").reject for n in range(4)] == [None, "busy", None, "busy"]


def test_fault_is_read() -> None:
    script = from_dict({"calls": [{"fault": {"at": "after_claim", "do": "crash", "for_s": None}}]})
    assert script.plan(0, "s").fault == Fault("after_claim", "crash", None)


@pytest.mark.parametrize(
    "raw",
    [{"call": []}, {"calls": [{"outcom": "busy"}]}, {"defaults": {"outcome": "lunch"}},
     {"calls": [{"fault": {"at": "noon", "do": "crash"}}]}, {"events": [{"do": "dance"}]}, {"calls": [5]}],
)  # fmt: skip
def test_mistake_in_a_script_is_told(raw: dict[str, Any]) -> None:
    with pytest.raises(BadScript):
        from_dict(raw)


def test_file_that_is_no_json_is_told(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text(json.dumps({"calls": []})[:-1])
    with pytest.raises(BadScript, match=r"script\.json"):
        load(path)
