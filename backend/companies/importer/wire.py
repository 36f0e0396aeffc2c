"""Cells on the way from the child process: JSON that keeps what a cell was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

type Scalar = str | int | float | bool | date | time
type WireCell = str | int | float | bool | dict[str, str]


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell whose value the file does not hold: an error, or a formula that was never calculated."""

    code: str
    text: str


type Cell = str | int | float | bool | date | time | CellFault

ERROR = "cell_error"
NO_VALUE = "formula_without_value"
_ERRORS = """
#DIV/0! #N/A #NAME? #NULL! #NUM! #REF! #VALUE! #GETTING_DATA #SPILL! #CALC!
#ДЕЛ/0! #Н/Д #ИМЯ? #ПУСТО! #ЧИСЛО! #ССЫЛКА! #ЗНАЧ! Err:502 Err:504 Err:508 Err:522
"""
ERROR_TEXTS = frozenset(_ERRORS.split())
INTEGERS_BELOW = 1e15


def pack(cell: Scalar | timedelta) -> WireCell:
    """The cell of a workbook as JSON can carry it. An integral float is the integer that people typed."""
    if isinstance(cell, datetime):
        return {"date": cell.date().isoformat()} if cell.time() == time() else {"moment": cell.isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    if isinstance(cell, time):
        return {"time": cell.isoformat()}
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, float):
        return _number(cell)
    return cell


def _number(cell: float) -> WireCell:
    if cell.is_integer() and abs(cell) < INTEGERS_BELOW:
        return int(cell)
    return cell if abs(cell) < float("inf") else str(cell)


def fault(code: str, text: str) -> dict[str, str]:
    return {code: text}


def unpack(cell: WireCell) -> Cell:
    if not isinstance(cell, dict):
        return cell
    [(kind, text)] = cell.items()
    if kind == "date":
        return date.fromisoformat(text)
    if kind == "moment":
        return datetime.fromisoformat(text)
    if kind == "time":
        return time.fromisoformat(text)
    return CellFault(kind, text)


def is_blank(cell: WireCell) -> bool:
    return isinstance(cell, str) and not cell.strip()
