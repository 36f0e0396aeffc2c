"""One cell: the text that a person meant by it."""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import date, datetime, time
from functools import lru_cache

from companies.importer.wire import Cell, CellFault

_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_AROUND_LINE_ENDS = re.compile(r" ?\n[ \n]*")
_QUOTED_FORMULA = re.compile(r'=\s*"(.*)"', re.DOTALL)
_GUARDED = re.compile(r"'\s*[=+\-@]")
# The joiners hold emoji and letters of some scripts together; without them they fall apart into other signs.
_KEPT = "\n\t\u200c\u200d"


@lru_cache(maxsize=256)  # the cells of the present row, each of which is asked for several times
def clean(text: str) -> str:
    """Entities unescaped once, NFC, without control and bidi characters, spaces joined; lines are kept as LF.

    `="0277…"`, by which Excel is made to keep zeros, is the text inside; one `'` before a formula sign goes.
    """
    text = unicodedata.normalize("NFC", html.unescape(text))
    if not text.isprintable():
        text = _LINE_ENDS.sub("\n", text)
        text = "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in _UNSEEN)
        text = _AROUND_LINE_ENDS.sub("\n", _SPACES.sub(" ", text))
    elif "  " in text:
        text = _SPACES.sub(" ", text)
    text = text.strip()
    quoted = _QUOTED_FORMULA.fullmatch(text) if text.startswith("=") else None
    if quoted:
        text = quoted.group(1).replace('""', '"').strip()
    return text[1:].lstrip() if text.startswith("'") and _GUARDED.match(text) else text


def one_line(text: str) -> str:
    """Cleaned text in one line."""
    return clean(text).replace("\n", " ")


def plain(cell: Cell) -> str:
    """The cell as people would read it in a table, before cleaning."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, CellFault):
        return cell.text
    if isinstance(cell, bool):
        return "да" if cell else "нет"
    if isinstance(cell, datetime):
        return f"{cell:%d.%m.}{cell.year:04} {cell:%H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%d.%m.}{cell.year:04}"
    if isinstance(cell, time):
        return f"{cell:%H:%M:%S}"
    if isinstance(cell, float):
        return _float(cell)
    return str(cell)


def _float(number: float) -> str:
    if number.is_integer():
        return f"{number:.0f}"
    return repr(number)
