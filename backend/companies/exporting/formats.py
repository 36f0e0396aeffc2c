"""How rows of text become bytes of a file: any number of rows, one portion after another."""

from __future__ import annotations

import csv
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from xml.sax.saxutils import escape

from companies.exporting.columns import safe

FORMATS = ("csv", "xlsx")
LONGEST_CELL = 32_767
PIECE = 1 << 20
MIME = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">'
    '<sheets><sheet name="%s" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
_SHEET = "xl/worksheets/sheet1.xml"
_SHEET_HEAD = f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'
_SHEET_FOOT = "</sheetData></worksheet>"


def csv_bytes(rows: Iterable[Sequence[str]], *, is_first: bool) -> bytes:
    """«;», CRLF, and the mark of UTF-8 before the first row: as Excel in Russia opens it. No cell begins a formula."""
    out = StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig" if is_first else "utf-8")


def sheet_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows of a sheet, every cell a string, so that nothing is a formula."""
    return "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows).encode()


def _cell(text: str) -> str:
    if not text:
        return "<c/>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text[:LONGEST_CELL])}</t></is></c>'


def workbook(sheet: Path, name: str = "Компании") -> Iterator[bytes]:
    """The workbook around the rows that stand in the file `sheet`, piece by piece; `name` is shown on its tab."""
    with tempfile.TemporaryFile() as whole:
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            for part_name, text in _PARTS.items():
                archive.writestr(part_name, _XML + text.replace("%s", escape(name)))
            with archive.open(_SHEET, "w", force_zip64=True) as part, sheet.open("rb") as rows:
                part.write(_SHEET_HEAD.encode())
                while piece := rows.read(PIECE):
                    part.write(piece)
                part.write(_SHEET_FOOT.encode())
        whole.seek(0)
        while piece := whole.read(PIECE):
            yield piece


def is_workbook(path: Path) -> bool:
    """Has `workbook` been here already?"""
    with path.open("rb") as file:
        return file.read(2) == b"PK"
