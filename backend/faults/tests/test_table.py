"""docs/faults.md and the tests name each other."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE.parents[2] / "docs/faults.md"
FILES = ("test_servers.py", "test_calls.py", "test_clients.py")


def test_every_row_is_a_test_and_every_test_a_row() -> None:
    rows = re.findall(r"^\|.*\| `(test_\w+)` \|$", TABLE.read_text(encoding="utf-8"), re.M)
    tests = [name for file in FILES for name in re.findall(r"^def (test_\w+)", (HERE / file).read_text(), re.M)]
    assert len(rows) == len(set(rows)) >= 25
    assert sorted(rows) == sorted(tests)
