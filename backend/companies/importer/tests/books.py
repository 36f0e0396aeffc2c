"""Files for the tests, made on the spot: workbooks, containers, and what only looks like them."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from openpyxl import Workbook

type Value = str | int | float | bool | date | None

HEAD = ("Название", "ИНН", "Телефон", "ФИО", "Должность", "E-mail")
ROW = ("ООО «Ромашка»", "7707083893", "8 (343) 123-45-67", "Иванов Иван Иванович", "директор", "ivanov@example.ru")
INN = "7707083893"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def csv_file(folder: Path, rows: Iterable[Sequence[str]], *, encoding: str = "utf-8", delimiter: str = ";") -> Path:
    text = "".join(delimiter.join(row) + "\r\n" for row in rows)
    return raw_file(folder, text.encode(encoding))


def raw_file(folder: Path, content: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(content)
    return path


def book(folder: Path, rows: Iterable[Sequence[Value]], *, merges: Sequence[str] = ()) -> Path:
    """An XLSX of one sheet."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for merge in merges:
        sheet.merge_cells(merge)
    path = folder / "upload"
    workbook.save(path)
    return path


def zip_file(folder: Path, parts: Mapping[str, bytes], *, name: str = "upload") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return path


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def ods(folder: Path, body: str) -> Path:
    """An ODS whose tables are `body` (XML of <table:table>)."""
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}>'
        f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    )
    parts = {
        "mimetype": ODS_TYPE.encode(),
        "content.xml": content.encode(),
        "META-INF/manifest.xml": manifest.encode(),
    }
    return zip_file(folder, parts)


def ods_rows(rows: Iterable[Sequence[str]]) -> str:
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in row
        )
        + "</table:table-row>"
        for row in rows
    )
    return f'<table:table table:name="Лист1">{cells}</table:table>'


def ole(folder: Path, *streams: str) -> Path:
    """The smallest OLE container with empty streams of these names: header, allocation table, one directory sector."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIII", header, 44, 1, 1, 0, 4096, 0xFFFFFFFE, 0)
    struct.pack_into("<II", header, 68, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", header, 76, 0, *([0xFFFFFFFF] * 108))
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *([0xFFFFFFFF] * 126))
    directory = b"".join(_entry(name, 5 if name == "Root Entry" else 2) for name in ("Root Entry", *streams))
    return raw_file(folder, bytes(header) + table + directory.ljust(512, b"\x00"))


def _entry(name: str, kind: int) -> bytes:
    entry = bytearray(128)
    encoded = name.encode("utf-16-le") + b"\x00\x00"
    entry[: len(encoded)] = encoded
    struct.pack_into("<HBB", entry, 64, len(encoded), kind, 1)
    return bytes(entry)
