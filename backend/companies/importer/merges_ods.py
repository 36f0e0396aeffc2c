"""Merged cells in the first rows of an ODS sheet; the table reader does not tell them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.parsers import expat

from companies.importer.formulas import BLOCK
from companies.importer.formulas_ods import CELLS, PART
from companies.importer.limits import HEADER_ROWS

type Merge = tuple[int, int, int, int]


class _Spans:
    """Handlers that count rows and columns from zero and keep what spans several."""

    def __init__(self, sheet: str) -> None:
        self.found: list[Merge] = []
        self.is_done = False
        self._sheet = sheet
        self._is_ours = False
        self._row = self._next_row = self._column = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if name == "table":
            self.is_done = self.is_done or self._is_ours
            self._is_ours = plain.get("name") == self._sheet
        elif name == "table-row" and self._is_ours:
            self._row, self._column = self._next_row, 0
            self._next_row += int(plain.get("number-rows-repeated") or 1)
            self.is_done = self.is_done or self._row >= HEADER_ROWS
        elif name in CELLS and self._is_ours and not self.is_done:
            self._cell(plain)

    def _cell(self, plain: dict[str, str]) -> None:
        across = int(plain.get("number-columns-spanned") or 1)
        down = int(plain.get("number-rows-spanned") or 1)
        if across > 1 or down > 1:
            self.found.append((self._row, self._column, self._row + down - 1, self._column + across - 1))
        self._column += int(plain.get("number-columns-repeated") or 1)


def merges_of(path: Path, sheet: str) -> list[Merge]:
    """(top, left, bottom, right) from zero, of the rows where a header may stand."""
    spans = _Spans(sheet)
    parser = expat.ParserCreate()
    parser.StartElementHandler = spans.start
    with zipfile.ZipFile(path) as archive, archive.open(PART) as file:
        while not spans.is_done and (block := file.read(BLOCK)):
            parser.Parse(block)
    return spans.found
