"""Rows of XLSX, XLS and ODS workbooks. Runs in the child process only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum, load_workbook

from companies.importer import formulas, formulas_ods, formulas_xls, wire
from companies.importer.errors import BadFile
from companies.importer.files import Kind
from companies.importer.formulas import Faults
from companies.importer.limits import HEADER_ROWS, Limits
from companies.importer.merges_ods import Merge, merges_of

# The table reader gives errors and formulas without a value as empty cells; these find them.
FAULTS = {Kind.XLSX: formulas.faults_of, Kind.ODS: formulas_ods.faults_of, Kind.XLS: formulas_xls.faults_of}


@dataclass(frozen=True, slots=True)
class SheetName:
    name: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Workbook:
    """An opened workbook: its table sheets and the chosen one; `merges` touch the first rows, all from zero."""

    kind: Kind
    path: Path
    sheets: list[SheetName]
    chosen: str
    sheet: CalamineSheet
    merges: list[Merge] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[int, list[wire.WireCell]]]:
        """(row as Excel numbers it, cells from column A)."""
        faults = FAULTS[self.kind](self.path, self.chosen)
        ahead: Faults | None = next(faults, None)
        # calamine gives all rows from the first, but only the columns from the first filled one.
        left = self.sheet.start[1] if self.sheet.start else 0
        for number, cells in enumerate(self.sheet.iter_rows(), start=1):
            row: list[wire.WireCell] = [""] * left
            row += [wire.pack(cell) for cell in cells]
            while ahead is not None and ahead[0] <= number:
                if ahead[0] == number:
                    _put(row, ahead[1])
                ahead = next(faults, None)
            yield number, row
        while ahead is not None:
            row = []
            _put(row, ahead[1])
            yield ahead[0], row
            ahead = next(faults, None)


def _put(row: list[wire.WireCell], faults: dict[int, dict[str, str]]) -> None:
    for column, fault in faults.items():
        row.extend("" for _ in range(column + 1 - len(row)))
        row[column] = fault


def open_workbook(path: Path, kind: Kind, wanted: str | None, limits: Limits) -> Workbook:
    """Raises BadFile for an unknown sheet, no sheets or too many; calamine's own errors are the caller's."""
    book = load_workbook(str(path))
    sheets = [
        SheetName(meta.name, meta.visible is not SheetVisibleEnum.Visible)
        for meta in book.sheets_metadata
        if meta.typ is SheetTypeEnum.WorkSheet
    ]
    if not sheets:
        raise BadFile("no_sheets")
    if len(sheets) > limits.sheets:
        raise BadFile("too_many_sheets", limit=limits.sheets)
    if wanted is not None and wanted not in {sheet.name for sheet in sheets}:
        raise BadFile("unknown_sheet")
    chosen, sheet = (wanted, book.get_sheet_by_name(wanted)) if wanted is not None else _first_filled(book, sheets)
    merges = merges_of(path, chosen) if kind is Kind.ODS else _merges(sheet)
    return Workbook(kind, path, sheets, chosen, sheet, merges)


def _first_filled(book: CalamineWorkbook, sheets: list[SheetName]) -> tuple[str, CalamineSheet]:
    """The first visible sheet with anything on it, else the first hidden one, else the first."""
    for sheet in sorted(sheets, key=lambda one: one.is_hidden):
        loaded = book.get_sheet_by_name(sheet.name)
        if loaded.start is not None:
            return sheet.name, loaded
    return sheets[0].name, book.get_sheet_by_name(sheets[0].name)


def _merges(sheet: CalamineSheet) -> list[Merge]:
    found = sheet.merged_cell_ranges or []
    return [(*start, *end) for start, end in found if start[0] < HEADER_ROWS]
