"""Values of cells: several in one, requisites, dates, cold or warm. Nothing is cut; what is not understood is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from common.phones import only_digits
from common.requisites import is_inn, is_kpp, is_ogrn
from common.text import words
from companies.importer.cells import clean, one_line, plain
from companies.importer.problems import Problems
from companies.importer.wire import Cell

EXCEL_DAY_ZERO = date(1899, 12, 30)
SERIALS = range(20_000, 80_001)
YEARS = range(1990, 2101)
EXACT_BELOW = 1e15
HARD_SPLIT = re.compile(r"[;\n]|(?<=\s)/(?=\s)")
# A comma inside a number's extension («…, доб. 5») separates nothing.
COMMA = re.compile(r",(?!\s*(?:доб|вн|внутр|ext|x|#))", re.IGNORECASE)
_EXPONENT = frozenset("EeЕе")
_BROKEN = re.compile(r"[+-]?\d+(?:[.,]\d+)?\s*[EeЕе]\s*\+?\d{1,3}")
_DIGITS = re.compile(r"([\d\s-]+?)(?:[.,]0+)?")
_INN_KPP = re.compile(r"(\d{9,12})\s*[/\\|]\s*([0-9A-Za-z]{8,9})")
_RUSSIAN_DATE = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?(?:\s*г\.?)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}.*)?")
_YES = frozenset({"да", "1", "+", "yes", "true", "истина", "y", "д", "v", "x", "х"})
_NO = frozenset({"нет", "0", "-", "no", "false", "ложь", "n", "н"})


def split_values(text: str) -> list[str]:
    """Values of one cell: newline, `;`, ` / `, then commas outside an extension."""
    return [part for piece in hard_split(text) for part in comma_split(piece)]


def hard_split(text: str) -> list[str]:
    return [part.strip() for part in HARD_SPLIT.split(text) if part.strip()]


def comma_split(text: str) -> list[str]:
    return [part.strip() for part in COMMA.split(text) if part.strip()]


def is_broken(cell: Cell) -> bool:
    """Excel showed a long number as «7,7E+09», or kept only its first fifteen digits."""
    if isinstance(cell, float):
        return abs(cell) >= EXACT_BELOW
    return isinstance(cell, str) and not _EXPONENT.isdisjoint(cell) and _BROKEN.fullmatch(one_line(cell)) is not None


@dataclass(frozen=True, slots=True)
class Inn:
    """`number` of 10 or 12 digits or ''; `raw` what is not one; `kpp` when it stood in the same cell."""

    number: str = ""
    raw: str = ""
    kpp: str = ""


def parse_inn(cell: Cell, column: int, problems: Problems) -> Inn:
    text = one_line(plain(cell))
    if not text:
        return Inn()
    if is_broken(cell):
        problems.tell("excel_broke_number", column, plain(cell))
        return Inn()
    pair = _INN_KPP.fullmatch(text)
    kpp = pair.group(2) if pair else ""
    found = _DIGITS.fullmatch(pair.group(1) if pair else text)
    digits = only_digits(found.group(1)) if found else ""
    if len(digits) in {9, 11} and is_inn(f"0{digits}"):
        problems.tell("inn_zero_restored", column, text)
        return Inn(f"0{digits}", kpp=kpp)
    if len(digits) not in {10, 12}:
        problems.tell("inn_shape", column, text)
        return Inn(raw=text)
    if not is_inn(digits):
        problems.tell("inn_checksum", column, text)
    return Inn(digits, kpp=kpp)


def parse_kpp(text: str, inn: str, column: int, problems: Problems) -> str:
    """Nine characters or ''. An eighth digit is lost with the zero of the same region that the INN begins with."""
    if not text:
        return ""
    kpp = text.upper()
    if len(kpp) == 8 and inn.startswith("0") and is_kpp(f"0{kpp}"):
        problems.tell("kpp_zero_restored", column, text)
        kpp = f"0{kpp}"
    if not is_kpp(kpp):
        problems.tell("bad_kpp", column, text)
        return ""
    if len(inn) == 12:
        problems.tell("kpp_of_person", column, text)
        return ""
    return kpp


def parse_ogrn(cell: Cell, column: int, problems: Problems) -> str:
    if cell == "":
        return ""
    text = one_line(plain(cell))
    if not text:
        return ""
    found = _DIGITS.fullmatch(text)
    digits = only_digits(found.group(1)) if found else ""
    if is_broken(cell):
        problems.tell("excel_broke_number", column, plain(cell))
        return ""
    if len(digits) not in {13, 15}:
        problems.tell("bad_ogrn", column, text)
        return ""
    if not is_ogrn(digits):
        problems.tell("ogrn_checksum", column, text)
    return digits


def parse_date(cell: Cell, column: int, problems: Problems) -> date | None:
    """A day as dd.mm.yyyy, ISO, or Excel's number of it."""
    if cell == "":
        return None
    found = _day_of(cell)
    if found is not None and found.year in YEARS:
        return found
    text = clean(plain(cell))
    if text:
        problems.tell("bad_date", column, text)
    return None


def _day_of(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = one_line(plain(cell))
    serial = re.fullmatch(r"(\d{5})(?:[.,]\d+)?", text)
    if serial:
        days = int(serial.group(1))
        return EXCEL_DAY_ZERO + timedelta(days=days) if days in SERIALS else None
    russian = _RUSSIAN_DATE.fullmatch(text)
    if russian:
        day, month, year = (int(part) for part in russian.groups())
        return _day(year + 2000 if year < 100 else year, month, day)
    iso = _ISO_DATE.fullmatch(text)
    return _day(*(int(part) for part in iso.groups())) if iso else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_lead(field: str, text: str, column: int, problems: Problems) -> str:
    """«cold», «warm» or ''; `field` says whether the column names a state or answers yes and no."""
    if not text:
        return ""
    found = {_state(word) for word in words(text)} - {""}
    if not found and field != "lead":
        found = _answer(text.casefold(), "cold" if field == "is_cold" else "warm")
    if len(found) == 1:
        return found.pop()
    problems.tell("bad_lead", column, text)
    return ""


def _state(word: str) -> str:
    if word.startswith("холодн") or word == "cold":
        return "cold"
    return "warm" if word.startswith("тепл") or word == "warm" else ""


def _answer(text: str, if_yes: str) -> set[str]:
    if text in _YES:
        return {if_yes}
    return {"warm" if if_yes == "cold" else "cold"} if text in _NO else set()
