"""Error cells of a sheet of the old XLS (BIFF8); the table reader shows them as empty ones."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from companies.importer import wire
from companies.importer.formulas import Faults
from companies.importer.ole import Container, DamagedContainer

BOUNDSHEET, BOOLERR, FORMULA, END = 0x85, 0x205, 0x06, 0x0A
BEGIN = 0x809
ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}

type Found = tuple[int, int, str]


def faults_of(path: Path, sheet: str) -> Iterator[Faults]:
    """(row, {column: fault}) by rows; nothing for older books, which have another directory of sheets."""
    with path.open("rb") as file:
        try:
            stream = Container(file).read("Workbook")
        except DamagedContainer:
            return
    start = _sheet_at(stream, sheet)
    found: dict[int, dict[int, dict[str, str]]] = {}
    for row, column, text in _errors(stream, start) if start else ():
        found.setdefault(row + 1, {})[column] = wire.fault(wire.ERROR, text)
    yield from sorted(found.items())


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _sheet_at(stream: bytes, wanted: str) -> int:
    """Where the sheet's records begin; 0 when the book does not name it."""
    for kind, body in _records(stream, 0):
        if kind == END:
            return 0
        if kind == BOUNDSHEET and len(body) >= 8 and _name(body) == wanted:
            return int(struct.unpack_from("<I", body)[0])
    return 0


def _name(body: bytes) -> str:
    length, is_wide = body[6], body[7] & 1
    return (
        body[8 : 8 + 2 * length].decode("utf-16-le", "replace") if is_wide else body[8 : 8 + length].decode("latin-1")
    )


def _errors(stream: bytes, at: int) -> Iterator[Found]:
    depth = 0
    for kind, body in _records(stream, at):
        # A chart inside the sheet has a beginning and an end of its own.
        depth += (kind == BEGIN) - (kind == END)
        if depth == 0:
            return
        code = _error_of(kind, body)
        if code is not None:
            row, column = struct.unpack_from("<HH", body)
            yield row, column, ERRORS.get(code, "#N/A")


def _error_of(kind: int, body: bytes) -> int | None:
    if kind == BOOLERR and len(body) >= 8 and body[7] == 1:
        return body[6]
    # The last result of a formula: FFFF at its end says that it is no number, 2 at its beginning that it is an error.
    if kind == FORMULA and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == 2:
        return body[8]
    return None
