"""Cells of an ODS sheet that hold no value; the table reader shows them as empty ones."""

from __future__ import annotations

import zipfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from companies.importer import wire
from companies.importer.formulas import BLOCK, Faults, drain

PART = "content.xml"
CELLS = frozenset({"table-cell", "covered-table-cell"})


class _Tables:
    """Handlers that count rows and columns with their repetitions and notice cells without a value."""

    def __init__(self, sheet: str) -> None:
        self.ready: deque[Faults] = deque()
        self._sheet = sheet
        self._is_ours = False
        self._row, self._column = 0, 0
        self._repeated_rows = self._repeated_cells = 1
        self._cell: dict[str, str] = {}
        self._text: list[str] = []
        self._found: dict[int, dict[str, str]] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if name == "table":
            self._is_ours = plain.get("name") == self._sheet
            self._row = 0
        elif name == "table-row":
            self._row, self._column, self._found = self._row + 1, 0, {}
            self._repeated_rows = int(plain.get("number-rows-repeated") or 1)
        elif name in CELLS:
            self._cell, self._text = attributes, []
            self._repeated_cells = int(plain.get("number-columns-repeated") or 1)

    def text(self, text: str) -> None:
        self._text.append(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name in CELLS:
            fault = _fault_of(self._cell, "".join(self._text).strip())
            if fault and self._is_ours:
                self._found[self._column] = fault
            self._column += self._repeated_cells
        elif name == "table-row":
            if self._found:
                self.ready.append((self._row, self._found))
            self._row += self._repeated_rows - 1


def _fault_of(cell: dict[str, str], shown: str) -> dict[str, str] | None:
    formula = cell.get("table:formula", "")
    if cell.get("calcext:value-type") == "error" or (formula and shown in wire.ERROR_TEXTS):
        return wire.fault(wire.ERROR, shown or formula)
    if formula and not cell.get("office:value-type") and not shown:
        return wire.fault(wire.NO_VALUE, formula)
    return None


def _has_formulas(archive: zipfile.ZipFile) -> bool:
    """A look for the attribute that such cells must have: most files are spared the slow reading."""
    with archive.open(PART) as file:
        tail = b""
        while block := file.read(BLOCK):
            if b":formula=" in tail + block:
                return True
            tail = block[-16:]
    return False


def faults_of(path: Path, sheet: str) -> Iterator[Faults]:
    """(row, {column: fault}) in the order of the file."""
    tables = _Tables(sheet)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = tables.start
    parser.EndElementHandler = tables.end
    parser.CharacterDataHandler = tables.text
    with zipfile.ZipFile(path) as archive:
        if not _has_formulas(archive):
            return
        with archive.open(PART) as file:
            while block := file.read(BLOCK):
                parser.Parse(block)
                yield from drain(tables.ready)
    parser.Parse(b"", True)
    yield from drain(tables.ready)
