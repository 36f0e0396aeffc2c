"""Cells of an XLSX sheet without a value: errors, formulas nobody has calculated. The table reader hides both."""

from __future__ import annotations

import re
import zipfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from posixpath import join, normpath
from typing import IO
from xml.parsers import expat

from companies.importer import wire

BLOCK = 64 * 1024
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d+)$")

type Faults = tuple[int, dict[int, dict[str, str]]]


def column_of(letters: str) -> int:
    """«A» → 0, «AA» → 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


class _Sheet:
    """Handlers that notice cells without a value, row after row."""

    def __init__(self) -> None:
        self.ready: deque[Faults] = deque()
        self._row, self._column = 0, -1
        self._type, self._formula, self._value = "", "", ""
        self._in_value = self._in_formula = self._has_formula = False
        self._found: dict[int, dict[str, str]] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row = int(attributes.get("r") or self._row + 1)
            self._column = -1
        elif name == "c":
            self._open_cell(attributes)
        elif name == "v":
            self._in_value = True
        elif name == "f":
            self._in_formula = self._has_formula = True

    def _open_cell(self, attributes: dict[str, str]) -> None:
        found = _REFERENCE.match(attributes.get("r", ""))
        self._column = column_of(found.group(1)) if found else self._column + 1
        self._type = attributes.get("t", "")
        self._formula = self._value = ""
        self._has_formula = False

    def text(self, text: str) -> None:
        if self._in_value:
            self._value += text
        elif self._in_formula:
            self._formula += text

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "v":
            self._in_value = False
        elif name == "f":
            self._in_formula = False
        elif name == "c":
            self._close_cell()
        elif name == "row" and self._found:
            self.ready.append((self._row, self._found))
            self._found = {}

    def _close_cell(self) -> None:
        if self._type == "e":
            self._found[self._column] = wire.fault(wire.ERROR, self._value)
        # A formula may give an empty text; that is a value.
        elif self._has_formula and not self._value and self._type != "str":
            self._found[self._column] = wire.fault(wire.NO_VALUE, f"={self._formula}")


def faults_of(path: Path, sheet: str) -> Iterator[Faults]:
    """(row, {column: fault}) in the order of the file; nothing when the sheet has neither errors nor formulas."""
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        if part not in archive.namelist() or not _may_have_faults(archive, part):
            return
        handlers = _Sheet()
        parser = expat.ParserCreate()
        parser.StartElementHandler = handlers.start
        parser.EndElementHandler = handlers.end
        parser.CharacterDataHandler = handlers.text
        with archive.open(part) as file:
            while block := file.read(BLOCK):
                parser.Parse(block)
                yield from drain(handlers.ready)
        parser.Parse(b"", True)
        yield from drain(handlers.ready)


def drain(ready: deque[Faults]) -> Iterator[Faults]:
    while ready:
        yield ready.popleft()


def _may_have_faults(archive: zipfile.ZipFile, part: str) -> bool:
    """A look for the few bytes that such cells must have: most sheets are spared the slow reading."""
    marks = (b"<f", b":f", b't="e"', b"t='e'", b"\x00f\x00", b"\x00<\x00")
    with archive.open(part) as file:
        tail = b""
        while block := file.read(BLOCK):
            if any(mark in tail + block for mark in marks):
                return True
            tail = block[-8:]
    return False


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part that holds the sheet, by the relations of the workbook."""
    ids = {a.get("name", ""): _relation(a) for a in _elements(archive, "xl/workbook.xml", "sheet")}
    targets = {
        a.get("Id", ""): a.get("Target", "") for a in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    target = targets.get(ids.get(sheet, ""), "")
    return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))


def _relation(attributes: dict[str, str]) -> str:
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")


def _elements(archive: zipfile.ZipFile, part: str, wanted: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    if part not in archive.namelist():
        return found

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == wanted:
            found.append(attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with archive.open(part) as file:
        _feed(parser, file)
    return found


def _feed(parser: expat.XMLParserType, file: IO[bytes]) -> None:
    while block := file.read(BLOCK):
        parser.Parse(block)
    parser.Parse(b"", True)
