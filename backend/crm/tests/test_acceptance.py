"""docs/acceptance.md names only what exists: modules, tests, commands; and every identifier once."""

from __future__ import annotations

import ast
import re

import pytest

from crm.tests.docfiles import ROOT, text
from devkit.__main__ import COMMANDS
from devkit.bench import names as benches

BACKEND = ROOT / "backend"
LINES = [line for line in text("acceptance.md").splitlines() if re.match(r"^\| (?:D\d+|[A-Z]+-\d+) \|", line)]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in LINES]


def places(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def names_of_tests(path: str) -> set[str]:
    """Names of the test functions of a file, from its source."""
    tree = ast.parse((BACKEND / path).read_text(encoding="utf-8"))
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}


def commands() -> set[str]:
    """Django commands of our own."""
    return {path.stem for path in BACKEND.glob("*/management/commands/*.py") if path.stem != "__init__"}


def why_no_command(name: str, inner: str = "") -> str:
    """Why `./crm NAME INNER` does not exist, or ''."""
    if name not in COMMANDS:
        return "no such command of ./crm"
    if name == "manage" and inner not in commands():
        return "no such Django command"
    return "no such bench" if name == "bench" and inner not in benches() else ""


def why_wrong(place: str) -> str:
    """Why this place does not exist, or ''."""
    if place.startswith("./crm"):
        return why_no_command(*place.split()[1:])
    path, _, name = place.partition("::")
    if not (BACKEND / path).exists() and not (ROOT / path).exists():
        return "no such path"
    if name and name not in names_of_tests(path):
        return "no such test"
    return ""


def test_table_is_not_empty() -> None:
    assert len(ROWS) > 60


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_row_names_what_exists(row: list[str]) -> None:
    assert len(row) == 4, "identifier | requirement | module | what shows it"
    named = places(row[2]) + places(row[3])
    assert places(row[2]), "no module"
    assert places(row[3]), "nothing shows it"
    assert {place: why_wrong(place) for place in named if why_wrong(place)} == {}


def test_identifiers_stand_once() -> None:
    names = [row[0] for row in ROWS]
    assert sorted(names) == sorted(set(names))


def test_every_bench_is_described() -> None:
    described = set(re.findall(r"^\| `(\w+)` \|", text("benchmarks.md"), re.MULTILINE))
    assert described == set(benches())
